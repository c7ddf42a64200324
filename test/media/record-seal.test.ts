import { createCipheriv, createHash, randomBytes } from "node:crypto";

import t from "tap";

import { openLatest, openRecord, sealRecord } from "../../src/media/record-seal.js";

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

await t.test("a record is compressed: FreeSWITCH reads commands byte by byte", (t) => {
  const repeated = `{"version":1,"story":{"stages":[${'{"stage":"asking","ms":1234},'.repeat(40)}]}}`;
  const sealed = sealRecord(repeated, "one");
  t.ok(sealed.length < repeated.length / 4, `${sealed.length} of ${repeated.length} characters`);
  t.strictSame(openRecord(sealed, "one"), { ok: true, value: repeated });
  t.end();
});

await t.test("a record of a version before the compression opens", (t) => {
  const key = createHash("sha256").update("einwahl call record one").digest();
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  const text = Buffer.concat([cipher.update('{"version":1}', "utf8"), cipher.final()]);
  const sealed = Buffer.concat([iv, cipher.getAuthTag(), text]).toString("base64url");
  t.strictSame(openRecord(sealed, "one"), { ok: true, value: '{"version":1}' });
  t.end();
});

await t.test("a change opens with its record only, and a later record outdates it", (t) => {
  const text = (step: string): string => `{"line":{"dialogId":"${"0f1e2d3c".repeat(30)}"},"step":{"kind":"${step}"}}`;
  const sealed = sealRecord(text("join"), "one");
  const change = sealRecord(text("talk"), "one", { text: text("join"), sealed });
  t.ok(change.length < sealed.length, `${change.length} of ${sealed.length} characters`);
  t.strictSame(openLatest(sealed, change, "one"), { ok: true, value: text("talk") });
  t.strictSame(openLatest(sealed, undefined, "one"), { ok: true, value: text("join") }, "nothing has changed");
  const later = sealRecord(text("wait"), "one");
  t.strictSame(openLatest(later, change, "one"), { ok: true, value: text("wait") }, "a change of an earlier record");
  t.strictSame(openLatest(sealed, change, "other"), { ok: false, failure: "not-ours" });
  t.strictSame(openRecord(change, "one"), { ok: false, failure: "not-ours" }, "a change is no record");
  t.end();
});
