import type { DialogEntries } from "./dialog-entries.js";
import type { DialogSeal } from "./dialog-seal.js";

/** A dialog at drachtio with a caller. */
export interface KeptDialog {
  /** drachtio's id. */
  readonly dialogId: string;
  /** The instance of einwahl that has the call, or had it when it ended. */
  readonly instance: string;
}

export interface DialogBookOptions {
  /** `undefined`: no store; nothing is kept. */
  readonly entries: () => DialogEntries | undefined;
  readonly seal: DialogSeal;
  /** This instance: letters, digits and hyphens. */
  readonly instance: string;
}

/** An instance, and the encrypted id. */
const entryForm = /^([\w-]{1,100}):([\w-]{1,5000})$/;

/**
 * The dialogs that drachtio has with callers, kept across a crash: a later instance ends those whose channel at the media
 * server has gone as well, and whose callers would hear silence.
 */
export class DialogBook {
  readonly #options: DialogBookOptions;

  constructor(options: DialogBookOptions) {
    this.#options = options;
  }

  /** This instance. */
  get instance(): string {
    return this.#options.instance;
  }

  /** Whether the entries of other instances are in it, which may have other drachtios. */
  get sharing(): DialogEntries["sharing"] {
    return this.#options.entries()?.sharing ?? "one-instance";
  }

  /** A call was answered or taken over. */
  async add(dialogId: string): Promise<void> {
    const entry = this.#entryOf({ dialogId, instance: this.instance });
    if (entry !== undefined) await this.#options.entries()?.add(entry);
  }

  /** A call has ended. @param instance whose call it was */
  async remove(dialogId: string, instance = this.instance): Promise<void> {
    const entry = this.#entryOf({ dialogId, instance });
    if (entry !== undefined) await this.#options.entries()?.remove(entry);
  }

  /** The latest first. Entries of another secret are left out. */
  async all(): Promise<readonly KeptDialog[]> {
    const entries = (await this.#options.entries()?.all()) ?? [];
    return entries.flatMap((entry) => {
      const [, instance = "", sealed = ""] = entryForm.exec(entry) ?? [];
      const dialogId = this.#options.seal.open(sealed);
      return dialogId === undefined ? [] : [{ dialogId, instance }];
    });
  }

  #entryOf({ dialogId, instance }: KeptDialog): string | undefined {
    const sealed = this.#options.seal.seal(dialogId);
    return sealed === undefined ? undefined : `${instance}:${sealed}`;
  }
}
