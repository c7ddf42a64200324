import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import t from "tap";

import { oneTapLink } from "../../src/http/phone-numbers.js";
import { qrCode } from "../../src/http/qr-code.js";
import { missingPrograms } from "../e2e/support/missing-programs.js";
import { seeded } from "../support/seeded.js";
import { decodeQr, rasterise } from "./support/decode-qr.js";

await t.test("a QR reader decodes the link for any number and PIN", (t) => {
  const random = seeded(11);
  for (let round = 0; round < 200; round++) {
    const digits = (least: number, more: number): string =>
      Array.from({ length: least + random.below(more) }, () => random.below(10)).join("");
    const link = oneTapLink(`+${1 + random.below(9)}${digits(6, 9)}`, digits(5, 7));
    const { pixels, width } = rasterise(qrCode(link));
    t.equal(decodeQr(pixels, width, width), link);
  }
  t.end();
});

await t.test("it is small, black on white, with a quiet zone", (t) => {
  const svg = qrCode(oneTapLink("+493023125001", "123456789"));
  t.ok(svg.length < 6_000);
  t.match(svg, /<path fill="#fff" d="M0 0h37v37H0z"\/>/);
  for (const [, left, top] of svg.matchAll(/M(\d+) (\d+)h\d+v1/g)) t.ok(Number(left) >= 4 && Number(top) >= 4);
  t.notMatch(svg, /script|href|style/);
  t.end();
});

await t.test("a second QR reader decodes it too", { skip: missingPrograms("rsvg-convert", "zbarimg") }, (t) => {
  const directory = mkdtempSync(join(tmpdir(), "einwahl-qr-"));
  t.teardown(() => {
    rmSync(directory, { recursive: true });
  });
  const link = oneTapLink("+493023125001", "123456789");
  writeFileSync(join(directory, "code.svg"), qrCode(link));
  spawnSync("rsvg-convert", ["-w", "300", "-o", join(directory, "code.png"), join(directory, "code.svg")]);
  t.equal(
    spawnSync("zbarimg", ["--quiet", "--raw", join(directory, "code.png")])
      .stdout.toString()
      .trim(),
    link,
  );
  t.end();
});
