import type { RecordedLine } from "../call/interfaces.js";
import type { InviteFacts } from "../caller/invite.js";
import type { ListenAddress } from "../trunk/families.js";
import type { SipRequestOutcome, SipRequests } from "../trunk/sip-requests.js";
import type { Clock } from "../util/clock.js";
import { Latch } from "../util/latch.js";
import { plainText } from "../util/plain-text.js";
import type { ConnectionCount } from "./caller-dialog.js";
import { guardConnection } from "./connection-guard.js";
import { requestInDialog } from "./dialog-request.js";
import { logInToDrachtio, readListenAddresses } from "./drachtio-login.js";
import { DrachtioCall, type DrachtioCallParts } from "./incoming-call.js";
import { LateAddresses } from "./late-addresses.js";
import { MergedRequests, mergeKey } from "./merged-requests.js";
import { gateMethods, RequestGate } from "./request-gate.js";
import { ResumedCall } from "./resumed-call.js";
import { agentOf, makeSrf, type SrfLike, type SrfReceivedResponse, stopConnecting } from "./srf.js";

export interface DrachtioConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly clock: Clock;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  readonly onCall: (call: DrachtioCall) => void;
  /** Called for every incoming request of any method. Returns whether its source belongs to a trunk. */
  readonly onHeard: (source: InviteFacts["source"]) => boolean;
  /** The connection to drachtio is established or re-established. */
  readonly onConnected: (version: string) => void;
  /** drachtio has opened more addresses since. */
  readonly onAddresses?: () => void;
  readonly onLost: (why: string) => void;
  /** A call is answered or resumed, and drachtio has its dialog. */
  readonly onDialog?: (dialogId: string) => void;
  /** The call has ended. */
  readonly onDialogEnded?: (dialogId: string) => void;
  readonly onBug: (error: unknown) => void;
}

/** A call of this process, or one taken over from another. */
export type TrackedCall = DrachtioCall | ResumedCall;

export type DrachtioConnectionState = "connecting" | "connected" | "refused" | "lost" | "closed";

/** drachtio-server's own timeout is 32 s (RFC 3261 timer F); a longer wait means that its connection dropped the request. */
const requestTimeoutMs = 34_000;
/** Maximum length of a displayed reason phrase, in characters. */
const maxReasonLength = 80;
const maxReconnectDelayMs = 2_000;
const pingInterval = 5_000;
/** Timeout for drachtio's response to a BYE, in milliseconds. */
const byeTimeoutMs = 4_000;
const probeEvery = 5_000;
/** Maximum number of dialogs to end at the next connection. */
const maxUnended = 1_000;

/**
 * The connection to drachtio-server for incoming calls and outgoing requests. It reconnects automatically. Answered calls
 * go on meanwhile and after it, also those that a restarted drachtio does not know; the others end with `signalling-lost`.
 */
export class DrachtioConnection implements SipRequests, ConnectionCount {
  readonly #options: DrachtioConnectionOptions;
  readonly #srf: SrfLike;
  readonly #callParts: DrachtioCallParts;
  /** Each call with the merge key of its INVITE; "" if another process has answered it. */
  readonly #calls = new Map<TrackedCall, string>();
  readonly #merged: MergedRequests;
  /** Calls from a previous connection or process: drachtio does not forward their in-dialog requests to the new connection. */
  readonly #orphans = new Set<TrackedCall>();
  /** Dialogs of ended calls whose BYE could not be sent, with its Reason. */
  readonly #unended = new Map<string, string>();
  #cancelTimer: (() => void) | undefined;
  /** Set when the current connection ends. */
  #whenLost = new Latch<string>();
  #state: DrachtioConnectionState = "connecting";
  #addresses: readonly ListenAddress[] = [];
  readonly #late: LateAddresses;
  #version: string | undefined;
  /** Connections so far. */
  #connections = 0;

