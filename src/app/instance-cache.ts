import { sameSettings } from "../config/same-settings.js";

/** Instances by their settings; an instance is kept as long as its settings do not change. */
export class InstanceCache<Settings, Part> {
  readonly #make: (settings: Settings) => Part;
  #kept: readonly { readonly settings: Settings; readonly part: Part }[] = [];

  constructor(make: (settings: Settings) => Part) {
    this.#make = make;
  }

  /** The instances for these settings, in the same order: existing ones, and new ones where needed. */
  instancesFor(all: readonly Settings[]): readonly Part[] {
    const before = this.#kept;
    this.#kept = all.map(
      (settings) =>
        before.find((kept) => sameSettings(kept.settings, settings)) ?? { settings, part: this.#make(settings) },
    );
    return this.#kept.map(({ part }) => part);
  }
}
