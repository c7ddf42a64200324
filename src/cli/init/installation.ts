import type { Language } from "../../caller/language.js";
import type { Provider } from "../../config/config.js";

/** What nobody but the operator knows of an installation. */
export interface Installation {
  readonly language: Language;
  readonly provider: Provider;
  /** E.164 with +. */
  readonly numbers: readonly string[];
  readonly line: RegisteringLine | FixedLine;
  /** How the world sees this host; `undefined`: as it is, without NAT. */
  readonly publicAddress: string | undefined;
  readonly bbb: { readonly name: string; readonly apiUrl: string; readonly secret: string };
}

export interface RegisteringLine {
  readonly kind: "registers";
  /** `undefined`: the provider's, which is known. */
  readonly registrar: string | undefined;
  readonly username: string;
  readonly password: string;
}

export interface FixedLine {
  readonly kind: "fixed";
  readonly sources: readonly string[];
}
