import { X509Certificate } from "node:crypto";

import t from "tap";

import { type CertificateDemands, judgeCertificate } from "../../src/check/certificate.js";
import { type CertificateOptions, makeCertificates } from "../../src/simulators/certificates.js";

const dayMs = 86_400_000;
const demands: CertificateDemands = {
  path: "here",
  name: "bbb.example.org",
  comparedBy: "freeswitch",
  distrusted: { severity: "error", cure: "trust it" },
  renewal: "renew it",
};

async function certificate(options: CertificateOptions): Promise<X509Certificate> {
  return new X509Certificate((await makeCertificates(options)).cert);
}

await t.test("validity: a warning two weeks before the end, an error after it", async (t) => {
  const good = await certificate({ names: ["bbb.example.org"], toDays: 60 });
  const at = (days: number): ReturnType<typeof judgeCertificate> =>
    judgeCertificate({ certificate: good, distrust: undefined }, demands, Date.now() + days * dayMs);
  t.match(at(0), [{ severity: "ok", message: /valid until/, cure: "" }]);
  t.match(at(45.9), [{ severity: "ok" }], "no warning until 14 days before its end");
  t.match(at(46.5), [{ severity: "warning", message: /expires in 13 days/, cure: "renew it" }]);
  t.match(at(59.5), [{ severity: "warning", message: /expires in 0 days/ }]);
  t.match(at(60.5), [{ severity: "error", message: /expired on/, cure: "renew it" }]);
  t.match(at(-1), [{ severity: "error", message: /not valid before/ }]);
});

await t.test("names are compared as by FreeSWITCH or as by browsers", async (t) => {
  const certificates = {
    exact: await certificate({ names: ["other.example.org", "BBB.example.org"] }),
    wildcard: await certificate({ names: ["*.example.org"] }),
    other: await certificate({ names: ["a.example", "b.example", "c.example", "d.example", "e.example"] }),
    address: await certificate({}),
    onlyAddress: await certificate({ addresses: ["127.0.0.1"], toDays: 1 }),
  };
  const named = (
    which: keyof typeof certificates,
    name: string | undefined,
    comparedBy: "freeswitch" | "web",
  ): ReturnType<typeof judgeCertificate> =>
    judgeCertificate(
      { certificate: certificates[which], distrust: undefined },
      { ...demands, name, comparedBy },
      Date.now() - (which === "onlyAddress" ? 0 : 1),
    ).filter(({ message }) => !/expires in/.test(message));
  const match = [{ severity: "ok" }];
  t.match(named("exact", "bbb.example.org", "freeswitch"), match);
  t.match(named("exact", "bbb.example.org", "web"), match);
  t.match(named("wildcard", "bbb.example.org", "web"), match);
  t.match(named("wildcard", "bbb.example.org", "freeswitch"), [
    {
      severity: "error",
      message: /by a wildcard, and FreeSWITCH ignores wildcards/,
      cure: /EINWAHL_FS_TLS_VERIFY_POLICY=out/,
    },
  ]);
  t.match(named("other", "bbb.example.org", "freeswitch"), [
    {
      severity: "error",
      message: /for a\.example, b\.example, c\.example, d\.example and others, not for bbb\.example\.org/,
    },
  ]);
  t.match(named("other", "bbb.example.org", "web"), [{ severity: "error", message: /not for bbb\.example\.org/ }]);
  t.match(named("other", undefined, "web"), match, "without a comparison");
  t.match(named("address", "127.0.0.1", "freeswitch"), match, "as URI:sip:127.0.0.1");
  t.strictSame(named("onlyAddress", "127.0.0.1", "web"), [], "valid for one day only");
  t.match(named("onlyAddress", "127.0.0.1", "freeswitch"), [
    { severity: "error", message: /as an address, and FreeSWITCH compares names/ },
  ]);
});

await t.test("the issuing authority; all faults are reported at once", async (t) => {
  const good = await certificate({ names: ["bbb.example.org"] });
  const distrusted = (distrust: string): ReturnType<typeof judgeCertificate> =>
    judgeCertificate({ certificate: good, distrust }, demands, Date.now());
  t.match(distrusted("DEPTH_ZERO_SELF_SIGNED_CERT"), [{ severity: "error", message: /self-signed/, cure: "trust it" }]);
  t.match(distrusted("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), [{ severity: "error", message: /intermediate certificate/ }]);
  t.match(distrusted("CERT_REVOKED"), [{ severity: "error", message: /not trusted \(CERT_REVOKED\)/ }]);
  t.match(
    distrusted("CERT_HAS_EXPIRED"),
    [{ severity: "error", message: /CERT_HAS_EXPIRED/ }],
    "not this certificate, but one above it",
  );
  const old = await certificate({ names: ["a.example"], fromDays: -9, toDays: -1 });
  const faults = judgeCertificate({ certificate: old, distrust: "CERT_HAS_EXPIRED" }, demands, Date.now());
  t.match(
    faults.map(({ message }) => message),
    [/expired on/, /not for bbb/],
  );
  t.equal(faults.length, 2);
});
