import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { KnownPrompt } from "../../../src/softphone/prompt-library.js";
import { timeoutMs } from "../../support/deadline.js";
import { GrowingWavs } from "./growing-wav.js";
import { Listener } from "./listener.js";
import { BaresipControl, type BaresipEvent } from "./netstring-control.js";
import type { Owner } from "./owner.js";
import { freePort } from "./ports.js";
import { Program } from "./program.js";
import { scratchFolder } from "./scratch.js";
import { type Refusal, sourceWav } from "./softphone.js";

export interface BaresipOptions {
  /** PEM, the authority for the other side's certificate. */
  readonly ca: string;
  /** PEM, for baresip's own TLS port. */
  readonly certificate: { readonly cert: string; readonly key: string };
  /** The user part of From: the caller's number. */
  readonly user: string;
  readonly displayName?: string;
  /** The host part of From; default 127.0.0.1. */
  readonly host?: string;
  readonly transport?: "udp" | "tcp" | "tls";
  /** `srtp-mand` offers `RTP/SAVP`, `srtp-mandf` `RTP/SAVPF`, `srtp` `RTP/AVP` with keys, `none` no keys. Default srtp-mand. */
  readonly encryption?: "srtp-mand" | "srtp-mandf" | "srtp" | "none";
  readonly codecs?: readonly ("PCMA" | "PCMU" | "G722")[];
  /** The tone that baresip sends, Hz; default silence. */
  readonly tone?: number;
  /** The prompts that the listener can recognise. */
  readonly prompts: readonly KnownPrompt[];
  /** Prints SIP messages to `program.lines`; default true, for failures' messages. */
  readonly trace?: boolean;
}

const starts = 3;

/**
 * baresip 1.0 loads `sip_cafile` and then verifies nothing: a call to a server with a certificate from elsewhere went
 * through. OpenSSL's own configuration turns verification on in every client context.
 */
const verifyingOpenssl = `openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = verified
[verified]
VerifyMode = Peer
MinProtocol = TLSv1.2
`;

/** Debian's baresip 1.0 as a softphone, remote-controlled. */
export class Baresip {
  readonly program: Program;
  readonly listener: Listener;
  readonly #control: BaresipControl;

  private constructor(program: Program, control: BaresipControl, listener: Listener) {
    this.program = program;
    this.#control = control;
    this.listener = listener;
  }

  static async start(owner: Owner, options: BaresipOptions): Promise<Baresip> {
    const folder = await scratchFolder(owner, "baresip");
    const sounds = join(folder, "sounds");
    await mkdir(sounds);
    await writeFile(join(folder, "source.wav"), sourceWav(options.tone));
    await writeFile(join(folder, "accounts"), `${account(options)}\n`);
    await writeFile(join(folder, "openssl.cnf"), verifyingOpenssl);
    await writeFile(join(folder, "ca.pem"), options.ca);
    await writeFile(join(folder, "own.pem"), `${options.certificate.key}\n${options.certificate.cert}`);
    const listener = new Listener(options.prompts);
    const wavs = new GrowingWavs(
      sounds,
      "-dec.wav",
      () => {
        listener.reset();
      },
      (pcm) => {
        listener.hear(pcm);
      },
    );
    owner.teardown(() => wavs.close());
    for (let attempt = 1; ; attempt++) {
      const controlPort = await freePort();
      await writeFile(join(folder, "config"), configuration(folder, controlPort));
      const program = new Program("baresip", ["-4", "-f", folder, ...(options.trace === false ? [] : ["-s"])], {
        cwd: folder,
        env: { OPENSSL_CONF: join(folder, "openssl.cnf") },
      });
      owner.teardown(async () => {
        await program.stop();
      });
      try {
        await program.line("starts", /baresip is ready/);
        const control = await BaresipControl.connect(controlPort);
        owner.teardown(() => {
          control.close();
        });
        return new Baresip(program, control, listener);
      } catch (error) {
        // Another program may have bound the port meanwhile.
        if (attempt === starts) throw error;
        await program.stop();
      }
    }
  }

