import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Certificates } from "../../src/simulators/certificates.js";
import { freePort, freePorts } from "../e2e/support/ports.js";
import type { Program } from "../e2e/support/program.js";
import { type EngineProgram, startEngine, writeOwnCertificates } from "./engine-program.js";
import { FreeSwitchSocket } from "./freeswitch-socket.js";
import { bbbFreeSwitch } from "./programs.js";
import { rtpPorts } from "./rtp-ports.js";
import { readAnyWav, type Sound } from "./sound.js";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const password = "test-bbb-like";
const callMs = 60_000;
const stateFolders = ["log", "db", "run", "tmp", "tls", "public", "profiles"] as const;

export interface BbbLikeOptions {
  readonly name: string;
  readonly certificates: Certificates;
  /** Regular expression of the addresses that it accepts as the gateway; default 127.0.0.1. */
  readonly gateway?: string;
  /** Host and port of its livekit-sip; default none. */
  readonly livekit?: string;
  /** More files for dialplan/public, by name; read before einwahl's if the name sorts before `00_`. */
  readonly dialplan?: Readonly<Record<string, string>>;
  /** FreeSWITCH's log level; default notice. */
  readonly logLevel?: string;
}

/** A member in the conference list. */
export interface ConferenceMember {
  readonly memberId: number;
  readonly channel: string;
  /** What web participants would see. */
  readonly name: string;
  /** BBB's callerNum. */
  readonly number: string;
  readonly canSpeak: boolean;
  readonly canHear: boolean;
  readonly talking: boolean;
}

/**
 * A real FreeSWITCH set up like the one of a BBB server: 48 kHz conferences, `bbb_authorized`, TLS in the profile external, and
 * the files of freeswitch/bbb-node as an operator installs them.
 */
export class BbbLike {
  readonly name: string;
  /** SIP over TLS. */
  readonly sipPort: number;
  /** SIP over UDP and TCP, which accepts no calls. */
  readonly plainSipPort: number;
  readonly socket: FreeSwitchSocket;
  readonly #engine: EngineProgram;
  #recordings = 0;

  private constructor(name: string, ports: Ports, socket: FreeSwitchSocket, engine: EngineProgram) {
    this.name = name;
    this.sipPort = ports.tls;
    this.plainSipPort = ports.plain;
    this.socket = socket;
    this.#engine = engine;
  }

  static async start(options: BbbLikeOptions): Promise<BbbLike> {
    let running: { readonly ports: Ports; readonly socket: FreeSwitchSocket } | undefined;
    const engine = await startEngine(options.name, async (folder) => {
      running?.socket.close();
      await writeFiles(folder, options);
      const [plain = 0, tls = 0] = await freePorts(2);
      const ports = { plain, tls, eventSocket: await freePort() };
      const socket = new FreeSwitchSocket(ports.eventSocket, password);
      running = { ports, socket };
      const rtp = await rtpPorts();
      return {
        command: bbbFreeSwitch(),
        args: commandLine(folder),
        env: {
          BBBLIKE_EVENT_SOCKET_PORT: String(ports.eventSocket),
          BBBLIKE_EVENT_SOCKET_PASSWORD: password,
          BBBLIKE_SIP_PORT: String(plain),
          BBBLIKE_TLS_PORT: String(tls),
          BBBLIKE_TLS_DIR: join(folder, "tls"),
          BBBLIKE_RTP_PORT_FIRST: String(rtp.first),
          BBBLIKE_RTP_PORT_LAST: String(rtp.last),
          BBBLIKE_PUBLIC_DIR: join(folder, "public"),
          BBBLIKE_PROFILES_DIR: join(folder, "profiles"),
          BBBLIKE_LOG_LEVEL: options.logLevel ?? "notice",
        },
        isReady: async () => await socket.runs(["external"]),
      };
    }).catch((error: unknown) => {
      running?.socket.close();
      throw error;
    });
    if (running === undefined) throw new Error("a started FreeSWITCH has ports");
    return new BbbLike(options.name, running.ports, running.socket, engine);
  }

  get program(): Program {
    return this.#engine.program;
  }

  /** The members of the conference; empty if it does not exist. */
  async members(voiceBridge: string): Promise<readonly ConferenceMember[]> {
    const answer = await this.socket.api(`conference ${voiceBridge} json_list`);
    if (!answer.startsWith("[")) return [];
    const [conference] = JSON.parse(answer) as readonly { readonly members?: readonly ListedMember[] }[];
    return (conference?.members ?? []).filter(({ type }) => type === "caller").map(readMember);
  }

  /** Plays a sine into the conference; it needs a member. */
  async playTone(voiceBridge: string, hz: number, ms: number): Promise<void> {
    await this.#must(`conference ${voiceBridge} play tone_stream://%(${ms},0,${hz})`);
  }

  async stopTone(voiceBridge: string): Promise<void> {
    await this.#must(`conference ${voiceBridge} stop all`);
  }

  /** Records the conference; the returned function stops and returns the recording. */
  async record(voiceBridge: string): Promise<() => Promise<Sound>> {
    const file = this.#nextRecording();
    await this.#must(`conference ${voiceBridge} record ${file}`);
    return async () => {
      await this.#must(`conference ${voiceBridge} norecord ${file}`);
      return readAnyWav(await readFile(file));
    };
  }

