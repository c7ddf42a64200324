import type { CallerHasher } from "../caller/caller-hasher.js";
import type { KnownCaller } from "../caller/known-caller.js";
import { labelFor, type LabelSettings, livekitNameFor } from "../caller/label.js";
import type { Language } from "../caller/language.js";
import type { AudioBridge, Conference, IdentityClaims } from "./interfaces.js";

/** What a conference gets to know of the caller. */
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
}

interface Claim {
  readonly identity: string;
  readonly claimed: number | undefined;
  readonly letters: string;
}

/**
 * As whom one call enters its conferences. For LiveKit, which makes name and identity of the From user, that ends in the
 * four characters of the name, and no two calls at a time have the same one in a meeting. A call keeps it when it comes back.
 */
export class Appearances {
  readonly #options: AppearancesOptions;
  /** By the meeting's id; a promise, as a call enters one conference at a time and claims once. */
  readonly #claims = new Map<string, Claim>();

  constructor(options: AppearancesOptions) {
    this.#options = options;
  }

  async in(conference: Conference, audio: AudioBridge, language: Language): Promise<Appearance> {
    const { caller, label, hasher } = this.#options;
    const shown = labelFor(caller, label, language);
    if (audio === "freeswitch") return { label: shown, pseudonym: hasher.pseudonymIn(conference, caller) };
    const { letters } = await this.#claimIn(conference);
    const name = livekitNameFor(caller, label, language);
    return { label: name, pseudonym: `${letters}${name}` };
  }

  /** Gives back all that was claimed. */
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
    // Callers without a number have another pseudonym in each call anyway.
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
