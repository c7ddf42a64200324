/** Sends out-of-dialog requests; implemented in `src/sip/`. */
export interface SipRequests {
  send(
    method: "REGISTER" | "OPTIONS",
    uri: string,
    options: { readonly nextHop: string; readonly headers: Readonly<Record<string, string>> },
  ): Promise<SipRequestOutcome>;
}

export type SipRequestOutcome =
  | { readonly kind: "answered"; readonly response: SipFinalResponse }
  | { readonly kind: "not-sent"; readonly why: string };

export interface SipFinalResponse {
  readonly status: number;
  readonly reason: string;
  header(name: string): string | undefined;
}
