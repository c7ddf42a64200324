import type { Admission, Trunks } from "../call/interfaces.js";
import type { InviteFacts } from "../caller/invite.js";
import type { TrunkConfig } from "../config/config.js";
import { sameSettings } from "../config/same-settings.js";
import type { Result } from "../util/result.js";
import { isFromTrunk, TrunkAdmission } from "./admission.js";
import type { ListenAddress } from "./listen-address.js";
import type { Trunk } from "./trunk.js";

/** The trunks at work, which change with the configuration. */
export class TrunkPool implements Trunks {
  readonly #make: (trunk: TrunkConfig) => Trunk;
  #trunks: readonly Trunk[];
  #admission: TrunkAdmission;
  /** Where drachtio listens, once it is connected. */
  #addresses: readonly ListenAddress[] | undefined;

  constructor(trunks: readonly TrunkConfig[], make: (trunk: TrunkConfig) => Trunk) {
    this.#make = make;
    this.#trunks = trunks.map(make);
    this.#admission = new TrunkAdmission(this.#trunks);
  }

  /** In the order of the configuration. */
  get all(): readonly Trunk[] {
    return this.#trunks;
  }

  /** Resolves all names once; they are followed until `close`. */
  async open(): Promise<void> {
    await Promise.all(this.#trunks.map((trunk) => trunk.open()));
  }

  admit(invite: InviteFacts): Result<Admission, "unknown-source" | "unknown-number"> {
    return this.#admission.admit(invite);
  }

  /** drachtio is connected, for the first time or again. */
  signallingIsUp(addresses: readonly ListenAddress[]): void {
    this.#addresses = addresses;
    for (const trunk of this.#trunks) trunk.signallingIsUp(addresses);
  }

  /** A request has come in from this source, of whatever kind. Returns whether a trunk takes requests from there. */
  heardFrom(source: InviteFacts["source"]): boolean {
    const heard = this.#trunks.filter((trunk) => isFromTrunk(trunk, source));
    for (const trunk of heard) trunk.heard();
    return heard.length > 0;
  }

  /**
   * Goes over to another configuration: what has not changed is left alone, and calls that are up go on, whatever
   * becomes of their trunk. Settles when the names of new trunks are resolved and old ones have un-registered.
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
    // The operator may have changed the account at the provider, and not the file.
    for (const trunk of after) if (before.includes(trunk)) trunk.retryNow();
    // Before they are asked for the first call, or its source might not be known yet.
    await Promise.all(added.map((trunk) => trunk.open()));
    this.#trunks = after;
    this.#admission = new TrunkAdmission(after);
    const addresses = this.#addresses;
    const removed = before.filter((trunk) => !after.includes(trunk));
    // First the new ones: where they take over a Contact, no call goes astray.
    if (addresses !== undefined) for (const trunk of added) trunk.signallingIsUp(addresses);
    await Promise.all(removed.map((trunk) => trunk.close(added.find(({ name }) => name === trunk.name))));
  }

  /** Un-registers, and stops following names. */
  async close(): Promise<void> {
    await Promise.all(this.#trunks.map((trunk) => trunk.close()));
  }
}
