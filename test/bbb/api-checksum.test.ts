import t from "tap";

import { apiChecksum } from "../../src/bbb/api-checksum.js";

await t.test("the test vector of BBB's documentation", (t) => {
  const query = "name=Test+Meeting&meetingID=abc123&attendeePW=111222&moderatorPW=333444";
  t.equal(
    apiChecksum("create", query, "639259d4-9dd8-4b25-bf01-95f9567eaf4b", "sha1"),
    "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17",
  );
  t.end();
});

await t.test("getMeetings without a query, in each algorithm", (t) => {
  // Made with coreutils: printf %s getMeetingssecret | sha1sum, sha256sum, sha384sum, sha512sum
  const vectors = {
    sha1: "867e6596b930651c0cd4dd1912bec902fae56d5a",
    sha256: "433f7e299bfebb264ee4ac11afeaf2e83475b7bbf38ce7913aa675576bc61ea5",
    sha384: "4980473aae693d753ff6bc7ca5abf11d291a9bbf77cf5e2147e4692e37673000eacf2d2d37bf81cf6256153bf22cbbe6",
    sha512:
      "e12a1bc77700eb4ad09dcfcf6b70d5f27a832c007e3c686c52c46a97813caba2b047574c84f2d51c7a2ae426a5f207b04c686db792a109fa033474399a784f47",
  } as const;
  for (const algorithm of ["sha1", "sha256", "sha384", "sha512"] as const)
    t.equal(apiChecksum("getMeetings", "", "secret", algorithm), vectors[algorithm]);
  t.end();
});
