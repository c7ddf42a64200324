import type { Admission, Trunks } from "../call/interfaces.js";
import type { InviteFacts } from "../caller/invite.js";
import type { TrunkConfig } from "../config/config.js";
import { sameSettings } from "../config/same-settings.js";
import type { Result } from "../util/result.js";
import { isFromTrunk, TrunkAdmission } from "./admission.js";
import type { ListenAddress } from "./families.js";
import type { Trunk } from "./trunk.js";

/** The active trunks; replaced on a configuration change. */
export class TrunkPool implements Trunks {
  readonly #make: (trunk: TrunkConfig) => Trunk;
  #trunks: readonly Trunk[];
  #admission: TrunkAdmission;
  /** drachtio's listen addresses; `undefined` before the first connection. */
  #addresses: readonly ListenAddress[] | undefined;

  constructor(trunks: readonly TrunkConfig[], make: (trunk: TrunkConfig) => Trunk) {
    this.#make = make;
    this.#trunks = trunks.map(make);
    this.#admission = new TrunkAdmission(this.#trunks);
  }

  /** In configuration order. */
  get all(): readonly Trunk[] {
    return this.#trunks;
  }

  /** Resolves all names now and then periodically until `close`. */
  async open(): Promise<void> {
    await Promise.all(this.#trunks.map((trunk) => trunk.open()));
  }

  admit(invite: InviteFacts): Result<Admission, "unknown-source" | "unknown-number"> {
    return this.#admission.admit(invite);
  }

  /** Call it when drachtio is connected or reconnected. */
  signallingIsUp(addresses: readonly ListenAddress[]): void {
    this.#addresses = addresses;
    for (const trunk of this.#trunks) trunk.signallingIsUp(addresses);
  }

  /** Reports a received request of any method. Returns whether the source belongs to a trunk. */
  heardFrom(source: InviteFacts["source"]): boolean {
    const heard = this.#trunks.filter((trunk) => isFromTrunk(trunk, source));
    for (const trunk of heard) trunk.heard();
    return heard.length > 0;
  }

  /**
   * Applies a new configuration. Unchanged trunks are kept, and calls continue even if their trunk is removed. Resolves
   * when the names of new trunks are resolved and removed trunks have un-registered.
   */
  async replace(configs: readonly TrunkConfig[]): Promise<void> {
    const before = this.#trunks;
    const kept = (wanted: TrunkConfig): Trunk | undefined => before.find(({ config }) => sameSettings(config, wanted));
    const added: Trunk[] = [];
    const after = configs.map((config) => {
      const trunk = kept(config) ?? this.#make(config);
      if (!before.includes(trunk)) added.push(trunk);
      return trunk;
    });
    // The operator may have changed the account at the provider only.
    for (const trunk of after) if (before.includes(trunk)) trunk.retryNow();
    // Resolve names before the first call, or its source would be unknown.
    await Promise.all(added.map((trunk) => trunk.open()));
    this.#trunks = after;
    this.#admission = new TrunkAdmission(after);
    const addresses = this.#addresses;
    const removed = before.filter((trunk) => !after.includes(trunk));
    // Start new trunks first: if one takes over a Contact, no call is lost.
    if (addresses !== undefined) for (const trunk of added) trunk.signallingIsUp(addresses);
    await Promise.all(removed.map((trunk) => trunk.close(added.find(({ name }) => name === trunk.name))));
  }

  /**
   * Stops all trunks, but leaves their registrations to another process with the same Contact.
   *
   * @param left settles when this process has given away its rights to register
   */
  async handOver(left: Promise<void>): Promise<void> {
    await Promise.all(this.#trunks.map((trunk) => trunk.handOver(left)));
  }

  /** Un-registers all trunks and stops DNS lookups. */
  async close(): Promise<void> {
    await Promise.all(this.#trunks.map((trunk) => trunk.close()));
  }
}
