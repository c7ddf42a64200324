import { randomUUID } from "node:crypto";

import type { Channel } from "./channel.js";
import type { Command } from "./command-reader.js";
import { parseCause } from "./hangup-cause.js";

/** `sendmsg`, as in switch_ivr_parse_event. Returns the reply. */
export function executeOnChannel(channel: Channel, { headers, body }: Command): string {
  const call = headers.get("call-command") ?? "";
  switch (call.toLowerCase()) {
    case "execute":
      return execute(channel, headers, body);
    case "hangup":
      channel.hangUp(parseCause(headers.get("hangup-cause") ?? "NORMAL_CLEARING"));
      return "+OK";
    default:
      channel.engine.unsupported(`call-command ${call.slice(0, 40)}`);
      return "-ERR not supported by the embedded media server";
  }
}

function execute(channel: Channel, headers: ReadonlyMap<string, string>, body: string): string {
  const { unsupported } = channel.engine;
  const application = headers.get("execute-app-name");
  // FreeSWITCH accepts the message without effect.
  if (application === undefined || application === "") return "+OK";
  const loops = headers.get("loops");
  if (loops !== undefined && loops !== "1") unsupported("loops of an application");
  const inHeader = headers.get("execute-app-arg") ?? "";
  const isText = (headers.get("content-type") ?? "").toLowerCase() === "text/plain";
  const accepted = channel.applications.request({
    application,
    argument: inHeader === "" && isText ? body : inHeader,
    uuid: headers.get("event-uuid") ?? randomUUID(),
    uuidName: headers.get("event-uuid-name"),
    lock: /^(true|yes|1)$/i.test(headers.get("event-lock") ?? ""),
  });
  return accepted || channel.isDown ? "+OK" : "-ERR memory error";
}
