import { inBackground } from "../../softphone/sip/background.js";
import { addressOf } from "../../softphone/sip/dialog-state.js";
import type { Flow } from "../../softphone/sip/flow.js";
import { SipRequest } from "../../softphone/sip/message.js";
import { makeVia } from "../../softphone/sip/transport.js";
import { parseNameAddr, parseUri } from "../../softphone/sip/uri.js";
import type { Application } from "./application.js";
import { dialogIdOf } from "./call-dialog.js";
import { headerOf, type SipText } from "./command.js";
import { describe } from "./envelope.js";
import { type Calling, type Exchange, internalResponse, nowhere, ownContact } from "./exchange.js";
import { replaceLocalhost } from "./localhost.js";
import type { NetworkResponses } from "./network-responses.js";

/** Sends out-of-dialog requests of applications, and cancels their INVITEs. */
export class ApplicationRequests {
  readonly #exchange: Exchange;
  readonly #responses: NetworkResponses;

  constructor(exchange: Exchange, responses: NetworkResponses) {
    this.#exchange = exchange;
    this.#responses = responses;
  }

  /** @param routeUrl next hop; empty: the Request-URI */
  request(application: Application, id: string, text: SipText, routeUrl: string): void {
    const refusal = this.#refusal(text, routeUrl);
    if (refusal !== undefined) {
      application.respond(id, "NOK", refusal);
      this.#exchange.fault(`request refused: ${refusal}`);
      return;
    }
    inBackground(this.#send(application, id, text, routeUrl));
  }

  cancel(application: Application, id: string, transactionId: string, text: SipText): void {
    const calling = this.#exchange.calling.get(transactionId);
    if (calling?.transaction === undefined) {
      application.respond(id, "NOK", `unable to cancel unknown transaction id: ${transactionId}`);
      return;
    }
    calling.cancelled = true;
    const { transaction } = calling;
    const own = new Set(["from", "to", "call-id", "cseq", "contact", "max-forwards"]);
    const headers = text.headers.filter(([name]) => !own.has(name.toLowerCase()));
    const cancel = this.#responses.cancelWhenProceeding(calling, headers);
    const description = describe(cancel, transaction.flow, "application");
    application.respond(id, "OK", `${description}|${this.#exchange.newId()}|Msg sent:|\r\n${cancel.toString()}`);
  }

  #refusal(text: SipText, routeUrl: string): string | undefined {
    const { method, uri } = startLine(text);
    if (method === "" || parseUri(uri)?.host === undefined || parseUri(uri)?.host === "") return "invalid request-uri";
    const target = addressOf(routeUrl === "" ? uri : routeUrl);
    if (target === undefined || this.#exchange.reaching(target) === undefined)
      return "requested protocol/transport not available";
    if (method === "ACK" || method === "PRACK" || method === "CANCEL") return `${method} outside a dialog`;
    if (method === "SUBSCRIBE") return "SUBSCRIBE is not supported by the embedded server";
    if (text.body !== "" && headerOf(text, "Content-Type") === undefined && !text.body.startsWith("v=0"))
      return "missing content-type";
    for (const name of ["From", "To", "Contact"]) {
      const value = headerOf(text, name);
      if (value !== undefined && parseNameAddr(value) === undefined)
        return `invalid ${name.toLowerCase()} value provided by client`;
    }
    if (this.#exchange.isOurs(uri)) return "can not send request to myself";
    return undefined;
  }

  async #send(application: Application, id: string, text: SipText, routeUrl: string): Promise<void> {
    const exchange = this.#exchange;
    const { method, uri } = startLine(text);
    const hop = addressOf(routeUrl === "" ? uri : routeUrl);
    const transport = hop?.transport ?? "udp";
    const bare = new SipRequest(method, uri);
    const flow = await exchange.flowFor(bare, undefined, hop);
    const local = flow?.local ??
      (hop === undefined ? undefined : exchange.reaching(hop)) ?? { transport, address: "127.0.0.1", port: 0 };
    const remote = hop ?? local;
    const request = this.#build(text, { transport, local });
    const transactionId = exchange.newId();
    const dialogId = method === "INVITE" ? dialogIdOf(request) : "";
    const sent = (way: Pick<Flow, "transport" | "remote">): void => {
      const description = describe(request, way, "application");
      application.respond(id, "OK", `${description}|${transactionId}|Msg sent:|\r\n${request.toString()}`);
    };
    if (flow === undefined) {
      // drachtio-server responds OK before it connects; later failures are reported as a SIP response.
      request.headers.prepend(
        "Via",
        makeVia({ transport, local, reliable: transport !== "udp" }, `z9hG4bK${exchange.transactions.token()}`),
      );
      sent({ transport, remote });
      const response = internalResponse(request, "transport", exchange.transactions.token());
      exchange.tell(application, response, nowhere({ transport }), transactionId, dialogId);
      return;
    }
    const calling: Calling = { application, dialogId, cancelled: false, cancelSent: false, stopTimer: () => undefined };
    const events =
      method === "INVITE"
        ? this.#responses.toInvite(request, flow, transactionId, calling)
        : this.#responses.toOther(request, flow, transactionId, application);
    calling.transaction = exchange.transactions.send(request, flow, events);
    if (method === "INVITE") exchange.calling.set(transactionId, calling);
    sent(flow);
  }

  /** Adds the headers that the application omitted. */
  #build(text: SipText, way: Pick<Flow, "transport" | "local">): SipRequest {
    const { transactions } = this.#exchange;
    const { method, uri } = startLine(text);
    const request = new SipRequest(method, uri, [], text.body);
    const given = (name: string): string | undefined => {
      const value = headerOf(text, name);
      return value === undefined ? undefined : replaceLocalhost(name, value, way.local);
    };
    const contact = ownContact(way, false);
    const from = given("From") ?? contact;
    const own: readonly (readonly [string, string | undefined])[] = [
      ["Max-Forwards", given("Max-Forwards") ?? "70"],
      ["From", /;\s*tag=/i.test(from) ? from : `${from};tag=${transactions.token()}`],
      ["To", given("To") ?? `<${uri}>`],
      ["Call-ID", given("Call-ID") ?? transactions.token(16)],
      ["CSeq", given("CSeq") ?? `${Number.parseInt(transactions.token(3), 16) + 1} ${method}`],
      ["Contact", given("Contact") ?? (method === "INVITE" ? contact : undefined)],
      ["Content-Type", given("Content-Type") ?? (text.body === "" ? undefined : "application/sdp")],
    ];
    for (const [name, value] of own) if (value !== undefined) request.headers.add(name, value);
    for (const [name, value] of text.headers) {
      if (!own.some(([known]) => known.toLowerCase() === name.toLowerCase())) {
        request.headers.add(name, replaceLocalhost(name, value, way.local));
      }
    }
    return request;
  }
}

/** Method and Request-URI, empty if malformed. */
export function startLine(text: SipText): { readonly method: string; readonly uri: string } {
  const parts = /^([A-Z]+) (\S+)(?: SIP\/2\.0)?\s*$/.exec(text.startLine);
  return { method: parts?.[1] ?? "", uri: parts?.[2] ?? "" };
}
