import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Certificates } from "../../../src/simulators/certificates.js";
import type { DialOptions, TestPhoneOptions } from "../../../src/softphone/test-phone.js";
import { inTime, timeoutMs } from "../../support/deadline.js";
import type { Counts } from "./engines.js";
import { defaultMediaFlags, type KamailioConfig, kamailioConfiguration, tlsConfiguration } from "./kamailio-config.js";
import type { Owner } from "./owner.js";
import { freePorts } from "./ports.js";
import { Program } from "./program.js";
import type { Rtpengine } from "./rtpengine.js";
import { scratchFolder } from "./scratch.js";

export interface KamailioOptions {
  /** The address on which it accepts REGISTER, IPv6 in brackets; default 127.0.0.1. */
  readonly registrarAddress?: string;
  readonly username?: string;
  readonly password?: string;
  /** Digest realm; default easybell's. */
  readonly realm?: string;
  /** Whether digests have qop=auth; default no, like easybell's. */
  readonly qop?: boolean;
  /** Whether the customer may call its own number over the trunk; default no. */
  readonly takesCalls?: boolean;
  /** Maximum expiry, seconds; default 120. */
  readonly grantedExpiry?: number;
  /** Relays the calls' RTP: SRTP towards the customer, plain towards the telephone network. */
  readonly mediaRelay?: Rtpengine;
  readonly certificates: Pick<Certificates, "cert" | "key">;
}

/** A current Contact. */
export interface RegisteredContact {
  readonly address: string;
  /** The REGISTER's source: the flow for calls. */
  readonly received: string;
  readonly expires: number;
  readonly callId: string;
}

/**
 * Response to a REGISTER: accepted, with a header without a colon in the 200; 503 with Retry-After; 302 to another host.
 */
export type RegisterChange = "take" | "unreadable" | "unavailable" | "moved";

/** Modification of the offer of a call from the telephone network. */
export type SuiteChange = "keep" | "AES_CM_128_HMAC_SHA1_32" | "AEAD_AES_128_GCM" | "unknown-first" | "only-unknown";

const realm = "sip.easybell.de";
const starts = 3;

/** Debian's Kamailio as registrar and carrier. Registrations are in memory only: a restart loses them. */
export class Kamailio {
  readonly #config: KamailioConfig;
  readonly #mediaRelay: Rtpengine | undefined;
  readonly #folder: string;
  #program: Program;
  #requests = 0;

  private constructor(config: KamailioConfig, mediaRelay: Rtpengine | undefined, folder: string, program: Program) {
    this.#config = config;
    this.#mediaRelay = mediaRelay;
    this.#folder = folder;
    this.#program = program;
  }

  static async start(owner: Owner, options: KamailioOptions): Promise<Kamailio> {
    const folder = await scratchFolder(owner, "kamailio");
    await mkdir(join(folder, "run"));
    for (let attempt = 1; ; attempt++) {
      const [registrarPort = 0, networkPort = 0, networkTlsPort = 0, controlPort = 0] = await freePorts(4);
      const config: KamailioConfig = {
        registrarAddress: options.registrarAddress ?? "127.0.0.1",
        registrarPort,
        networkPort,
        networkTlsPort,
        controlPort,
        realm: options.realm ?? realm,
        qop: options.qop ?? false,
        takesCalls: options.takesCalls ?? false,
        username: options.username ?? "00493023125001",
        password: options.password ?? "test-password",
        grantedExpiry: options.grantedExpiry ?? 120,
        mediaRelayPort: options.mediaRelay?.controlPort,
        certificateFile: join(folder, "cert.pem"),
        keyFile: join(folder, "key.pem"),
        tlsConfigFile: join(folder, "tls.cfg"),
      };
      await writeFile(config.tlsConfigFile, tlsConfiguration(config));
      await writeFile(join(folder, "kamailio.cfg"), kamailioConfiguration(config));
      await writeFile(config.certificateFile, options.certificates.cert);
      await writeFile(config.keyFile, options.certificates.key);
      const kamailio = new Kamailio(config, options.mediaRelay, folder, launch(folder));
      owner.teardown(() => kamailio.stop());
      try {
        await kamailio.#ready();
        return kamailio;
      } catch (error) {
        // Another program may have bound one of the ports meanwhile.
        if (attempt === starts) throw error;
        await kamailio.stop();
      }
    }
  }

  get username(): string {
    return this.#config.username;
  }

  get password(): string {
    return this.#config.password;
  }

  /** TLS; for REGISTER and the flow for calls. */
  get registrarPort(): number {
    return this.#config.registrarPort;
  }

  /** UDP and TCP; for calls from the telephone network. */
  get networkPort(): number {
    return this.#config.networkPort;
  }

  /** TLS; for calls from the telephone network. */
  get networkTlsPort(): number {
    return this.#config.networkTlsPort;
  }

  /** The transport of phones in the telephone network. */
  get transport(): TestPhoneOptions["transport"] {
    return this.#mediaRelay === undefined ? "tls" : "tcp";
  }

