import type { KnownPrompt } from "../../softphone/prompt-library.js";
import type { DialOptions, TestPhoneOptions } from "../../softphone/test-phone.js";

/** The route of the calls to the running installation. */
export interface CallRoute {
  readonly phone: TestPhoneOptions;
  /** To a number of a trunk, over TLS, with SRTP. */
  readonly dial: DialOptions;
  readonly host: string;
  readonly port: number;
  /** The same host's port for SIP without TLS; `undefined`: not tested. */
  readonly plainPort: number | undefined;
  /** The expected recordings, in the first language of the number. */
  readonly prompts: readonly KnownPrompt[];
  readonly language: string;
}

/** The Request-URI of the same call to another number. */
export function uriTowards({ uri }: DialOptions, user: string): string {
  return uri.replace(/^(sips?:)[^@]*@/, `$1${user}@`);
}