  /** Records one member only. */
  async recordMember(member: Pick<ConferenceMember, "channel">): Promise<() => Promise<Sound>> {
    const file = this.#nextRecording();
    await this.#must(`uuid_setvar ${member.channel} RECORD_READ_ONLY true`);
    await this.#must(`uuid_record ${member.channel} start ${file}`);
    return async () => {
      await this.#must(`uuid_record ${member.channel} stop ${file}`);
      return readAnyWav(await readFile(file));
    };
  }

  /** Places a call over TLS and SRTP and plays a sine there; returns the channel's id once it is answered. */
  async dial(
    address: string,
    options: { readonly number: string; readonly codec: string; readonly hz: number },
  ): Promise<string> {
    const variables = [
      "rtp_secure_media_outbound=mandatory:AES_CM_128_HMAC_SHA1_80",
      `absolute_codec_string=${options.codec}`,
      `origination_caller_id_number=${options.number}`,
      "dtmf_type=rfc2833",
    ];
    const tone = `playback:tone_stream://%(${callMs}\\,0\\,${options.hz})`;
    const answer = await this.socket.api(
      `originate {${variables.join(",")}}sofia/external/${address};transport=tls '${tone}' inline`,
    );
    const channel = /^\+OK (\S+)/.exec(answer)?.[1];
    if (channel === undefined) throw new Error(`${this.name}: ${address}: ${answer}`);
    return channel;
  }

  async press(channel: string, keys: string): Promise<void> {
    await this.#must(`uuid_send_dtmf ${channel} ${keys}`);
  }

  /** Removes all members, as BBB does when a meeting ends. */
  async empty(voiceBridge: string): Promise<void> {
    await this.#must(`conference ${voiceBridge} hup all`);
  }

  /** Everything FreeSWITCH has logged so far. */
  log(): readonly string[] {
    return this.program.lines.past;
  }

  /** Suspends the server until `wakeUp`: it accepts connections and does not respond. */
  freeze(): void {
    this.program.signal("SIGSTOP");
  }

  wakeUp(): void {
    this.program.signal("SIGCONT");
  }

  async close(): Promise<void> {
    this.wakeUp();
    this.socket.close();
    await this.#engine.close();
  }

  #nextRecording(): string {
    this.#recordings += 1;
    return join(this.#engine.folder, "tmp", `recording-${this.#recordings}.wav`);
  }

  async #must(command: string): Promise<void> {
    const answer = await this.socket.api(command);
    if (answer.startsWith("-")) throw new Error(`${this.name}: ${command}: ${answer}`);
  }
}

interface Ports {
  readonly plain: number;
  readonly tls: number;
  readonly eventSocket: number;
}

interface ListedMember {
  readonly type: string;
  readonly id: number;
  readonly uuid: string;
  readonly caller_id_name: string;
  readonly caller_id_number: string;
  readonly flags: { readonly can_hear: boolean; readonly can_speak: boolean; readonly talking: boolean };
}

function readMember({ id, uuid, caller_id_name, caller_id_number, flags }: ListedMember): ConferenceMember {
  return {
    memberId: id,
    channel: uuid,
    name: caller_id_name,
    number: caller_id_number,
    canSpeak: flags.can_speak,
    canHear: flags.can_hear,
    talking: flags.talking,
  };
}

async function writeFiles(folder: string, options: BbbLikeOptions): Promise<void> {
  for (const name of stateFolders) await mkdir(join(folder, name), { recursive: true });
  await writeOwnCertificates(join(folder, "tls"), options.certificates, ["agent"]);
  await writeFile(join(folder, "tls", "cafile.pem"), options.certificates.ca);
  const publicFolder = join(folder, "public");
  for (const name of ["01_einwahl.xml", "02_einwahl_livekit.xml"])
    await copyFile(join(repository, "freeswitch", "bbb-node", name), join(publicFolder, name));
  await copyFile(
    join(repository, "freeswitch", "bbb-node", "einwahl_livekit.xml"),
    join(folder, "profiles", "einwahl_livekit.xml"),
  );
  const gateway = options.gateway ?? "127\\.0\\.0\\.1";
  await writeFile(
    join(publicFolder, "00_einwahl_gateway.xml"),
    `<include>\n<X-PRE-PROCESS cmd="set" data="einwahl_gateway=${gateway}"/>\n<X-PRE-PROCESS cmd="set" data="einwahl_livekit=${options.livekit ?? "none"}"/>\n</include>\n`,
  );
  for (const [name, xml] of Object.entries(options.dialplan ?? {})) await writeFile(join(publicFolder, name), xml);
}

function commandLine(folder: string): string[] {
  const at = (name: string): string => join(folder, name);
  return [
    ...["-c", "-nonat", "-conf", join(repository, "test", "engines", "bbb-like")],
    ...["-log", at("log"), "-db", at("db"), "-run", at("run"), "-certs", at("tls")],
    ...["temp", "cache", "storage", "recordings", "sounds"].flatMap((name) => [`-${name}`, at("tmp")]),
  ];
}
