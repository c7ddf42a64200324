import type { Bridge } from "../call/interfaces.js";
import type { CallRecord } from "../call/record.js";
import { ResumedDialog } from "../sip/resumed-dialog.js";
import { failure, type Result, success } from "../util/result.js";
import { cryptoOfSuite, hasSeveralCryptoLines, withOneCryptoLine } from "./answer.js";
import { type EndpointSettings, MediaEndpoint } from "./endpoint.js";
import type { FsmrfEndpoint, FsmrfMediaServer } from "./fsmrf.js";
import { type FsmrfInside, makeEndpoint } from "./late-offer.js";
import { type AskServer, goneExtension, socketVariable, valueOf } from "./left-channels.js";
import { type ChannelEvents, ResumedChannel } from "./resumed-channel.js";

export interface ResumeParts {
  readonly ask: AskServer;
  readonly watch: (channelId: string, events: ChannelEvents) => () => void;
  readonly server: FsmrfMediaServer;
  readonly settings: EndpointSettings;
  readonly onReleased: () => void;
  readonly onBug: (error: unknown) => void;
}

/** A channel that another process has opened, in the hands of this one. */
export interface ResumedEndpoint {
  readonly endpoint: MediaEndpoint;
  /** The leg to the conference, if the record has one; `over` is set if it has ended. */
  readonly bridge: Bridge | undefined;
  /** The caller's last session description, as FreeSWITCH has it. */
  readonly callerSdp: string;
  /** Ends the channel's control when the media server is down. */
  readonly lost: () => void;
}

/** Takes over a channel: has the dialplan connect it to this process, at once or when its bridge ends. */
export async function resumeEndpoint(
  channelId: string,
  record: CallRecord,
  parts: ResumeParts,
): Promise<Result<ResumedEndpoint, "gone">> {
  const { ask, settings, server } = parts;
  const variable = async (name: string): Promise<string | undefined> =>
    valueOf(await ask(`uuid_getvar ${channelId} ${name}`));
  const [localSdp, callerSdp, agent, codec] = await Promise.all([
    variable("rtp_local_sdp_str"),
    variable("switch_r_sdp"),
    variable("sip_user_agent"),
    variable("rtp_use_codec_name"),
  ]);
  const [, pendingId] = /^drachtio-fsmrf:(.+)$/.exec(agent ?? "") ?? [];
  if (localSdp === undefined || callerSdp === undefined || pendingId === undefined) return failure("gone");
  const { srf, clock } = settings;
  const dialog = new ResumedDialog({ srf, clock, id: record.channel.dialogId, contact: record.channel.contact });
  const { pendingConnections, advertisedAddress, advertisedPort } = server as FsmrfMediaServer & FsmrfInside;
  let state: "bridged" | "connected" = "bridged";
  const connected = new Promise<FsmrfEndpoint>((resolve, reject) => {
    pendingConnections.set(pendingId, {
      fn: (connection) => {
        state = "connected";
        makeEndpoint(connection, dialog, server).then(resolve, reject);
      },
    });
  });
  const channel = new ResumedChannel({
    uuid: channelId,
    sdp: withOneKey(localSdp, callerSdp, record.channel.suite),
    dialog,
    ask,
    watch: (events) => parts.watch(channelId, events),
    connected,
    onBug: parts.onBug,
  });
  const endpoint = new MediaEndpoint(
    channel,
    settings,
    () => {
      pendingConnections.delete(pendingId);
      parts.onReleased();
    },
    callerSdp,
    record.channel.suite,
    codec,
  );
  const { step } = record;
  const bridge = step.kind === "talk" ? endpoint.resumeBridge(step.legId) : undefined;
  const set = await ask(`uuid_setvar ${channelId} ${socketVariable} ${advertisedAddress}:${advertisedPort}`);
  if (set?.startsWith("+OK") !== true && !isConnected(state)) {
    endpoint.detach();
    return failure("gone");
  }
  const isBridged = step.kind === "talk" && (await ask(`uuid_exists ${step.legId}`))?.trim() === "true";
  if (!isBridged && !isConnected(state)) await ask(`uuid_transfer ${channelId} ${goneExtension} XML mrf`);
  return success({
    endpoint,
    bridge,
    callerSdp,
    lost: () => {
      channel.lost();
    },
  });
}

function isConnected(state: "bridged" | "connected"): boolean {
  return state === "connected";
}

/** FreeSWITCH's own offer keeps the keys of all suites. */
function withOneKey(sdp: string, callerSdp: string, suite: string | undefined): string {
  if (suite === undefined || !hasSeveralCryptoLines(sdp)) return sdp;
  const key = cryptoOfSuite(callerSdp, sdp, suite);
  return key === undefined ? sdp : withOneCryptoLine(callerSdp, sdp, key);
}
