import type { SipResponse, SipTarget } from "../sip/sip-request.js";
import type { ByteStream } from "../util/byte-stream.js";
import type { Clock } from "../util/clock.js";
import type { Result } from "../util/result.js";
import { sleep } from "../util/wait.js";
import { error, type Finding, fine, warning } from "./check.js";
import { placeOf } from "./names.js";
import { tryCall } from "./sip-call.js";

/** The longest number that BBB's dialplan accepts (`^\d{5,11}$`), and never a meeting's PIN: BBB opens a conference for any number. */
export const numberWithoutMeeting = "00000000000";

/** BBB's FreeSWITCH limits sessions per second; this pause exceeds one second. */
const busyPauseMs = 1_100;
const maxTries = 3;
/** mod_sofia's phrase when `sessions-per-second` or `max-sessions` is reached. */
const noSessionFree = "Maximum Calls In Progress";

export interface TrialCaller {
  /** The display name of callers without a number: the label most likely to be refused by BBB's dialplan. */
  readonly name: string;
  /** Whether media servers run on this machine; if not, a refusal may be correct. */
  readonly isLocal: boolean;
  /** Whether the settings allow calls without SRTP to the server. */
  readonly mayBePlain: boolean;
}

/** Called without SRTP: a dialplan with the LiveKit extension responds 488, and LiveKit receives no call. */
const roomWithoutMeeting = `livekit-${numberWithoutMeeting}`;

/** Checks whether a BBB server's FreeSWITCH bridges calls to LiveKit (02_einwahl_livekit.xml). */
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
        `${place} accepts calls to LiveKit meetings, with SRTP; callers bypass BBB's lobby in these meetings (BBB #23535)`,
      ),
    ];
  const told = answer.ok ? `${answer.value.status} ${answer.value.phrase}`.trimEnd() : answer.failure;
  return [
    error(
      path,
      `${place} does not bridge calls to LiveKit (${told}): callers can't join LiveKit meetings or meetings whose audio bridge is unknown`,
      "install 02_einwahl_livekit.xml and einwahl_livekit.xml on the BBB server (freeswitch/bbb-node/README.md) and run fs_clibbb -x reloadxml; on a server without LiveKit write audio_bridge: freeswitch",
    ),
  ];
}

/** Checks whether a BBB server's dialplan accepts calls from this machine, with an INVITE that is cancelled immediately. */
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
    await sleep(clock, busyPauseMs);
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
      `${place} does not respond to a call (${answer.failure})`,
      "check the log of the BBB server's FreeSWITCH",
    );
  const { status, phrase } = answer.value;
  const told = `${place} responds to a call with ${status} ${phrase}`.trimEnd();
  if (status === 488) return fine(path, `${place} accepts calls, with SRTP`);
  if (status < 300) {
    if (mayBePlain) return fine(path, `${place} accepts calls`);
    return warning(
      path,
      `${place} also accepts calls without SRTP`,
      "install freeswitch/bbb-node/01_einwahl.xml, which requires SRTP, and remove other extensions that accept the gateway; einwahl's own calls use SRTP",
    );
  }
  switch (status) {
    case 403:
    case 404:
    case 480: {
      const message = `${told}: its dialplan accepts no calls from this machine`;
      const cure =
        "install 01_einwahl.xml in dialplan/public of the BBB server, write the source address of the calls into 00_einwahl_gateway.xml (freeswitch/bbb-node/README.md), and run fs_clibbb -x reloadxml";
      return isLocal
        ? error(path, message, cure)
        : warning(
            path,
            message,
            `this is correct if the media servers call from another address: run freeswitch/bbb-node/check.sh there. Otherwise: ${cure}`,
          );
    }
    case 401:
    case 407:
      return error(
        path,
        `${told}: it requires a password`,
        "write the port of FreeSWITCH's profile external (5081 for TLS), not of profile internal",
      );
    case 603:
      return error(
        path,
        `${told}: its dialplan refuses the name "${name}"`,
        "choose another label.anonymous; the refused names are in reject_anonymous of dialplan/default/bbb_conference.xml (BBB 3.0)",
      );
    case 503:
      if (!isBusy(answer.value))
        return error(path, told, "check in the log whether the BBB server's FreeSWITCH is shutting down");
      return warning(
        path,
        `${told}: no session was available in three attempts`,
        "raise sessions-per-second (30) or max-sessions in autoload_configs/switch.conf.xml of the BBB server; if its SIP port is being scanned, restrict it in the firewall",
      );
    default:
      return error(path, told, "check the dialplan and the log of the BBB server's FreeSWITCH");
  }
}
