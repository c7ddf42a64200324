import type { Test } from "tap";

import { MediaSession } from "../../src/softphone/rtp/media-session.js";
import { Pacer } from "../../src/softphone/rtp/pacer.js";
import { type IncomingInvite, type SipDialog, SipUserAgent, type Transport } from "../../src/softphone/sip/index.js";
import { Speaker } from "../../src/softphone/speaker.js";

export interface Taken {
  readonly invite: IncomingInvite;
  readonly dialog: SipDialog;
  readonly media: MediaSession;
  readonly speaker: Speaker;
}

export interface Peer {
  readonly uri: string;
  readonly agent: SipUserAgent;
  /** Resolves with the next INVITE. */
  readonly invite: () => Promise<IncomingInvite>;
  /** Answers the next INVITE and sends test audio. */
  readonly take: (options?: { rewrite?: (sdp: string) => string }) => Promise<Taken>;
}

/** The peer: only the SIP stack and a media session. */
export async function peer(t: Test, transport: Transport = "udp"): Promise<Peer> {
  const agent = await SipUserAgent.listen({
    listen: [{ transport, address: "127.0.0.1", port: 0 }],
    userAgent: "peer",
  });
  const arrived: IncomingInvite[] = [];
  const waiting: ((invite: IncomingInvite) => void)[] = [];
  agent.onInvite = (invite) => {
    const next = waiting.shift();
    if (next === undefined) arrived.push(invite);
    else next(invite);
  };
  t.teardown(() => agent.close());
  const invite = (): Promise<IncomingInvite> => {
    const first = arrived.shift();
    return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first);
  };
  return {
    agent,
    uri: `sip:+4930123@127.0.0.1:${agent.addresses[0]?.port ?? 0};transport=${transport}`,
    invite,
    take: async ({ rewrite = (sdp: string): string => sdp } = {}) => {
      const incoming = await invite();
      const media = await MediaSession.open({ address: "127.0.0.1" });
      const speaker = new Speaker(new Pacer(), (pcm) => {
        media.send(pcm);
      });
      t.teardown(async () => {
        speaker.close();
        await media.close();
      });
      const answer = media.answer(incoming.request.body, { codecs: ["PCMA", "PCMU"], srtp: "optional" });
      if (!answer.ok) throw new Error(answer.failure.detail);
      const dialog = incoming.accept(rewrite(answer.value));
      speaker.start();
      return { invite: incoming, dialog, media, speaker };
    },
  };
}