  /** Dialling from the telephone network: with plain RTP if the relay encrypts it. */
  dialling(number: string): Pick<DialOptions, "uri" | "srtp"> {
    const { networkPort, networkTlsPort } = this;
    if (this.#mediaRelay === undefined) return { uri: `sip:${number}@127.0.0.1:${networkTlsPort};transport=tls` };
    return { uri: `sip:${number}@127.0.0.1:${networkPort};transport=tcp`, srtp: "none" };
  }

  /** The carrier's resources used by calls. */
  async counts(): Promise<Counts> {
    return this.#mediaRelay === undefined ? {} : { calls: await this.#mediaRelay.calls() };
  }

  /** Events of the configuration: registered, unregistered, challenged, answered, ... */
  get events(): readonly string[] {
    return this.#program.lines.past.flatMap((line) => eventIn(line) ?? []);
  }

  /** Waits for an event such as `/^registered /` from now on, optionally also of past ones. */
  async event(pattern: RegExp, options: { readonly ms?: number; readonly past?: boolean } = {}): Promise<string> {
    const fits = (line: string): boolean => pattern.test(eventIn(line) ?? "");
    const { ms = timeoutMs, past = false } = options;
    const line = await this.#program.lines.next(`kamailio: ${pattern.source}`, fits, {
      ms,
      past,
      evidence: () => this.tail(),
    });
    return eventIn(line) ?? "";
  }

  async registrations(): Promise<RegisteredContact[]> {
    const dump = await this.#call("ul.dump");
    const contacts: RegisteredContact[] = [];
    collectContacts(dump, contacts);
    return contacts;
  }

  /** Registers another device of the customer's account, or removes its binding (0 seconds). */
  async bindOther(contact: string, seconds: number): Promise<void> {
    if (seconds === 0) await this.#call("ul.rm_contact", ["location", this.username, contact]);
    else await this.#call("ul.add", ["location", this.username, contact, seconds, "1.0", ".", 0, 0, 32_767]);
  }

  /** Responds to REGISTERs like this from now on. */
  async changeRegister(change: RegisterChange): Promise<void> {
    await this.#call("pv.shvSet", ["register", "str", change]);
  }

  /** Deletes all registrations silently. */
  async forget(): Promise<void> {
    await this.#call("ul.rm", ["location", this.username]);
  }

  /** Modifies offers from the telephone network like this from now on. */
  async changeOffers(suite: SuiteChange): Promise<void> {
    await this.#call("pv.shvSet", ["suite", "str", suite]);
  }

  /** From now on rtpengine makes offers to the customer with these flags (its `ng` protocol); without flags, with its defaults. */
  async changeMedia(...flags: readonly string[]): Promise<void> {
    await this.#call("pv.shvSet", ["media", "str", [defaultMediaFlags, ...flags].join(" ")]);
  }

  /** The next re-INVITE of a call gets another relay, with new keys and ports, as after a failure of the old one. */
  async replaceRelays(): Promise<void> {
    await this.#call("pv.shvSet", ["relay", "str", "replace"]);
  }

  /** Connections of all listeners, the control connection included. */
  async connections(): Promise<number> {
    const info = await this.#call("core.tcp_info");
    const opened = (info as { readonly opened_connections?: number }).opened_connections;
    return opened ?? -1;
  }

  async stop(): Promise<void> {
    await this.#program.stop();
  }

  /** Uses another certificate from the next start on. */
  async useCertificate({ cert, key }: Pick<Certificates, "cert" | "key">): Promise<void> {
    await writeFile(this.#config.certificateFile, cert);
    await writeFile(this.#config.keyFile, key);
  }

  /** Kills and restarts it on the same ports: registrations and connections are lost. */
  async restart(): Promise<void> {
    await this.stop();
    await this.resume();
  }

  /** Restarts it after `stop`. */
  async resume(): Promise<void> {
    this.#program = launch(this.#folder);
    await this.#ready();
  }

  tail(): string {
    return this.#program.tail();
  }

  async #ready(): Promise<void> {
    await this.#program.line("starts", /EVENT ready/);
    await inTime("kamailio's control port", this.#call("core.uptime"));
  }

  async #call(method: string, params: readonly (string | number)[] = []): Promise<unknown> {
    this.#requests += 1;
    const response = await fetch(`http://127.0.0.1:${this.#config.controlPort}/rpc`, {
      method: "POST",
      headers: { "content-type": "application/json", connection: "close" },
      body: JSON.stringify({ jsonrpc: "2.0", method, params, id: this.#requests }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const answer = (await response.json()) as {
      readonly result?: unknown;
      readonly error?: { readonly message?: string };
    };
    if (answer.error !== undefined) throw new Error(`kamailio refuses ${method}: ${answer.error.message ?? ""}`);
    return answer.result;
  }
}

function launch(folder: string): Program {
  return new Program(
    "kamailio",
    ["-f", join(folder, "kamailio.cfg"), "-DD", "-E", "-m", "64", "-M", "8", "-Y", join(folder, "run"), "-w", folder],
    { cwd: folder },
  );
}

function eventIn(line: string): string | undefined {
  return /EVENT (.*)$/.exec(line)?.[1];
}

/** Contacts are the leaves of a nested dump of domains, addresses of record and lists. */
function collectContacts(node: unknown, found: RegisteredContact[]): void {
  if (Array.isArray(node)) {
    for (const part of node as unknown[]) collectContacts(part, found);
    return;
  }
  if (typeof node !== "object" || node === null) return;
  const record = node as Readonly<Record<string, unknown>>;
  const address = record["Address"];
  if (typeof address === "string") {
    const text = (name: string): string => {
      const value = record[name];
      return typeof value === "string" ? value : "";
    };
    const expires = record["Expires"];
    found.push({
      address,
      received: text("Received"),
      expires: typeof expires === "number" ? expires : -1,
      callId: text("Call-ID"),
    });
    return;
  }
  for (const part of Object.values(record)) collectContacts(part, found);
}
