import type { Admission, Trunks } from "../call/interfaces.js";
import type { InviteFacts } from "../caller/invite.js";
import type { TrunkConfig } from "../config/config.js";
import { sameSettings } from "../config/same-settings.js";
import type { Result } from "../util/result.js";
import type { Line } from "./line.js";
import type { ListenAddress } from "./listen-address.js";
import { takesFrom, TrunkAdmission } from "./trunks.js";

/** The trunks at work, which change with the configuration. */
export class Lines implements Trunks {
  readonly #make: (trunk: TrunkConfig) => Line;
  #lines: readonly Line[];
  #admission: TrunkAdmission;
  /** Where drachtio listens, once it is connected. */
  #addresses: readonly ListenAddress[] | undefined;

  constructor(trunks: readonly TrunkConfig[], make: (trunk: TrunkConfig) => Line) {
    this.#make = make;
    this.#lines = trunks.map(make);
    this.#admission = new TrunkAdmission(this.#lines);
  }

  /** In the order of the configuration. */
  get all(): readonly Line[] {
    return this.#lines;
  }

  /** Resolves all names once; they are followed until `close`. */
  async open(): Promise<void> {
    await Promise.all(this.#lines.map((line) => line.open()));
  }

  admit(invite: InviteFacts): Result<Admission, "unknown-source" | "unknown-number"> {
    return this.#admission.admit(invite);
  }

  /** drachtio is connected, for the first time or again. */
  signallingIsUp(addresses: readonly ListenAddress[]): void {
    this.#addresses = addresses;
    for (const line of this.#lines) line.signallingIsUp(addresses);
  }

  /** A request has come in from this source, of whatever kind. Returns whether a trunk takes requests from there. */
  heardFrom(source: InviteFacts["source"]): boolean {
    const heard = this.#lines.filter((line) => takesFrom(line, source));
    for (const line of heard) line.heard();
    return heard.length > 0;
  }

  /**
   * Goes over to another configuration: what has not changed is left alone, and calls that are up go on, whatever
   * becomes of their trunk. Settles when the names of new trunks are resolved and old ones have un-registered.
   */
  async replace(trunks: readonly TrunkConfig[]): Promise<void> {
    const before = this.#lines;
    const kept = (trunk: TrunkConfig): Line | undefined => before.find(({ config }) => sameSettings(config, trunk));
    const added: Line[] = [];
    const lines = trunks.map((trunk) => {
      const line = kept(trunk) ?? this.#make(trunk);
      if (!before.includes(line)) added.push(line);
      return line;
    });
    // The operator may have changed the account at the provider, and not the file.
    for (const line of lines) if (before.includes(line)) line.retryNow();
    // Before they are asked for the first call, or its source might not be known yet.
    await Promise.all(added.map((line) => line.open()));
    this.#lines = lines;
    this.#admission = new TrunkAdmission(lines);
    const addresses = this.#addresses;
    const removed = before.filter((line) => !lines.includes(line));
    // First the new ones: where they take over a Contact, no call goes astray.
    if (addresses !== undefined) for (const line of added) line.signallingIsUp(addresses);
    await Promise.all(removed.map((line) => line.close(added.find(({ name }) => name === line.name))));
  }

  /** Un-registers, and stops following names. */
  async close(): Promise<void> {
    await Promise.all(this.#lines.map((line) => line.close()));
  }
}
