import type { KnownPrompt } from "../../softphone/prompt-library.js";
import type { DialOptions, TestPhoneOptions } from "../../softphone/test-phone.js";

/** How the calls reach the running installation. */
export interface CallRoute {
  readonly phone: TestPhoneOptions;
  /** To a number of a trunk, over TLS, with SRTP. */
  readonly dial: DialOptions;
  readonly host: string;
  readonly port: number;
  /** The same host, where SIP goes without TLS; `undefined`: that is not tried. */
  readonly plainPort: number | undefined;
  /** The recordings that are heard; their language is the first of the number's. */
  readonly prompts: readonly KnownPrompt[];
  readonly language: string;
}

/** The Request-URI of the same call to another number. */
export function uriTowards({ uri }: DialOptions, user: string): string {
  return uri.replace(/^(sips?:)[^@]*@/, `$1${user}@`);
}
