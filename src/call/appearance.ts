import type { CallerHasher } from "../caller/caller-hasher.js";
import type { KnownCaller } from "../caller/known-caller.js";
import { labelFor, type LabelSettings, livekitNameFor } from "../caller/label.js";
import type { Language } from "../caller/language.js";
import type { AudioBridge, Conference, IdentityClaims } from "./interfaces.js";

/** The caller's identity in a conference. */
export interface Appearance {
  readonly label: string;
  /** The From user. */
  readonly pseudonym: string;
}

export interface AppearancesOptions {
  readonly caller: KnownCaller;
  readonly label: LabelSettings;
  readonly hasher: Pick<CallerHasher, "pseudonymIn">;
  readonly claims: IdentityClaims;
  /** The identities of a call that another process has begun. */
  readonly known?: readonly KnownIdentity[];
}

/** A call's identity in one meeting, for another process that continues it. */
export interface KnownIdentity {
  readonly meetingId: string;
  readonly identity: string;
  readonly claimed?: number | undefined;
  readonly letters: string;
}

interface Claim {
  readonly identity: string;
  readonly claimed: number | undefined;
  readonly letters: string;
}

/**
 * The identities of one call in its conferences. LiveKit derives name and identity from the From user, so there it ends in
 * the four characters of the name and is unique among the concurrent calls of a meeting. A re-join keeps the identity.
 */
export class Appearances {
  readonly #options: AppearancesOptions;
  /** By meeting id. A call joins one conference at a time, so claims don't race. */
  readonly #claims = new Map<string, Claim>();

  constructor(options: AppearancesOptions) {
    this.#options = options;
    for (const { meetingId, identity, claimed, letters } of options.known ?? [])
      this.#claims.set(meetingId, { identity, claimed, letters });
  }

  get known(): readonly KnownIdentity[] {
    return [...this.#claims].map(([meetingId, claim]) => ({ meetingId, ...claim }));
  }

  async in(conference: Conference, audio: AudioBridge, language: Language): Promise<Appearance> {
    const { caller, label, hasher } = this.#options;
    const shown = labelFor(caller, label, language);
    if (audio === "freeswitch") return { label: shown, pseudonym: hasher.pseudonymIn(conference, caller) };
    const { letters } = await this.#claimIn(conference);
    const name = livekitNameFor(caller, label, language);
    return { label: name, pseudonym: `${letters}${name}` };
  }

  /** Releases all claims. */
  async release(): Promise<void> {
    const claims = [...this.#claims.values()];
    this.#claims.clear();
    await Promise.all(
      claims.map(async ({ identity, claimed }) => {
        if (claimed !== undefined) await this.#options.claims.release(identity, claimed);
      }),
    );
  }

  async #claimIn(conference: Conference): Promise<Claim> {
    const known = this.#claims.get(conference.meetingId);
    if (known !== undefined) return known;
    const { caller, hasher, claims } = this.#options;
    const { meetingId, createdAt } = conference;
    const identity = hasher.pseudonymIn(conference, caller);
    // Callers without a number get a random pseudonym per call: no claim needed.
    const claimed = caller.kind === "number" ? await claims.claim(identity) : undefined;
    const letters =
      claimed === 0 || caller.kind !== "number"
        ? identity
        : hasher.pseudonymIn(
            { meetingId: `${meetingId} ${claimed ?? "none"}`, createdAt },
            claimed === undefined ? { kind: "unreadable" } : caller,
          );
    const claim = { identity, claimed, letters };
    this.#claims.set(meetingId, claim);
    return claim;
  }
}
