/** `open`: no instance has the right as far as is known. */
export type RightState =
  { readonly kind: "held" } | { readonly kind: "elsewhere"; readonly instance: string } | { readonly kind: "open" };

/**
 * Who else receives the calls: `same-contact`: another instance registers, or will, with this instance's Contact;
 * `other-contact`: another one is registered with its own; `none`: no other one is.
 */
export type Succession = "same-contact" | "other-contact" | "none";

/** The right to keep a trunk registered, which one of several instances has at a time. */
export interface RegistrationRight {
  readonly state: RightState;
  /** @returns a function that removes the listener */
  onChange(listener: () => void): () => void;
  /**
   * Resolves as soon as this instance's registration is no longer needed, at the latest after some seconds.
   *
   * @param contacts the addresses of this instance's Contact, `host:port`
   */
  succession(contacts: readonly string[]): Promise<Succession>;
}

/** The right of a single instance. */
export const soleRight: RegistrationRight = {
  state: { kind: "held" },
  onChange: () => () => undefined,
  succession: () => Promise.resolve("none"),
};