  /** Of the last call. */
  get events(): readonly BaresipEvent[] {
    return this.#control.events.past;
  }

  /** Waits until the call is answered or refused. */
  async dial(uri: string, ms = timeoutMs): Promise<"established" | Refusal> {
    const outcome = this.#event("call established or closed", ["CALL_ESTABLISHED", "CALL_CLOSED"], ms);
    await this.startDialling(uri);
    const event = await outcome;
    return event.type === "CALL_ESTABLISHED" ? "established" : refusalOf(event);
  }

  /** Returns once the INVITE is sent. */
  async startDialling(uri: string): Promise<void> {
    this.#control.events.forget();
    await this.#control.command("dial", uri);
  }

  async ringing(): Promise<void> {
    await this.#event("ringing", ["CALL_RINGING", "CALL_PROGRESS"], timeoutMs, true);
  }

  /** The end of the call, by either side. */
  async closed(ms = timeoutMs): Promise<Refusal> {
    return refusalOf(await this.#event("call closed", ["CALL_CLOSED"], ms, true));
  }

  /** One RFC 4733 event per digit, one after the other. */
  async press(keys: string): Promise<void> {
    for (const key of keys) await this.#control.command("sndcode", key);
  }

  /** The SRTP suite that the call uses, once it is established; undefined without SRTP. */
  get suite(): string | undefined {
    return this.events.findLast((event) => event.type === "CALL_MENC")?.param.split(",")[2];
  }

  /** BYE, or CANCEL while it rings. */
  async hangUp(): Promise<void> {
    await this.#control.command("hangup");
  }

  /** SIP messages and log, for a failure's message. */
  tail(): string {
    return this.program.tail(120);
  }

  async #event(what: string, types: readonly string[], ms: number, past = false): Promise<BaresipEvent> {
    return await this.#control.events.next(`baresip: ${what}`, (event) => types.includes(event.type), {
      ms,
      past,
      evidence: () => this.tail(),
    });
  }
}

function refusalOf(event: BaresipEvent): Refusal {
  const status = /^(\d{3}) /.exec(event.param)?.[1];
  return { status: status === undefined ? undefined : Number(status), text: event.param };
}

function account(options: BaresipOptions): string {
  const {
    user,
    host = "127.0.0.1",
    displayName,
    transport = "tls",
    encryption = "srtp-mand",
    codecs = ["PCMA", "PCMU"],
  } = options;
  const names = { PCMA: "pcma/8000/1", PCMU: "pcmu/8000/1", G722: "g722/16000/1" } as const;
  const parts = [
    `<sip:${user}@${host};transport=${transport}>`,
    "regint=0",
    "auth_pass=none",
    `audio_codecs=${codecs.map((codec) => names[codec]).join(",")}`,
  ];
  if (encryption !== "none") parts.push(`mediaenc=${encryption}`);
  return `${displayName === undefined ? "" : `"${displayName}" `}${parts.join(";")}`;
}

function configuration(folder: string, controlPort: number): string {
  return [
    "poll_method epoll",
    "sip_listen 127.0.0.1:0",
    `sip_cafile ${join(folder, "ca.pem")}`,
    `sip_certificate ${join(folder, "own.pem")}`,
    "call_local_timeout 120",
    "call_max_calls 1",
    "audio_path /usr/share/baresip",
    `audio_source aufile,${join(folder, "source.wav")}`,
    "jitter_buffer_delay 0-0",
    "rtp_stats no",
    "net_interface 127.0.0.1",
    "module_path /usr/lib/baresip/modules",
    "module g711.so",
    "module g722.so",
    "module aufile.so",
    "module sndfile.so",
    "module srtp.so",
    // The account names its encryption module, which must be loaded before.
    "module_tmp account.so",
    "module_app menu.so",
    "module_app ctrl_tcp.so",
    `snd_path ${join(folder, "sounds")}`,
    `ctrl_tcp_listen 127.0.0.1:${controlPort}`,
    "ringback_disabled yes",
    "menu_bell no",
    "statmode_default off",
    "",
  ].join("\n");
}
