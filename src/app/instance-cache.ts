import { sameSettings } from "../config/same-settings.js";

/** Parts that are made from settings, one each, and stay as they are for as long as their settings do. */
export class KeptParts<Settings, Part> {
  readonly #make: (settings: Settings) => Part;
  #kept: readonly { readonly settings: Settings; readonly part: Part }[] = [];

  constructor(make: (settings: Settings) => Part) {
    this.#make = make;
  }

  /** The parts for these settings, in their order: those that are there already, and new ones. */
  partsFor(all: readonly Settings[]): readonly Part[] {
    const before = this.#kept;
    this.#kept = all.map(
      (settings) =>
        before.find((kept) => sameSettings(kept.settings, settings)) ?? { settings, part: this.#make(settings) },
    );
    return this.#kept.map(({ part }) => part);
  }
}
