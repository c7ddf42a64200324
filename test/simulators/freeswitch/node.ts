import { MediaSession, type SrtpPolicy } from "../../../src/softphone/rtp/media-session.js";
import { type IncomingInvite, type SipDialog, SipUserAgent, type Transport } from "../../../src/softphone/sip/index.js";
import { codecs, type FreeswitchHarness, host } from "./support.js";

type World = Pick<FreeswitchHarness, "pacer" | "certificates">;

/** A call answered by the BBB server. */
export interface NodeCall {
  readonly dialog: SipDialog;
  readonly media: MediaSession;
  /** Display name and user of From. */
  readonly name: string;
  readonly number: string;
  readonly digits: string[];
  readonly infos: string[];
}

type Reaction =
  | {
      readonly kind: "answer";
      readonly srtp: SrtpPolicy;
      readonly telephoneEvent?: boolean;
      readonly ringFirst?: boolean;
    }
  | { readonly kind: "refuse"; readonly status: number; readonly reason?: string }
  | { readonly kind: "ring" };

interface Owner {
  teardown(handler: () => Promise<void>): unknown;
}

/** A BBB server as seen by the media server: a SIP user agent that answers with audio, refuses, or only rings. */
export class Node {
  readonly #world: World;
  readonly #agent: SipUserAgent;
  readonly #owner: Owner;
  readonly invites: IncomingInvite[] = [];
  cancelled = 0;
  #waiters: ((call: NodeCall) => void)[] = [];
  reaction: Reaction = { kind: "answer", srtp: "mandatory" };

  private constructor(world: World, agent: SipUserAgent, owner: Owner) {
    this.#world = world;
    this.#agent = agent;
    this.#owner = owner;
    agent.onInvite = (invite) => {
      this.#take(invite).catch((bug: unknown) => {
        queueMicrotask(() => {
          throw bug;
        });
      });
    };
  }

  static async start(
    t: Owner,
    world: World,
    transport: Transport = "tls",
    certificates = world.certificates,
  ): Promise<Node> {
    const agent = await SipUserAgent.listen({
      listen: [{ transport, address: host, port: 0 }],
      tls: { key: certificates.key, cert: certificates.cert },
      userAgent: "node",
    });
    t.teardown(() => agent.close());
    return new Node(world, agent, t);
  }

  get port(): number {
    return this.#agent.addresses[0]?.port ?? 0;
  }

  /** `sofia/bbb/<number>@<here>` with these variables. */
  dialString(variables: Record<string, string> = {}, number = "04711"): string {
    const all = { rtp_secure_media_outbound: "mandatory", leg_timeout: "6", ...variables };
    const list = Object.entries(all)
      .map(([name, value]) => `${name}=${value}`)
      .join(",");
    return `{${list}}sofia/bbb/${number}@${host}:${this.port};transport=tls`;
  }

  /** Resolves with the next answered call. */
  call(): Promise<NodeCall> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  async #take(invite: IncomingInvite): Promise<void> {
    this.invites.push(invite);
    invite.onCancel = () => {
      this.cancelled += 1;
    };
    const { reaction } = this;
    if (reaction.kind === "refuse") {
      invite.reject(reaction.status, undefined, reaction.reason === undefined ? [] : [["Reason", reaction.reason]]);
      return;
    }
    if (reaction.kind === "ring" || reaction.ringFirst === true) invite.ring();
    if (reaction.kind === "ring") return;
    const media = await MediaSession.open({ address: host, pacer: this.#world.pacer });
    this.#owner.teardown(() => media.close());
    const offer =
      reaction.telephoneEvent === false
        ? invite.request.body.replaceAll(/^a=(rtpmap|fmtp):101.*\r\n/gm, "").replaceAll(/ 101\r\n/g, "\r\n")
        : invite.request.body;
    const answer = media.answer(offer, { codecs: codecs, srtp: reaction.srtp });
    if (!answer.ok) {
      invite.reject(488);
      return;
    }
    const dialog = invite.accept(answer.value);
    const digits: string[] = [];
    const infos: string[] = [];
    media.onDigit = (digit) => digits.push(digit);
    dialog.onInfo = (request) => infos.push(request.body.trim().split(/\s+/)[0] ?? "");
    const call = {
      dialog,
      media,
      digits,
      infos,
      name: invite.request.from.displayName,
      number: /sip:([^@]*)@/.exec(invite.request.from.uri)?.[1] ?? "",
    };
    for (const waiter of this.#waiters.splice(0)) waiter(call);
  }
}
