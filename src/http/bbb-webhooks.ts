import { Buffer } from "node:buffer";

import type { FastifyReply, FastifyRequest } from "fastify";

import { readWebhook, type WebhookEvent } from "../bbb/webhook.js";
import { callbackUrls, isAuthentic } from "../bbb/webhook-proof.js";
import type { ApiRouter } from "./api-router.js";

/** A BBB server whose webhooks einwahl accepts. */
export interface WebhookSource {
  readonly name: string;
  /** The shared secret of its API. */
  readonly secret: () => string;
  /** Called for an authentic POST; events of unknown types are dropped. */
  readonly onEvents: (events: readonly WebhookEvent[]) => void;
  /** Called for a POST with wrong credentials. bbb-webhooks 3.5.0 counts the 401 as delivered and logs no error. */
  readonly onRefused: () => void;
}

/** bbb-webhooks puts up to `multiEvent` events into one POST; a hundred meetings with metadata stay below this. */
const maxBytes = 256 * 1024;

/**
 * Receives the webhooks of BBB servers: `POST /bbb-webhooks/<name of the server>`. Outside the API for front ends, with
 * its own authentication, so it has no rate limit.
 */
export function addBbbWebhooks(router: ApiRouter, base: () => string, sources: () => readonly WebhookSource[]): void {
  router.server.register((scope, _options, done) => {
    scope.addContentTypeParser(
      "application/x-www-form-urlencoded",
      { parseAs: "buffer", bodyLimit: maxBytes },
      (_request, body, parsed) => {
        parsed(null, Buffer.from(body).toString("utf8"));
      },
    );
    const take = (request: FastifyRequest, reply: FastifyReply): void => {
      const source = sources().find(({ name }) => name === parameterOf(request, "server"));
      if (source === undefined) {
        router.refuse(reply, "not-found");
        return;
      }
      const body = typeof request.body === "string" ? request.body : "";
      const proof = {
        callbackUrls: callbackUrls(base(), `/bbb-webhooks/${source.name}`, ownQueryOf(request)),
        body,
        checksum: checksumOf(request),
        authorization: request.headers.authorization ?? "",
      };
      if (!isAuthentic(proof, source.secret())) {
        source.onRefused();
        router.refuse(reply, "webhook-not-authentic");
        return;
      }
      const events = readWebhook(body);
      source.onEvents(events ?? []);
      if (events === undefined) {
        router.refuse(reply, "webhook-not-understood");
        return;
      }
      reply.code(200).send();
    };
    for (const path of ["/bbb-webhooks/:server", "/bbb-webhooks/:server/"])
      scope.post(path, { config: { isUnlimited: true }, bodyLimit: maxBytes }, take);
    done();
  });
}

function parameterOf({ params }: FastifyRequest, name: string): string {
  return typeof params === "object" && params !== null && name in params
    ? String((params as Record<string, unknown>)[name])
    : "";
}

function checksumOf({ query }: FastifyRequest): string {
  const value: unknown = typeof query === "object" && query !== null && "checksum" in query ? query.checksum : "";
  return typeof value === "string" ? value : "";
}

/** The query of the callback URL itself: bbb-webhooks appends its checksum to it. */
function ownQueryOf({ raw: { url = "" } }: FastifyRequest): string {
  const query = url.includes("?") ? url.slice(url.indexOf("?") + 1) : "";
  return query.replace(/(?:^|&)checksum=[^&]*$/, "");
}
