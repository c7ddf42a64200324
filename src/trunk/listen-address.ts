/** An address on which drachtio listens. */
export interface ListenAddress {
  readonly transport: "udp" | "tcp" | "tls";
  readonly host: string;
  readonly port: number;
}
