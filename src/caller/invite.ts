/** Source, dialled number and caller of an INVITE. Header values as received. */
export interface InviteFacts {
  readonly source: {
    readonly address: string;
    readonly port: number;
    readonly transport: "udp" | "tcp" | "tls";
  };
  readonly requestUri: string;
  readonly to: string;
  /** P-Called-Party-ID (RFC 7315 section 4.2), "" when absent. */
  readonly calledParty: string;
  /** The values of Diversion (RFC 5806) and History-Info (RFC 7044), "" when absent. */
  readonly diversion: string;
  readonly historyInfo: string;
  readonly from: string;
  /** Privacy (RFC 3323), "" when absent. */
  readonly privacy: string;
  /** The values of P-Asserted-Identity (RFC 3325). */
  readonly assertedIdentities: readonly string[];
  /** The values of Remote-Party-ID (draft-ietf-sip-privacy-04). */
  readonly remoteParties: readonly string[];
}

/** Header values of the INVITE, as received. */
export interface CallerHeaders {
  readonly from: string;
  /** Privacy (RFC 3323); "" or absent when there is none. */
  readonly privacy?: string;
  /** P-Asserted-Identity (RFC 3325), one entry for each header; each may hold several values. */
  readonly assertedIdentities: readonly string[];
  /** Remote-Party-ID (draft-ietf-sip-privacy-04), one entry for each header; read for privacy, never for a number. */
  readonly remoteParties?: readonly string[];
}

/** The facts of an INVITE without the parties, after admission. */
export function withoutParties({ source }: InviteFacts): InviteFacts {
  return {
    source,
    requestUri: "",
    to: "",
    calledParty: "",
    diversion: "",
    historyInfo: "",
    from: "",
    privacy: "",
    assertedIdentities: [],
    remoteParties: [],
  };
}
