import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";

import type { SrfDialog, SrfLike } from "../sip/srf.js";
import type { Clock } from "../util/clock.js";
import { failure, type Result, success } from "../util/result.js";
import { within } from "../util/wait.js";
import type { ChannelConnection } from "./channel-connection.js";
import type { FsmrfEndpoint, FsmrfMediaServer } from "./fsmrf.js";

/** drachtio-fsmrf's entry for a channel whose connection is pending. */
export interface PendingConnection {
  conn?: ChannelConnection;
  fn?: (connection: ChannelConnection) => void;
}

/** Private members of drachtio-fsmrf's media server that its `createEndpoint` uses (4.1.2, lib/mediaserver.js). */
export interface FsmrfInside {
  readonly pendingConnections: Map<string, PendingConnection>;
  readonly sip: { readonly ipv4: { readonly udp: { readonly address?: string } } };
  readonly advertisedAddress: string;
  readonly advertisedPort: number;
}

type EndpointConstructor = new (
  connection: ChannelConnection,
  dialog: SrfDialog,
  server: FsmrfMediaServer,
  options: { readonly customEvents: readonly string[] },
) => FsmrfEndpoint & {
  once(event: "ready", listener: () => void): void;
};

/** Timeout for FreeSWITCH's connection after the ACK, in milliseconds. */
const connectTimeoutMs = 4_000;

const load = createRequire(import.meta.url);

/** A channel with an offer sent and no answer yet. */
export interface LateOffer {
  readonly offer: string;
  complete(answer: string): Promise<Result<FsmrfEndpoint, "media-unavailable">>;
  abandon(): Promise<void>;
}

/**
 * Has FreeSWITCH make the offer (`enable-3pcc` in `freeswitch/conf/sip_profiles/drachtio_mrf.xml`). drachtio-fsmrf 4.1.2
 * acknowledges FreeSWITCH's offer with FreeSWITCH's own SDP, and no audio flows; here the ACK waits for the caller's
 * answer. Throws drachtio-srf's errors if FreeSWITCH rejects the INVITE.
 */
export async function makeLateOffer(
  server: FsmrfMediaServer,
  srf: SrfLike,
  clock: Clock,
  headers: Readonly<Record<string, string>>,
): Promise<LateOffer> {
  const uuid = randomUUID();
  const { pendingConnections, sip, advertisedAddress, advertisedPort } = server as FsmrfMediaServer & FsmrfInside;
  const pending: PendingConnection = {};
  pendingConnections.set(uuid, pending);
  try {
    const offered = await srf.createUAC(`sip:drachtio@${sip.ipv4.udp.address ?? ""}`, {
      noAck: true,
      headers: {
        ...headers,
        "User-Agent": `drachtio-fsmrf:${uuid}`,
        "X-esl-outbound": `${advertisedAddress}:${advertisedPort}`,
      },
    });
    const forget = (): void => {
      pendingConnections.delete(uuid);
    };
    return {
      offer: encryptedSection(offered.sdp),
      complete: async (answer) => {
        const connected = connectionOf(pending, clock);
        const dialog = await offered.ack(answer);
        const connection = await connected;
        forget();
        if (connection === undefined) {
          await hangUp(srf, dialog);
          return failure("media-unavailable");
        }
        return success(await makeEndpoint(connection, dialog, server));
      },
      abandon: async () => {
        forget();
        await offered.destroy();
      },
    };
  } catch (error) {
    pendingConnections.delete(uuid);
    throw error;
  }
}

/** The session with its RTP/SAVP audio line only; FreeSWITCH adds a plain RTP/AVP line. */
function encryptedSection(sdp: string): string {
  const [session = "", ...media] = sdp.split(/^(?=m=)/m);
  return session + (media.find((section) => /^m=audio \d+ RTP\/SAVP /.test(section)) ?? media.join(""));
}

async function connectionOf(pending: PendingConnection, clock: Clock): Promise<ChannelConnection | undefined> {
  const connected = new Promise<ChannelConnection>((resolve) => {
    if (pending.conn === undefined) pending.fn = resolve;
    else resolve(pending.conn);
  });
  return await within(clock, connectTimeoutMs, connected);
}

/** drachtio-fsmrf's endpoint for a channel's connection. */
export async function makeEndpoint(
  connection: ChannelConnection,
  dialog: SrfDialog,
  server: FsmrfMediaServer,
): Promise<FsmrfEndpoint> {
  const Endpoint = load("drachtio-fsmrf/lib/endpoint.js") as EndpointConstructor;
  const endpoint = new Endpoint(connection, dialog, server, { customEvents: [] });
  await new Promise<void>((resolve) => {
    endpoint.once("ready", resolve);
  });
  return endpoint;
}

async function hangUp(srf: SrfLike, dialog: SrfDialog): Promise<void> {
  await new Promise<void>((resolve) => {
    srf.request("sip:placeholder", { method: "BYE", stackDialogId: dialog.id }, () => {
      resolve();
    });
  });
  srf.removeDialog(dialog);
}
