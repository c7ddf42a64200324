import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { KnownPrompt } from "../../../src/softphone/prompt-library.js";
import { timeoutMs } from "../../support/deadline.js";
import { GrowingWavs } from "./growing-wav.js";
import { Listener } from "./listener.js";
import type { Owner } from "./owner.js";
import { Program } from "./program.js";
import { scratchFolder } from "./scratch.js";
import { type Refusal, sourceWav } from "./softphone.js";

export interface LinphoneOptions {
  /** PEM, the authority for the other side's certificate. */
  readonly ca: string;
  /** The user part of From: the caller's number. */
  readonly user: string;
  readonly displayName?: string;
  /** `sdes` offers `RTP/SAVP` with keys, `dtls` `UDP/TLS/RTP/SAVP` with a fingerprint. Default sdes. */
  readonly encryption?: "sdes" | "dtls";
  /** Adds `RTP/AVP` as a capability to the encrypted offer (RFC 5939); default false. */
  readonly plainCapability?: boolean;
  /** Adds ICE candidates to the offer; default false. */
  readonly ice?: boolean;
  /** How digits are sent; default rfc4733. With `info` the offer has no telephone-event. */
  readonly dtmf?: "rfc4733" | "info";
  readonly codec?: "PCMA" | "PCMU";
  /** The tone that linphone sends, Hz; default silence. */
  readonly tone?: number;
  /** The prompts that the listener can recognise. */
  readonly prompts: readonly KnownPrompt[];
}

const established = /^(?:linphonec> )?Media streams established with /;
const over = /^(?:linphonec> )?Call \d+ with \S+ (?:error\.|ended )/;
const paused = /^(?:linphonec> )?Call \d+ with \S+ is now paused\./;
const keySent = /Finished sending RFC2833 dtmf|Client INFO transaction \[\w+\] terminated/;
/** All SIP messages, in liblinphone's numbering. */
const logLevel = "5";

/** Debian's linphonec 5.1 as a softphone, controlled through its standard input. One call per instance. */
export class Linphone {
  readonly program: Program;
  readonly listener: Listener;

  private constructor(program: Program, listener: Listener) {
    this.program = program;
    this.listener = listener;
  }

  static async start(owner: Owner, options: LinphoneOptions): Promise<Linphone> {
    const folder = await scratchFolder(owner, "linphone");
    const sounds = join(folder, "sounds");
    const [config, ca, source] = [join(folder, "config"), join(folder, "ca.pem"), join(folder, "source.wav")];
    await mkdir(sounds);
    await writeFile(source, sourceWav(options.tone));
    await writeFile(ca, options.ca);
    await writeFile(config, configuration(ca, options));
    const listener = new Listener(options.prompts);
    const wavs = new GrowingWavs(
      sounds,
      "-heard.wav",
      () => {
        listener.reset();
      },
      (pcm) => {
        listener.hear(pcm);
      },
    );
    owner.teardown(() => wavs.close());
    const program = new Program("linphonec", ["-d", logLevel, "-c", config], {
      cwd: folder,
      env: ownFolders(folder),
      input: true,
    });
    owner.teardown(async () => {
      await program.stop();
    });
    const linphone = new Linphone(program, listener);
    program.write("soundcard use files");
    await program.line("uses files", /^Using wav files instead of soundcard\.$/);
    program.write(`play ${source}`);
    program.write(`record ${join(sounds, "call-heard.wav")}`);
    return linphone;
  }

  /** Waits until the call's audio runs, or the call is refused. */
  async dial(uri: string, ms = timeoutMs): Promise<"established" | Refusal> {
    const outcome = this.#next("call established or over", (line) => established.test(line) || over.test(line), ms);
    this.program.write(`call ${uri}`);
    return established.test(await outcome) ? "established" : this.#refusal();
  }

  /** One digit per second. Each is sent before the next is typed, because linphonec sends no SIP while it reads input. */
  async press(keys: string): Promise<void> {
    for (const key of keys) {
      const sent = this.#next(`key ${key} sent`, (line) => keySent.test(line));
      this.program.write(key);
      await sent;
    }
  }

  /** Offers `sendonly` and sends its source as music. */
  async hold(): Promise<void> {
    const held = this.#next("call paused", (line) => paused.test(line));
    this.program.write("pause");
    await held;
  }

