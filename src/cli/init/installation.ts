import type { Language } from "../../caller/language.js";
import type { Provider } from "../../config/config.js";

/** The facts of an installation that only the operator knows. */
export interface Installation {
  readonly language: Language;
  readonly provider: Provider;
  /** E.164 with +. */
  readonly numbers: readonly string[];
  readonly line: RegisteringLine | FixedLine;
  /** The public address behind NAT; `undefined`: no NAT. */
  readonly publicAddress: string | undefined;
  readonly bbb: { readonly name: string; readonly apiUrl: string; readonly secret: string };
}

export interface RegisteringLine {
  readonly kind: "registers";
  /** `undefined`: the provider's preset. */
  readonly registrar: string | undefined;
  readonly username: string;
  readonly password: string;
}

export interface FixedLine {
  readonly kind: "fixed";
  readonly sources: readonly string[];
}
