import { BbbServer } from "../../src/bbb/bbb-server.js";
import { BbbDirectory, type DirectoryOptions } from "../../src/bbb/directory.js";
import type { Lookup } from "../../src/call/interfaces.js";
import { MeetingAudio } from "../../src/store/meeting-audio.js";
import { type FakeAnswer, FakeBbbApi } from "./fake-bbb-api.js";
import { CountedClock, FakeClock } from "./fake-clock.js";
import { fakeNode, fakePin } from "./fake-directory.js";

/** A directory over fake servers, with a fake clock. Random values are always the middle one. */
export class DirectoryBench {
  readonly clock = new FakeClock();
  readonly own = new CountedClock(this.clock);
  readonly apis: readonly FakeBbbApi[];
  readonly servers: readonly BbbServer[];
  readonly directory: BbbDirectory;
  /** Messages to the operator. */
  readonly told: string[] = [];
  readonly clashes: (readonly string[])[] = [];
  /** The reserved PINs. */
  rooms: ReturnType<DirectoryOptions["rooms"]>;

  readonly audioBridges = new MeetingAudio(() => undefined);

  constructor(...says: FakeAnswer[]) {
    this.apis = says.map((each) => new FakeBbbApi(this.clock, each));
    this.servers = this.apis.map((api, at) => this.#serverOf(`bbb${at + 1}`, api));
    this.directory = new BbbDirectory({
      servers: this.servers,
      clock: this.own,
      random: () => 0.5,
      rooms: () => this.rooms,
      audioBridges: this.audioBridges,
      events: {
        onServer: (server, fault) => {
          this.told.push(`${server}: ${fault ?? "good"}`);
        },
        onClash: (names) => {
          this.clashes.push(names);
        },
        onLivekitWay: (server, way) => {
          this.told.push(`${server}: LiveKit ${way}`);
        },
        onWebhooksRefused: (server, count) => {
          this.told.push(`${server}: ${count === 0 ? "webhooks good again" : `${count} webhooks refused`}`);
        },
        onBug: (error) => {
          throw error;
        },
      },
    });
  }

  /** A started directory, every server polled once, a second ago. */
  async opened(): Promise<this> {
    const opening = this.directory.open();
    await this.clock.advance(1_000);
    await opening;
    return this;
  }

  /** Another server, not yet in the directory. */
  another(name: string, says: FakeAnswer): BbbServer {
    return this.#serverOf(name, new FakeBbbApi(this.clock, says));
  }

  /** Reconfigures the directory with these servers. */
  async replace(servers: readonly BbbServer[]): Promise<void> {
    const replacing = this.directory.replace(servers);
    await this.clock.advance(50);
    await replacing;
  }

  api(at: number): FakeBbbApi {
    return item(this.apis, at);
  }

  server(at: number): BbbServer {
    return item(this.servers, at);
  }

  async find(digits: string, how: "lookUp" | "lookUpFresh" = "lookUp"): Promise<string> {
    const finding = this.directory[how](fakePin(digits));
    await this.clock.advance(50);
    return inWords(await finding);
  }

  #serverOf(name: string, api: FakeBbbApi): BbbServer {
    return new BbbServer({
      node: fakeNode(name),
      livekit: undefined,
      audioBridge: "freeswitch",
      api,
      pollEveryMs: 10_000,
      clock: this.own,
      random: () => 0.5,
    });
  }

  get requests(): readonly number[] {
    return this.apis.map((api) => api.requests);
  }
}

export function inWords(lookup: Lookup): string {
  return lookup.kind === "open" ? `${lookup.conference.node.name} ${lookup.conference.meetingId}` : lookup.kind;
}

function item<Item>(items: readonly Item[], at: number): Item {
  const found = items[at];
  if (found === undefined) throw new Error("no such server");
  return found;
}
