import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import t from "tap";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const documents = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"],
  ...readdirSync(join(repository, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];
/** Files that operators create, and files of other programs. */
const elsewhere = new Set([
  "config/einwahl.yaml",
  "config/secrets/easybell-password",
  "config/secrets/grafana-password",
  "config/tls/key.pem",
  // Greenlight, Scalelite, PILOS
  "config/initializers/einwahl.rb",
  "docs/configuration-README.md",
  "config/services.php",
]);

await t.test("every path of the repository that a document names exists", (t) => {
  let count = 0;
  for (const document of documents) {
    const text = readFileSync(join(repository, document), "utf8");
    for (const [, path = ""] of text.matchAll(/`((?:src|test|config|freeswitch|docs|examples)\/[\w./-]*)`/g)) {
      count += 1;
      if (!elsewhere.has(path)) t.ok(existsSync(join(repository, path)), `${document}: ${path}`);
    }
  }
  t.ok(count > 100, `${count} paths`);
  t.end();
});