  private constructor(options: DrachtioConnectionOptions, srf: SrfLike) {
    this.#options = options;
    this.#srf = srf;
    const { clock, random, onDialog = () => undefined, onBug } = options;
    this.#merged = new MergedRequests(clock);
    this.#late = new LateAddresses({
      clock,
      ask: () => logInToDrachtio(options, clock, byeTimeoutMs),
      onAddresses: (addresses) => {
        this.#addresses = addresses;
        options.onAddresses?.();
      },
      onBug,
    });
    this.#callParts = {
      clock,
      random,
      connections: this,
      onDialog,
      onUnended: (dialogId, reasonHeader) => {
        if (this.#unended.size < maxUnended) this.#unended.set(dialogId, reasonHeader);
      },
      onBug,
    };
  }

  /** Connects, and retries until `close`. */
  static open(options: DrachtioConnectionOptions): DrachtioConnection {
    const connection = new DrachtioConnection(options, makeSrf());
    connection.#begin();
    return connection;
  }

  get state(): DrachtioConnectionState {
    return this.#state;
  }

  get connection(): number | undefined {
    return this.#state === "connected" ? this.#connections : undefined;
  }

  /** drachtio-server's version, from the last connection. */
  get version(): string | undefined {
    return this.#version;
  }

  /** drachtio's listen addresses; an address with a public name in drachtio's configuration is given by that name. */
  get addresses(): readonly ListenAddress[] {
    return this.#addresses;
  }

  /** For drachtio-fsmrf, which needs it for the dialogs between drachtio and the media server. */
  get srf(): SrfLike {
    return this.#srf;
  }

  /** The dialog of a call that another process has answered. @param callerSdp the caller's last session description */
  resume(line: RecordedLine, callerSdp: string): ResumedCall {
    const call = new ResumedCall(this.#srf, this.#callParts, line, callerSdp);
    this.#calls.set(call, "");
    this.#orphans.add(call);
    this.#options.onDialog?.(call.dialogId);
    this.#probe(call);
    return call;
  }

  /** Stops tracking a call. @param fate `left`: another process continues it */
  release(call: TrackedCall, fate: "ended" | "left" = "ended"): void {
    const key = this.#calls.get(call);
    if (key !== undefined && key !== "" && call.dialogId === undefined) this.#merged.end(key);
    this.#calls.delete(call);
    this.#orphans.delete(call);
    if (fate === "ended" && call.dialogId !== undefined) this.#options.onDialogEnded?.(call.dialogId);
  }

  async send(
    method: "REGISTER" | "OPTIONS",
    uri: string,
    options: { readonly nextHop: string; readonly headers: Readonly<Record<string, string>> },
  ): Promise<SipRequestOutcome> {
    if (this.#state !== "connected") return { kind: "not-sent", why: "drachtio is not connected" };
    return await new Promise((resolve) => {
      const settle = (outcome: SipRequestOutcome): void => {
        cancelTimer();
        offLost();
        resolve(outcome);
      };
      const cancelTimer = this.#options.clock.after(requestTimeoutMs, () => {
        settle({ kind: "not-sent", why: "drachtio did not respond" });
      });
      // drachtio-srf drops pending callbacks when its connection ends.
      const offLost = this.#whenLost.onSet((why) => {
        settle({ kind: "not-sent", why });
      });
      const { nextHop, headers } = options;
      this.#srf.request(uri, { method, proxy: nextHop, headers: { ...headers } }, (error, request) => {
        if (error !== null || request === undefined)
          settle({ kind: "not-sent", why: plainText(error?.message ?? "refused by drachtio") });
        else
          request.on("response", (response) => {
            // A proxy may send 100 (RFC 4320 section 4.1): wait for the final response.
            if (response.status >= 200) settle({ kind: "answered", response: readResponse(response) });
          });
      });
    });
  }

  /**
   * Ends a dialog that no call of this process has. `unknown`: drachtio does not know it. @param reasonHeader RFC 3326
   */
  async endDialog(dialogId: string, reasonHeader: string): Promise<"ended" | "unknown" | "failed"> {
    if (this.#state !== "connected") return "failed";
    const { kind } = await requestInDialog(this.#srf, this.#options.clock, dialogId, {
      method: "BYE",
      headers: { Reason: reasonHeader },
      timeoutMs: byeTimeoutMs,
    });
    if (kind === "no-dialog") return "unknown";
    // drachtio removes the dialog at its own 408, too.
    return kind === "answered" || kind === "not-sent" ? "ended" : "failed";
  }

  close(): void {
    this.#late.stop();
    this.#cancelTimer?.();
    if (this.#state === "connected") this.#srf.disconnect();
    else stopConnecting(this.#srf);
    this.#state = "closed";
  }

  #begin(): void {
    const srf = this.#srf;
    const { host, port, secret } = this.#options;
    srf.on("connect", (error, hostPorts, version) => {
      this.#addresses = readListenAddresses(hostPorts ?? "");
      if (error === null) this.#connected(version ?? "unknown version");
      else this.#lost("refused", error.message);
    });
    srf.on("error", (error) => {
      this.#lost("lost", error.message);
    });
    srf.on("close", () => {
      this.#lost("lost", "connection closed");
    });
    srf.invite((request, response) => {
      const call = new DrachtioCall(srf, this.#callParts, request, response);
      this.#calls.set(
        call,
        mergeKey(request.get("Call-ID") ?? "", request.get("From") ?? "", request.get("CSeq") ?? ""),
      );
      this.#options.onCall(call);
    });
    const gate = new RequestGate({
      merged: this.#merged,
      onHeard: this.#options.onHeard,
      hasDialog: (dialogId) => srf.findDialogById(dialogId) !== undefined,
      lostCall: (dialogId) => [...this.#calls.keys()].find((call) => call.dialogId === dialogId),
    });
    srf.connect({
      host,
      port,
      secret,
      enablePing: true,
      pingInterval,
      reconnect: { retryMaxDelay: maxReconnectDelayMs },
    });
    for (const method of gateMethods) agentOf(srf).route(method);
    guardConnection(srf, {
      judge: (request) => gate.judge(request),
      onBroken: (why) => {
        this.#lost("lost", why);
      },
      onBug: this.#options.onBug,
    });
  }

  #connected(version: string): void {
    if (this.#state === "closed") {
      this.#srf.disconnect();
      return;
    }
    this.#whenLost = new Latch();
    this.#state = "connected";
    this.#connections += 1;
    this.#version = version;
    this.#options.onConnected(version);
    this.#late.watch(this.#addresses);
    for (const call of this.#calls.keys()) {
      if (call instanceof DrachtioCall) call.reconnected();
      this.#orphans.add(call);
    }
    for (const [dialogId, reasonHeader] of this.#unended)
      this.endDialog(dialogId, reasonHeader).catch(this.#options.onBug);
    this.#unended.clear();
    this.#probeOrphans();
  }

  /** drachtio responds 481 to the BYE of an orphaned call and does not forward it: poll the dialogs instead. */
  #probeOrphans(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#state !== "connected") return;
    for (const call of this.#orphans) this.#probe(call);
  }

  #probe(call: TrackedCall): void {
    call.askPresence().then((presence) => {
      // Only the audio tells about a lost one.
      if (presence === "gone" || presence === "lost") this.#orphans.delete(call);
    }, this.#options.onBug);
    this.#cancelTimer ??= this.#options.clock.after(probeEvery, () => {
      this.#probeOrphans();
    });
  }

  #lost(state: "refused" | "lost", reason: string): void {
    if (this.#state === "closed" || this.#state === state) return;
    const why = plainText(reason);
    this.#late.stop();
    this.#state = state;
    this.#whenLost.set(why);
    this.#options.onLost(why);
  }
}

function readResponse(response: SrfReceivedResponse): Extract<SipRequestOutcome, { kind: "answered" }>["response"] {
  return {
    status: response.status,
    reason: plainText(response.reason, maxReasonLength),
    header: (name) => response.get(name),
  };
}
