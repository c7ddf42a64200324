import type { Channel } from "./channel.js";
import type { Engine } from "./engine.js";

/** One row of FreeSWITCH's table `channels`, columns in order. */
function row(channel: Channel, hostname: string): Record<string, string> {
  const { profile, media } = channel;
  const created = Math.floor(channel.times.created / 1_000_000);
  const codec = media.codec === undefined ? "" : media.codec;
  return {
    uuid: channel.uuid,
    direction: channel.direction,
    created: new Date(created * 1000).toISOString().slice(0, 19).replace("T", " "),
    created_epoch: String(created),
    name: channel.name,
    state: channel.state,
    cid_name: profile.callerIdName,
    cid_num: profile.callerIdNumber,
    ip_addr: profile.networkAddress,
    dest: profile.destination,
    application: channel.variable("current_application") ?? "",
    application_data: channel.variable("current_application_data") ?? "",
    dialplan: "XML",
    context: profile.context,
    read_codec: codec,
    read_rate: codec === "" ? "" : "8000",
    read_bit_rate: codec === "" ? "" : "64000",
    write_codec: codec,
    write_rate: codec === "" ? "" : "8000",
    write_bit_rate: codec === "" ? "" : "64000",
    secure: media.suite === undefined ? "" : `srtp:sdes:${media.suite}`,
    hostname,
    presence_id: "",
    presence_data: "",
    accountcode: "",
    callstate: channel.callState,
    callee_name: "",
    callee_num: "",
    callee_direction: "",
    call_uuid: channel.variable("call_uuid") ?? channel.uuid,
    sent_callee_name: "",
    sent_callee_num: "",
    initial_cid_name: profile.callerIdName,
    initial_cid_num: profile.callerIdNumber,
    initial_ip_addr: profile.networkAddress,
    initial_dest: channel.initialDestination,
    initial_dialplan: "XML",
    initial_context: profile.context,
  };
}

/** `show channels [count] [as json|delim]` and `show calls count`; undefined for other arguments. */
export function showChannels(engine: Engine, words: readonly string[]): string | undefined {
  const [what = "", ...rest] = words.map((word) => word.toLowerCase());
  const channels = engine.channels.all();
  const counts = rest[0] === "count";
  const format = rest.at(-2) === "as" ? rest.at(-1) : undefined;
  if (what === "calls" && counts) {
    // A called leg counts as part of its caller's call.
    const calls = channels.filter(
      (channel) => channel.direction === "inbound" || channel.otherLeg?.isDown !== false,
    ).length;
    return format === "json" ? `{"row_count":${calls}}` : `\n${calls} total.\n`;
  }
  if (what !== "channels") return undefined;
  if (counts) return format === "json" ? `{"row_count":${channels.length}}` : `\n${channels.length} total.\n`;
  const rows = channels.map((channel) => row(channel, engine.bus.hostname));
  if (format === "json")
    return rows.length === 0 ? '{"row_count": 0}\n' : JSON.stringify({ row_count: rows.length, rows });
  if (rest.length > 0 && format !== "delim" && format !== "csv") return undefined;
  const lines = rows.map((each) => Object.values(each).join(","));
  const title = rows[0] === undefined ? [] : [Object.keys(rows[0]).join(",")];
  return `${[...title, ...lines, "", `${rows.length} total.`].join("\n")}\n`;
}
