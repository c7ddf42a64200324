import type { MeetingsAnswer } from "../../../src/bbb/api-client.js";
import { readMeetings } from "../../../src/bbb/api-client.js";
import { BbbServer } from "../../../src/bbb/bbb-server.js";
import { BbbDirectory } from "../../../src/bbb/directory.js";
import type { Meeting } from "../../../src/bbb/meeting.js";
import type { Clock } from "../../../src/util/clock.js";
import { LoopTurns } from "../../../src/util/loop-turns.js";
import type { Result } from "../../../src/util/result.js";
import { sleep } from "../../../src/util/wait.js";
import { fakeMeeting } from "../../support/fake-bbb-api.js";
import { fakeNode } from "../../support/fake-directory.js";
import type { Seeded } from "../../support/seeded.js";

/** The parts of a large cluster; each can be turned up until something breaks. */
export interface ClusterSize {
  readonly servers: number;
  readonly meetings: number;
  /** In each meeting; their names are most of a response. */
  readonly attendees: number;
  /** The poll interval, in milliseconds. */
  readonly pollEveryMs: number;
}

/** Work whose duration counts, or is counted otherwise. */
export type Working = <Value>(work: () => Promise<Value>) => Promise<Value>;

export interface ManyServersOptions extends ClusterSize {
  readonly clock: Clock;
  readonly random: Seeded;
  readonly rooms: ConstructorParameters<typeof BbbDirectory>[0]["rooms"];
  readonly working: Working;
  readonly onBug: (error: unknown) => void;
}

/** Response time of a server, in milliseconds: connection, TLS, and BBB's own work. */
const answerMs = 50;
/** As a socket delivers them. */
const chunkBytes = 64 * 1024;

/** BBB servers with responses of real size, and the directory over them. */
export class ManyServers {
  readonly directory: BbbDirectory;
  readonly apis: readonly LargeApi[];
  readonly #size: ManyServersOptions;

  constructor(options: ManyServersOptions) {
    const { servers, meetings, attendees, clock, random, working, pollEveryMs, rooms, onBug } = options;
    this.#size = options;
    const turns = new LoopTurns();
    this.apis = Array.from({ length: servers }, () => new LargeApi({ clock, attendees, working, turns }));
    for (let meeting = 0; meeting < meetings; meeting++) this.apis[meeting % servers]?.open(pinAt(meeting));
    this.directory = new BbbDirectory({
      servers: this.apis.map(
        (api, at) =>
          new BbbServer({
            node: fakeNode(nodeAt(at)),
            livekit: undefined,
            audioBridge: "freeswitch",
            api,
            pollEveryMs,
            clock,
            random: () => random.below(1_000) / 1_000,
          }),
      ),
      clock,
      random: () => random.below(1_000) / 1_000,
      rooms,
      audioBridges: { add: () => Promise.resolve() },
      events: {
        onServer: (server, fault) => {
          if (fault !== undefined) onBug(new Error(`${server}: ${fault}`));
        },
        onClash: () => undefined,
        onLivekitWay: () => undefined,
        onWebhooksRefused: () => undefined,
        onBug,
      },
    });
  }

  /** Polls of all servers so far. */
  get polls(): number {
    return this.apis.reduce((sum, { requests }) => sum + requests, 0);
  }

  /** The size of the responses of all servers together. */
  get bytes(): number {
    return this.apis.reduce((sum, api) => sum + api.bytes, 0);
  }

  /** A meeting begins on this server; with webhooks the directory hears at once, otherwise by a poll. */
  start(pin: string, server: number, news: "webhook" | "poll"): void {
    const at = server % this.#size.servers;
    this.apis[at]?.open(pin);
    if (news === "webhook")
      this.directory.onWebhookEvents(nodeAt(at), [{ kind: "created", meeting: largeMeeting(pin) }]);
  }
}

/** Reserved PINs begin with 9, those of meetings that run already with another digit. */
export function pinAt(meeting: number): string {
  return String(100_000_000 + ((meeting * 7_919) % 800_000_000)).padStart(9, "0");
}

export function reservedPinAt(room: number): string {
  return String(900_000_000 + room * 101);
}

export function nodeAt(server: number): string {
  return `bbb${server + 1}`;
}

function largeMeeting(pin: string): Meeting {
  return fakeMeeting(pin, { meetingId: idOf(pin), createdAt: 1_700_000_000_000, isOccupied: false });
}

function idOf(pin: string): string {
  return `${"ab".repeat(15)}${pin}-1700000000000`;
}

interface LargeApiOptions extends Pick<ManyServersOptions, "clock" | "attendees" | "working"> {
  readonly turns: LoopTurns;
}

/** A server whose getMeetings is as large as that of a real one. */
class LargeApi {
  requests = 0;
  readonly #options: LargeApiOptions;
  readonly #meetings: Buffer[] = [];
  #answer: Buffer | undefined;

  constructor(options: LargeApiOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#text.length;
  }

  open(pin: string): void {
    this.#meetings.push(meetingXml(pin, this.#options.attendees));
    this.#answer = undefined;
  }

  async getMeetings(): Promise<Result<MeetingsAnswer, string>> {
    this.requests += 1;
    const text = this.#text;
    await sleep(this.#options.clock, answerMs);
    return await this.#options.working(() => readMeetings(chunks(text), this.#options.turns));
  }

  get #text(): Buffer {
    this.#answer ??= Buffer.concat([
      Buffer.from("<response><returncode>SUCCESS</returncode><meetings>"),
      ...this.#meetings,
      Buffer.from("</meetings></response>"),
    ]);
    return this.#answer;
  }
}

async function* chunks(text: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += chunkBytes) yield await Promise.resolve(text.subarray(at, at + chunkBytes));
}

/** As BBB 3.0 writes it (get-meetings.ftlx). */
function meetingXml(pin: string, attendees: number): Buffer {
  const attendee = (guest: number): string =>
    `<attendee><userID>w_${guest}abcdefghij</userID><fullName>Attendee with a name ${guest}</fullName><role>VIEWER</role><isPresenter>false</isPresenter><isListeningOnly>false</isListeningOnly><hasJoinedVoice>true</hasJoinedVoice><hasVideo>false</hasVideo><clientType>HTML5</clientType></attendee>`;
  return Buffer.from(
    `<meeting><meetingName>Room ${pin}</meetingName><meetingID>room-${pin}</meetingID><internalMeetingID>${idOf(pin)}</internalMeetingID><createTime>1700000000000</createTime><createDate>Tue Nov 14 22:13:20 UTC 2023</createDate><voiceBridge>${pin}</voiceBridge><dialNumber>+4930123456</dialNumber><attendeePW>abcdefgh</attendeePW><moderatorPW>ijklmnop</moderatorPW><running>${attendees > 0}</running><duration>0</duration><hasUserJoined>true</hasUserJoined><recording>false</recording><hasBeenForciblyEnded>false</hasBeenForciblyEnded><startTime>1700000000000</startTime><endTime>0</endTime><participantCount>${attendees}</participantCount><listenerCount>0</listenerCount><voiceParticipantCount>${attendees}</voiceParticipantCount><videoCount>0</videoCount><maxUsers>0</maxUsers><moderatorCount>1</moderatorCount><attendees>${Array.from({ length: attendees }, (_, guest) => attendee(guest)).join("")}</attendees><metadata><bbb-origin>Greenlight</bbb-origin><bbb-origin-server-name>rooms.example.org</bbb-origin-server-name></metadata><isBreakout>false</isBreakout></meeting>`,
  );
}
