import { z } from "zod";

import { fields } from "./fields.js";

/** The calls by which einwahl tries itself. */
export const syntheticCall = z
  .strictObject({
    enabled: fields.flag
      .prefault(false)
      .describe(
        "Whether einwahl calls itself from time to time: two telephones, a conference opened by the API of a BBB server and ended afterwards. Nobody's audio is in it, and it is counted as no call.",
      ),
    interval: fields.duration("1m", "24h").prefault("15m").describe("From one such call to the next."),
    jitter: fields
      .duration("0s", "1h")
      .prefault("1m")
      .describe("At most so much is added to it by chance, so that several instances don't call at the same time."),
    trunk: fields.name
      .optional()
      .describe(
        "The trunk, by its name in trunks, over which einwahl calls its first number, so that the provider brings the call back: it shows the whole way, needs two channels outwards and two inwards, and the provider may charge for it. Default: the calls go straight to drachtio.",
      ),
    ca: fields.authorities
      .optional()
      .describe(
        "With trunk: the authorities that its registrar's certificate must come from, in PEM form, as in file:trunk-ca.pem. Default: ca of that trunk.",
      ),
    contact: z
      .strictObject({
        host: fields.host.describe("The address or name of drachtio, as this machine reaches it."),
        port: fields.port.prefault(5061).describe("Its port for TLS."),
      })
      .optional()
      .describe(
        "Where the calls go. Default: the address for TLS that drachtio reports, which behind NAT may be one that this machine can't reach.",
      ),
    servers: z
      .array(fields.name)
      .min(1, { error: "must name at least one BBB server" })
      .optional()
      .describe("The BBB servers whose conferences are called, in turn, by their names in bbb_servers. Default: all."),
  })
  .prefault({})
  .describe("Calls that einwahl places to itself, to find out that calls don't work before somebody else does.");
