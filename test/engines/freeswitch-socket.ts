import { EventSocket } from "../../src/media/event-socket.js";
import { systemClock } from "../../src/util/clock.js";
import { host, listens } from "./engine-program.js";

const answerTimeoutMs = 10_000;
const probeMs = 1_000;

/** The event socket of a real FreeSWITCH, for the test's own commands. */
export class FreeSwitchSocket {
  readonly #port: number;
  readonly #password: string;
  #connected: EventSocket | undefined;

  constructor(port: number, password: string) {
    this.#port = port;
    this.#password = password;
  }

  /** @throws if it does not respond */
  async api(command: string): Promise<string> {
    const answer = await this.#socket().api(command, answerTimeoutMs);
    if (!answer.ok) throw new Error(`FreeSWITCH does not answer: ${command}`);
    return answer.value;
  }

  /** Whether it responds and these sofia profiles run. */
  async runs(profiles: readonly string[]): Promise<boolean> {
    if (!(await listens(this.#port))) return false;
    const status = await this.#socket().api("sofia status", probeMs);
    return (
      status.ok &&
      profiles.every((profile) => new RegExp(`^\\s*${profile}\\s+profile\\s.*RUNNING`, "m").test(status.value))
    );
  }

  /** The number of current channels. */
  async channels(): Promise<number> {
    return Number(/^(\d+) total/m.exec(await this.api("show channels count"))?.[1] ?? Number.NaN);
  }

  /** The same without FreeSWITCH's database, which lags behind on a busy machine. */
  async sessions(): Promise<number> {
    return Number(/^(\d+) session\(s\) - peak/m.exec(await this.api("status"))?.[1] ?? Number.NaN);
  }

  /** All variables of a channel, decoded. */
  async dump(channel: string): Promise<ReadonlyMap<string, string>> {
    const lines = (await this.api(`uuid_dump ${channel}`)).split("\n");
    return new Map(
      lines.flatMap((line) => {
        const at = line.indexOf(": ");
        return at === -1 ? [] : [[line.slice(0, at), decodeURIComponent(line.slice(at + 2))] as const];
      }),
    );
  }

  /** The next use connects again. */
  close(): void {
    this.#connected?.close();
    this.#connected = undefined;
  }

  /** Connects at the first use: before FreeSWITCH listens, esl-lite would wait seconds between its attempts. */
  #socket(): EventSocket {
    this.#connected ??= new EventSocket({ host, port: this.#port, password: this.#password, clock: systemClock });
    return this.#connected;
  }
}
