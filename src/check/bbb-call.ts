import type { SipResponse, SipTarget } from "../sip/sip-request.js";
import type { ByteStream } from "../util/byte-stream.js";
import type { Clock } from "../util/clock.js";
import type { Result } from "../util/result.js";
import { error, type Finding, fine, warning } from "./finding.js";
import { placeOf } from "./names.js";
import { tryCall } from "./sip-call.js";

/** The longest that BBB's dialplan takes (`^\d{5,11}$`), and no PIN of a meeting: BBB opens a conference for any number. */
export const numberWithoutMeeting = "00000000000";

/** BBB's FreeSWITCH counts sessions by the second: after so many milliseconds there are new ones. */
const busyPauseMs = 1_100;
const maxTries = 3;
/** mod_sofia's phrase when `sessions-per-second` or `max-sessions` is reached. */
const noSessionFree = "Maximum Calls In Progress";

export interface TrialCaller {
  /** The display name of callers without a number: of all labels the one that BBB's dialplan is likeliest to refuse. */
  readonly name: string;
  /** Whether media servers call from this machine: otherwise a refusal may be right. */
  readonly isLocal: boolean;
  /** Whether the server may take calls without SRTP. */
  readonly mayBePlain: boolean;
}

/** Without SRTP, so that it gets 488 where the dialplan has the way and LiveKit is not asked. */
const roomWithoutMeeting = `livekit-${numberWithoutMeeting}`;

/** Whether a BBB server's FreeSWITCH hands calls on to LiveKit (02_einwahl_livekit.xml). */
export async function livekitWayFindings(
  stream: ByteStream,
  path: string,
  target: SipTarget,
  { name }: Pick<TrialCaller, "name">,
  clock: Clock,
): Promise<readonly Finding[]> {
  const place = placeOf(target.host, target.port);
  const answer = await tryCall(stream, target, roomWithoutMeeting, name, clock);
  if (answer.ok && answer.value.status === 488)
    return [
      fine(
        path,
        `${place} lets calls to LiveKit meetings in, with SRTP; in those callers bypass BBB's lobby (BBB #23535)`,
      ),
    ];
  const told = answer.ok ? `${answer.value.status} ${answer.value.phrase}`.trimEnd() : answer.failure;
  return [
    error(
      path,
      `${place} does not hand calls on to LiveKit (${told}): callers get neither into LiveKit meetings nor into any of which nothing is known`,
      "put 02_einwahl_livekit.xml and einwahl_livekit.xml onto the BBB server (freeswitch/bbb-node/README.md), then fs_clibbb -x reloadxml; on a server without LiveKit: audio_bridge: freeswitch",
    ),
  ];
}

/** Whether a BBB server's dialplan lets calls from here in: an INVITE that is taken back at once. */
export async function bbbCallFindings(
  stream: ByteStream,
  path: string,
  target: SipTarget,
  caller: TrialCaller,
  clock: Clock,
): Promise<readonly Finding[]> {
  const place = placeOf(target.host, target.port);
  let answer = await tryCall(stream, target, numberWithoutMeeting, caller.name, clock);
  for (let tries = 1; tries < maxTries && answer.ok && isBusy(answer.value); tries++) {
    await new Promise<void>((resolve) => {
      clock.after(busyPauseMs, resolve);
    });
    answer = await tryCall(stream, target, numberWithoutMeeting, caller.name, clock);
  }
  return [judge(answer, path, place, caller)];
}

function isBusy({ status, phrase }: SipResponse): boolean {
  return status === 503 && phrase === noSessionFree;
}

function judge(
  answer: Result<SipResponse, string>,
  path: string,
  place: string,
  { name, isLocal, mayBePlain }: TrialCaller,
): Finding {
  if (!answer.ok)
    return error(
      path,
      `${place}: no answer to a call (${answer.failure})`,
      "look at the log of the BBB server's FreeSWITCH",
    );
  const { status, phrase } = answer.value;
  const told = `${place} answers a call with ${status} ${phrase}`.trimEnd();
  if (status === 488) return fine(path, `${place} lets calls in, with SRTP`);
  if (status < 300) {
    if (mayBePlain) return fine(path, `${place} lets calls in`);
    return warning(
      path,
      `${place} lets calls in without SRTP, too`,
      "einwahl's own calls have it; freeswitch/bbb-node/01_einwahl.xml demands it: put it there, and remove what else lets the gateway in",
    );
  }
  switch (status) {
    case 403:
    case 404:
    case 480: {
      const message = `${told}: its dialplan lets nobody in from this machine`;
      const cure =
        "01_einwahl.xml has to be in dialplan/public of the BBB server, and 00_einwahl_gateway.xml has to hold the address that calls come from (freeswitch/bbb-node/README.md); then fs_clibbb -x reloadxml";
      return isLocal
        ? error(path, message, cure)
        : warning(
            path,
            message,
            `right if the media servers call from another address: run freeswitch/bbb-node/check.sh there; otherwise: ${cure}`,
          );
    }
    case 401:
    case 407:
      return error(
        path,
        `${told}: it wants a password`,
        "write the port of FreeSWITCH's profile external, 5081 for TLS; the one of internal is another",
      );
    case 603:
      return error(
        path,
        `${told}: its dialplan refuses the name "${name}"`,
        "another word for label.anonymous; BBB 3.0 refuses names in reject_anonymous of dialplan/default/bbb_conference.xml",
      );
    case 503:
      if (!isBusy(answer.value))
        return error(path, told, "is the BBB server's FreeSWITCH being stopped? look at its log");
      return warning(
        path,
        `${told}: no session was free, three times`,
        "sessions-per-second (30) and max-sessions in autoload_configs/switch.conf.xml of the BBB server; does somebody scan its SIP port? firewall",
      );
    default:
      return error(path, told, "look at the dialplan and the log of the BBB server's FreeSWITCH");
  }
}