  async resume(): Promise<void> {
    const resumed = this.#next("call resumed", (line) => established.test(line));
    this.program.write("resume 1");
    await resumed;
  }

  /** BYE, or CANCEL while ringing; waits for the end of the call. */
  async hangUp(): Promise<void> {
    const closed = this.closed();
    this.program.write("terminate");
    await closed;
  }

  /** The end of the call from now on, by either side. */
  async closed(ms = timeoutMs): Promise<void> {
    await this.#next("call over", (line) => over.test(line), ms);
  }

  /** SDP lines with this prefix that were sent or received, in order. */
  sdpLines(beginning: string): readonly string[] {
    return this.program.lines.past.filter((line) => line.startsWith(beginning));
  }

  /** SIP messages and log, for a failure's message. */
  tail(): string {
    return this.program.tail(150);
  }

  async #next(what: string, fits: (line: string) => boolean, ms = timeoutMs): Promise<string> {
    return await this.program.lines.next(`linphonec: ${what}`, fits, { ms, evidence: () => this.tail() });
  }

  #refusal(): Refusal {
    const text = this.program.lines.past
      .findLast((line) => /^SIP\/2\.0 [3-6]\d\d /.test(line))
      ?.slice("SIP/2.0 ".length);
    return { status: text === undefined ? undefined : Number(text.slice(0, 3)), text: text ?? "no answer" };
  }
}

/** linphonec stores databases, ZRTP secrets and a history below these. */
function ownFolders(folder: string): Readonly<Record<string, string>> {
  return {
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, "config-home"),
    XDG_DATA_HOME: join(folder, "data-home"),
    XDG_CACHE_HOME: join(folder, "cache-home"),
  };
}

/** No DNS: `localhost` is in /etc/hosts. mbedtls 2 does not compare IP addresses in certificates. */
function configuration(ca: string, options: LinphoneOptions): string {
  const {
    user,
    displayName,
    encryption = "sdes",
    plainCapability = false,
    ice = false,
    dtmf = "rfc4733",
    codec = "PCMA",
  } = options;
  const codecs = ["PCMA", "PCMU", "opus/48000/2", "speex/8000", "speex/16000", "speex/32000", "G729"].map(
    (name, index) => {
      const [mime = "", rate = "8000", channels = "1"] = name.split("/");
      return [
        `[audio_codec_${index}]`,
        `mime=${mime}`,
        `rate=${rate}`,
        `channels=${channels}`,
        `enabled=${mime === codec ? 1 : 0}`,
      ].join("\n");
    },
  );
  return [
    "[net]",
    "nat_policy_ref=own",
    "dns_srv_enabled=0",
    "[nat_policy_0]",
    "ref=own",
    `protocols=${ice ? "ice" : ""}`,
    "[sip]",
    "sip_port=0",
    "sip_tcp_port=0",
    // A port chosen by the kernel; the others are closed.
    "sip_tls_port=-1",
    "bind_address=127.0.0.1",
    // Otherwise a migration turns IPv6 on, and with ICE the host's IPv6 address is used for audio.
    "ipv6_migration_done=1",
    "use_ipv6=0",
    "dns_srv_enabled=0",
    "register_only_when_network_is_up=0",
    "verify_server_certs=1",
    "verify_server_cn=1",
    `root_ca=${ca}`,
    `contact=${displayName === undefined ? "" : `"${displayName}" `}<sip:${user}@127.0.0.1>`,
    "guess_hostname=0",
    `media_encryption=${encryption === "sdes" ? "srtp" : "dtls"}`,
    `media_encryption_mandatory=${plainCapability ? 0 : 1}`,
    ...(plainCapability ? ["support_capability_negotiations=1", "supported_encryptions=srtp,none"] : []),
    "srtp_crypto_suites=AES_CM_128_HMAC_SHA1_80",
    `use_info=${dtmf === "info" ? 1 : 0}`,
    `use_rfc2833=${dtmf === "info" ? 0 : 1}`,
    "[storage]",
    "uri=null",
    "[rtp]",
    "bind_address=127.0.0.1",
    "audio_rtp_port=0",
    "[sound]",
    "remote_ring=",
    ...codecs,
    "",
  ].join("\n");
}
