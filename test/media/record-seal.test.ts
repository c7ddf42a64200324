import t from "tap";

import { openRecord, sealRecord } from "../../src/media/record-seal.js";

await t.test("a record opens with the password of its media server only", (t) => {
  const sealed = sealRecord('{"pin":"54321"}', "one");
  t.match(sealed, /^[\w-]+$/, "a channel variable takes it as it is");
  t.notOk(Buffer.from(sealed, "base64url").includes("54321"));
  t.strictSame(openRecord(sealed, "one"), { ok: true, value: '{"pin":"54321"}' });
  t.strictSame(openRecord(sealed, "other"), { ok: false, failure: "not-ours" });
  t.not(sealRecord("same", "one"), sealRecord("same", "one"), "equal records look different");
  t.end();
});

await t.test("what is no record, or was changed, does not open", (t) => {
  const sealed = sealRecord("text", "one");
  const changed = `${sealed.slice(0, -2)}${sealed.endsWith("AA") ? "BB" : "AA"}`;
  for (const wrong of ["", "x", "_undef_", sealed.slice(0, 20), changed])
    t.strictSame(openRecord(wrong, "one"), { ok: false, failure: "not-ours" }, JSON.stringify(wrong.slice(0, 8)));
  t.end();
});
