import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";

import { forgetLastMatch } from "../util/detached.js";
import { FrameReader } from "../util/frames.js";
import { makeReadable } from "./readable-message.js";
import type { NetworkRequest, Verdict } from "./request-gate.js";
import { sourceFrom } from "./source.js";
import { agentOf, type SrfAgent, type SrfLike } from "./srf.js";

export interface GuardEvents {
  /** drachtio sent an invalid frame. The connection is closed, and drachtio-srf reconnects. */
  readonly onBroken: (why: string) => void;
  /** A request from the network, except an ACK or CANCEL that drachtio has handled itself. */
  readonly judge: (request: NetworkRequest) => Verdict;
  readonly onBug: (error: unknown) => void;
}

/** drachtio-server accepts SIP messages up to 64 kB only. */
const maxFrameBytes = 1_000_000;
const replies = { unreadable: "SIP/2.0 400 Bad Request", failed: "SIP/2.0 500 Server Internal Error" } as const;

/**
 * Reads drachtio's frames in place of drachtio-srf 5.0.29: its reader keeps a broken frame and throws on it forever
 * (lib/wire-protocol.js), and its parser prints an unreadable message to stderr and sends no response
 * (lib/drachtio-agent.js).
 *
 * Call it synchronously after `connect`, before data can arrive.
 */
export function guardConnection(srf: SrfLike, events: GuardEvents): void {
  const agent = agentOf(srf);
  agent.wp.on("connect", (socket) => {
    const reader = new FrameReader(maxFrameBytes);
    socket.removeAllListeners("data");
    socket.on("data", (chunk: Buffer) => {
      if (socket.destroyed) return;
      const payloads = reader.push(chunk);
      if (!payloads.ok) {
        drop(socket, events, payloads.failure);
        return;
      }
      for (const payload of payloads.value) {
        if (!isOfProtocol(payload)) {
          drop(socket, events, "not a message of its protocol");
          return;
        }
        deliver(agent, socket, payload, events);
      }
      forgetLastMatch();
    });
  });
}

function drop(socket: Socket, events: GuardEvents, why: string): void {
  events.onBroken(`drachtio sent an unreadable frame: ${why}`);
  socket.destroy();
}

function isOfProtocol(payload: string): boolean {
  return /^[^|]*\|(?:sip|response)(?:\||$)/.test(payload);
}

function deliver(agent: SrfAgent, socket: Socket, payload: string, events: GuardEvents): void {
  const end = payload.indexOf("\r\n");
  const line = end === -1 ? payload : payload.slice(0, end);
  const [, verb, source, , protocol = "", address = "", port = "", , transactionId = "", dialogId = ""] =
    line.split("|");
  const text = end === -1 ? "" : payload.slice(end + 2);
  const isRequest = verb === "sip" && source === "network" && !/^SIP\s*\//i.test(text);
  const reply = (head: string): void => {
    // An ACK gets no response (RFC 3261 section 17).
    if (isRequest && !/^ACK\s/.test(text)) agent.wp.send(socket, `sip|${transactionId}|\r\n${head}\r\n\r\n`);
  };
  const readable = text === "" ? "" : makeReadable(text);
  if (readable === undefined && isRequest) {
    reply(replies.unreadable);
    return;
  }
  try {
    const verdict =
      isRequest && readable !== undefined
        ? events.judge({ source: sourceFrom(protocol, address, Number(port)), dialogId, text: readable })
        : undefined;
    if (verdict?.kind === "ignore") return;
    if (verdict?.kind === "answer") {
      reply(
        [
          `SIP/2.0 ${verdict.status} ${verdict.reason}`,
          ...Object.entries(verdict.headers).map(([name, value]) => `${name}: ${value}`),
        ].join("\r\n"),
      );
      return;
    }
    // An unreadable response must still complete its request.
    const instead = verb === "sip" ? "SIP/2.0 502 Unreadable Response\r\n\r\n" : text;
    agent._onMsg(socket, text === "" ? payload : `${line}\r\n${readable ?? instead}`);
  } catch (error) {
    events.onBug(error);
    reply(replies.failed);
  }
}
