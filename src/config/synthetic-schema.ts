import { z } from "zod";

import { fields } from "./fields.js";

/** Synthetic calls. */
export const syntheticCall = z
  .strictObject({
    enabled: fields.flag
      .prefault(false)
      .describe(
        "Whether einwahl places synthetic calls: two test phones call a meeting that einwahl creates and ends through the API of a BBB server. No caller's audio is involved, and statistics do not count these calls.",
      ),
    interval: fields.duration("1m", "24h").prefault("15m").describe("The interval between two synthetic calls."),
    jitter: fields
      .duration("0s", "1h")
      .prefault("1m")
      .describe("The maximum random addition to the interval, so that several instances don't call at the same time."),
    trunk: fields.name
      .optional()
      .describe(
        "The name of a trunk in trunks. einwahl calls the trunk's first number over it, and the provider routes the call back: this tests the whole path, takes two outgoing and two incoming channels, and may incur charges. Default: the calls go directly to drachtio.",
      ),
    ca: fields.authorities
      .optional()
      .describe(
        "With trunk: the trusted CAs of the registrar's certificate, in PEM form, such as file:trunk-ca.pem. Default: ca of that trunk.",
      ),
    contact: z
      .strictObject({
        host: fields.host.describe("The address or name under which this machine reaches drachtio."),
        port: fields.port.prefault(5061).describe("drachtio's TLS port."),
      })
      .optional()
      .describe(
        "The destination of the calls. Default: the TLS address that drachtio reports; behind NAT this machine may be unable to reach it.",
      ),
    servers: z
      .array(fields.name)
      .min(1, { error: "must name at least one BBB server" })
      .optional()
      .describe("The names of the BBB servers to call in turn, from bbb_servers. Default: all."),
  })
  .prefault({})
  .describe("Synthetic calls: einwahl calls itself, to detect faults before callers do.");
