import { z } from "zod";

import type { ImportReport } from "../store/import-lines.js";
import type { PinBook, PinEntry } from "../store/pin-book.js";
import type { Page } from "../store/room-store.js";
import { failure, type Result, success } from "../util/result.js";
import type { ControlClient, ControlFailure, ControlResult } from "./control-client.js";
import { explainControlFailure } from "./explain-failure.js";

const entry = z.object({
  meetingID: z.string(),
  pin: z.string(),
  reservedAt: z.string(),
  validUntil: z.string().nullable(),
});
const page = z.object({ value: z.object({ items: z.array(entry), next: z.string().optional() }) });
const reserved = z.object({ value: entry });
const released = z.object({ value: z.boolean() });
const report = z.object({
  value: z.object({
    imported: z.number(),
    known: z.number(),
    refused: z.array(z.object({ line: z.number(), reason: z.string() })),
    refusedInAll: z.number(),
  }),
});

const transferTimeoutMs = 120_000;

/** The PINs of the running instance, over its control socket. */
export class RemotePinBook implements PinBook {
  readonly #client: ControlClient;

  constructor(client: ControlClient) {
    this.#client = client;
  }

  /** Why its PINs can't be reached; `undefined`: reachable. */
  async fault(): Promise<ControlFailure | undefined> {
    const answer = await this.#client.ask({ method: "GET", path: "/pins?limit=1" }, page);
    return answer.ok ? undefined : answer.failure;
  }

  async list(after: string | undefined, most: number): Promise<Result<Page<PinEntry>, string>> {
    const query = new URLSearchParams({ limit: String(most), ...(after !== undefined && { after }) });
    const answer = plain(await this.#client.ask({ method: "GET", path: `/pins?${query.toString()}` }, page));
    return answer.ok ? success({ items: answer.value.items, next: answer.value.next }) : answer;
  }

  async reserve(meetingId: string): Promise<Result<PinEntry, string>> {
    return plain(await this.#client.ask({ method: "POST", path: "/pins/reserve", body: room(meetingId) }, reserved));
  }

  async release(meetingId: string): Promise<Result<boolean, string>> {
    return plain(await this.#client.ask({ method: "POST", path: "/pins/release", body: room(meetingId) }, released));
  }

  async export(): Promise<Result<string, string>> {
    const lines = await this.#client.askText({ method: "GET", path: "/pins.jsonl", withinMs: transferTimeoutMs });
    return lines.ok ? lines : failure(explainControlFailure(lines.failure));
  }

  async import(lines: string): Promise<Result<ImportReport, string>> {
    const body = { type: "application/jsonl", text: lines };
    return plain(
      await this.#client.ask({ method: "POST", path: "/pins.jsonl", body, withinMs: transferTimeoutMs }, report),
    );
  }
}

function room(meetingID: string): { readonly type: string; readonly text: string } {
  return { type: "application/json", text: JSON.stringify({ meetingID }) };
}

function plain<Value>(answer: ControlResult<{ readonly value: Value }>): Result<Value, string> {
  return answer.ok ? success(answer.value.value) : failure(explainControlFailure(answer.failure));
}
