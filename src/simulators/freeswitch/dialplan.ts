import { randomUUID } from "node:crypto";

import type { ApiCommands } from "./api.js";
import type { Channel } from "./channel.js";
import type { EventSocket } from "./event-socket.js";
import { controlBySocket } from "./outbound-socket.js";

/** What the application `socket` needs. */
export interface DialplanOptions {
  readonly api: ApiCommands;
  /** The open connections to applications. */
  readonly sockets: Set<EventSocket>;
}

/** A dialplan action; its variables are expanded when it is executed. */
type Action = readonly [application: string, data: string];

const record = /^[A-Za-z0-9_-]+$/;
const onwards: Action = ["transfer", "einwahl-gone XML mrf"];
const fail: Action = ["hangup", "NORMAL_TEMPORARY_FAILURE"];

/** Runs the actions of `freeswitch/conf/dialplan/mrf.xml` on an answered channel, from the first `socket` to the hang-up. */
export async function runDialplan(channel: Channel, o: DialplanOptions): Promise<void> {
  let actions: readonly Action[] = [["socket", "${sip_h_X-esl-outbound} async full"], onwards];
  // Each round but the first follows a transfer, and FreeSWITCH limits their number.
  for (;;) {
    for (const [application, data] of actions) {
      if (!channel.isReady) break;
      if (application === "socket") await socket(channel, channel.expand(data), o);
      else await execute(channel, application, data);
      await channel.applications.idle();
    }
    if (channel.state === "CS_PARK") await left(channel);
    if (channel.isDown) return;
    const destination = channel.routing.take();
    if (destination === undefined) {
      channel.hangUp("NORMAL_CLEARING");
      return;
    }
    actions = route(channel, destination);
    channel.enter("CS_EXECUTE");
  }
}

/** The extensions with `destination_number`. */
function route(channel: Channel, destination: string): readonly Action[] {
  const { globals } = channel.engine;
  if (destination !== "einwahl-gone" || channel.variable("einwahl_endpoint") !== "true") {
    channel.engine.unsupported("a transfer to another extension");
    return [["hangup", "NO_ROUTE_DESTINATION"]];
  }
  if (!record.test(channel.variable("einwahl_call") ?? "")) return [fail];
  const hosts = new RegExp(`^(?:${globals.get("einwahl_control_hosts") ?? ""}):[0-9]{1,5}$`);
  if (hosts.test(channel.variable("einwahl_socket") ?? ""))
    return [
      ["set", "max_session_transfers=70"],
      ["set", "einwahl_target=${einwahl_socket}"],
      ["unset", "einwahl_socket"],
      ["socket", "${einwahl_target} async full"],
      onwards,
    ];
  const folder = globals.get("sounds_dir") ?? "";
  const prompts = folder === "" ? "" : `${folder}/`;
  const isKnown = /^(?:de|en)$/.test(channel.variable("einwahl_language") ?? "");
  return [
    ...(isKnown ? [] : [["set", "einwahl_language=en"] as const]),
    ["set", "max_session_transfers=70"],
    ["playback", `${prompts}\${einwahl_language}/please-wait.wav`],
    ["loop_playback", `+5 ${prompts}music/hold.wav`],
    ["playback", `${prompts}\${einwahl_language}/goodbye.wav`],
    fail,
  ];
}

async function socket(channel: Channel, data: string, o: DialplanOptions): Promise<void> {
  channel.setVariable("current_application", "socket");
  channel.setVariable("current_application_data", data);
  await controlBySocket(channel, o.api, data.split(" ")[0] ?? "", o.sockets);
}

async function execute(channel: Channel, application: string, data: string): Promise<void> {
  let stop: () => void = () => undefined;
  await new Promise<void>((resolve) => {
    stop = channel.routing.onLeave(resolve);
    const accepted = channel.applications.request({
      application,
      argument: data,
      uuid: randomUUID(),
      uuidName: undefined,
      lock: false,
      onDone: () => {
        resolve();
      },
    });
    if (!accepted) resolve();
  });
  stop();
}

/** Resolves when a channel with `park_after_bridge` is transferred or hung up. */
async function left(channel: Channel): Promise<void> {
  let stop: () => void = () => undefined;
  await new Promise<void>((resolve) => {
    stop = channel.routing.onLeave(resolve);
  });
  stop();
}
