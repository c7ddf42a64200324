import { Secret } from "../../src/caller/secret.js";
import type { RegistrationConfig, TrunkConfig } from "../../src/config/config.js";

/** A trunk at easybell as in the configuration. */
export const trunkConfig: TrunkConfig & { readonly registration: RegistrationConfig } = {
  name: "easybell",
  provider: "easybell",
  registration: {
    registrar: { host: "secure.sip.easybell.de", port: 5061, transport: "tls", srv: false },
    domain: "secure.sip.easybell.de",
    username: "004930123456",
    authUsername: "004930123456",
    password: Secret.of("secret"),
    realms: ["secure.sip.easybell.de"],
    certificate: { name: "secure.sip.easybell.de", ca: undefined },
    contact: undefined,
    expiresSeconds: 600,
    keepaliveMs: 30_000,
    watchdog: undefined,
  },
  numbers: [{ number: "+4930123456", languages: ["de"], city: undefined }],
  sources: ["secure.sip.easybell.de"],
  channels: undefined,
  country: "DE",
  bareCountryCode: false,
  calledNumberFrom: "to",
  trustsAssertedIdentity: true,
  signalling: "tls",
  srtp: "mandatory",
  assumed: [],
};
