import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";

import t from "tap";

import type { InputStream } from "../../src/cli/command.js";
import { placesFor } from "../../src/cli/init/run-init.js";
import type { Config } from "../../src/config/config.js";
import { loadConfig } from "../../src/config/load.js";
import { scratchFolder } from "../e2e/support/scratch.js";
import { typed } from "./support/typed.js";

const password = "pass word: #1";
const secret = "bbb{secret}";
const environment = { EINWAHL_TRUNK_PASSWORD: password, EINWAHL_BBB_SECRET: secret };

function configAt(path: string): Config {
  const loaded = loadConfig(path, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.failure));
  return loaded.value;
}

function lines(...answers: readonly string[]): InputStream {
  return Readable.from([answers.map((answer) => `${answer}\n`).join("")]);
}

/** A terminal with typed input; records whether the input was echoed. */
class Keyboard implements InputStream {
  readonly isTTY = true;
  readonly shown: string[] = [];
  readonly unseen: string[] = [];
  readonly #chunks: readonly string[];
  #isRaw = false;

  constructor(...chunks: readonly string[]) {
    this.#chunks = chunks;
  }

  setRawMode(raw: boolean): void {
    this.#isRaw = raw;
  }

  get isRaw(): boolean {
    return this.#isRaw;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (const chunk of this.#chunks) {
      (this.#isRaw ? this.unseen : this.shown).push(chunk);
      yield await Promise.resolve(chunk);
    }
  }
}

await t.test(
  "each provider: answers on standard input produce a configuration with comments and generated secrets",
  async (t) => {
    const registering = ["user-1", password];
    const answers: Readonly<Record<string, readonly string[]>> = {
      easybell: registering,
      "dus.net": registering,
      sipgate: registering,
      "telekom-companyflex": ["551234567890.primary.companyflex.de", ...registering],
      plusnet: ["sip.plusnet.de", ...registering],
      generic: ["none", "192.0.2.0/24, sbc.example.net"],
    };
    for (const [provider, line] of Object.entries(answers)) {
      const folder = await scratchFolder(t, "init");
      const path = join(folder, "new", "einwahl.yaml");
      const outcome = await typed(["config", "init", "--config", path], {
        input: lines(provider, "+49 30 12345678, 0049 (30) 12345679", ...line, "", "bbb.example.org", secret, ""),
      });
      t.equal(outcome.code, 0, outcome.errors);
      const config = configAt(path);
      const [trunk] = config.trunks;
      t.strictSame(config.rooms.store, { kind: "embedded", directory: join(folder, "new", "data") });
      t.match(trunk, {
        provider,
        srtp: "mandatory",
        signalling: "tls",
        numbers: [{ number: "+493012345678", languages: ["de", "en"] }, { number: "+493012345679" }],
      });
      t.equal(trunk.registration?.password.reveal(), provider === "generic" ? undefined : password);
      if (provider === "generic") t.same(trunk.sources, ["192.0.2.0/24", "sbc.example.net"]);
      t.match(config, {
        language: "de",
        bbbServers: [
          {
            name: "bbb",
            apiUrl: "https://bbb.example.org/bigbluebutton/api/",
            sip: { transport: "tls", srtp: "mandatory" },
          },
        ],
      });
      t.equal(config.bbbServers[0].secret.reveal(), secret);
      const chosen = [config.drachtio.secret, config.mediaServers[0].eventSocket.password, config.pseudonymKey].map(
        (each) => each?.reveal() ?? "",
      );
      t.ok(chosen.every((each) => /^[0-9a-f]{64}$/.test(each)) && new Set(chosen).size === 3, "random");
      const yaml = readFileSync(path, "utf8");
      t.match(yaml, /^# .*schema/);
      for (const hidden of [password, secret, ...chosen])
        t.notOk(`${yaml}${outcome.output}${outcome.errors}`.includes(hidden), "secrets are in files of their own");
      for (const written of outcome.output.matchAll(/^wrote {2}(.*)$/gm))
        t.equal(statSync(written[1] ?? "").mode & 0o777, 0o600, "only the owner can read it");
      t.equal(statSync(join(folder, "new", "secrets")).mode & 0o777, 0o700);
      for (const guess of trunk.assumed)
        t.match(yaml, new RegExp(`# ${guess}: `), "settings without a source are listed");
    }
  },
);

await t.test("answers as options; the others have defaults", async (t) => {
  const path = join(await scratchFolder(t, "init"), "einwahl.yaml");
  const options = [
    "--config",
    path,
    "--number",
    "+493012345678",
    "--username",
    "u",
    "--bbb-url",
    "https://198.51.100.7/bigbluebutton/",
    "--public-address",
    "203.0.113.10",
    "--language",
    "en",
    "--yes",
  ];
  t.equal((await typed(["config", "init", ...options], { environment })).code, 0);
  t.match(configAt(path), {
    language: "en",
    trunks: [
      {
        provider: "easybell",
        registration: { username: "u", contact: { host: "203.0.113.10", port: 5_061 } },
        numbers: [{ languages: ["en", "de"] }],
      },
    ],
    mediaServers: [{ publicAddress: "203.0.113.10" }],
    bbbServers: [{ name: "bbb-1", apiUrl: "https://198.51.100.7/bigbluebutton/api/" }],
  });
  const fixed = join(await scratchFolder(t, "init"), "einwahl.yaml");
  t.equal(
    (
      await typed(
        [
          "config",
          "init",
          "--config",
          fixed,
          "--registrar",
          "none",
          "--source",
          "192.0.2.1",
          "--number",
          "+493012345678",
          "--bbb-url",
          "b.example",
          "-y",
        ],
        { environment },
      )
    ).code,
    0,
  );
  t.match(configAt(fixed).trunks, [{ provider: "easybell", registration: undefined, sources: ["192.0.2.1"] }]);
});

await t.test("missing or invalid answers are reported, and nothing is written", async (t) => {
  const folder = await scratchFolder(t, "init");
  const path = join(folder, "einwahl.yaml");
  const complaint = async (args: readonly string[], input?: InputStream): Promise<string> => {
    const { code, errors, output } = await typed(["config", "init", "--config", path, ...args], {
      ...(input === undefined ? {} : { input }),
      environment: {},
    });
    t.equal(code, 64, errors);
    t.equal(output, "");
    return errors.trimEnd();
  };
  t.equal(await complaint(["--yes"]), "einwahl config init: --number is needed");
  t.match(
    await complaint(["--yes", "--provider", "easybel"]),
    /--provider must be one of .*; did you mean easybell\?$/,
  );
  t.match(
    await complaint(["--yes", "--number", "030123456"]),
    /--number is not a phone number in international format: write it/,
  );
  t.equal(
    await complaint(["--yes", "--number", "+493012345678", "--username", "u"]),
    "einwahl config init: EINWAHL_TRUNK_PASSWORD is needed",
  );
  t.match(
    await complaint([], lines("easybell", "+493012345678", "u")),
    /EINWAHL_TRUNK_PASSWORD is needed: its line is missing$/,
  );
  t.match(await complaint([], lines("easybell", "")), /--number is needed: its line is empty$/);
  t.match(
    await complaint([], lines("easybell", "+493012345678", "u", "p", "", "http://b.example")),
    /--bbb-url is not encrypted: /,
  );
  t.match(await complaint(["--embedded"]), /^einwahl config init: unknown option --embedded/);
  t.throws(() => statSync(path), { code: "ENOENT" });
  t.throws(() => statSync(join(folder, "secrets")), { code: "ENOENT" });
});

await t.test("an existing file is kept without --force; existing secrets are always kept", async (t) => {
  const folder = await scratchFolder(t, "init");
  const path = join(folder, "einwahl.yaml");
  writeFileSync(path, "language: en\n", { mode: 0o644 });
  const args = [
    "config",
    "init",
    "--config",
    path,
    "--number",
    "+493012345678",
    "--username",
    "u",
    "--bbb-url",
    "b.example",
    "--yes",
  ];
  const refused = await typed(args, { environment });
  t.equal(refused.code, 1);
  t.match(refused.errors, /already exists.*--force/);
  t.equal(readFileSync(path, "utf8"), "language: en\n");

  t.equal((await typed([...args, "--force"], { environment })).code, 0);
  t.equal(statSync(path).mode & 0o777, 0o600, "only the owner can read it now");
  const before = readFileSync(join(folder, "secrets", "drachtio-secret"), "utf8");
  const again = await typed([...args, "--force"], {
    environment: { ...environment, EINWAHL_TRUNK_PASSWORD: "another" },
  });
  t.match(again.output, /^kept {3}.*drachtio-secret$/m);
  t.equal(readFileSync(join(folder, "secrets", "drachtio-secret"), "utf8"), before);
  t.equal(configAt(path).trunks[0].registration?.password.reveal(), "another");
});

await t.test("on a terminal invalid answers are asked again, and passwords are not echoed", async (t) => {
  const path = join(await scratchFolder(t, "init"), "einwahl.yaml");
  const keyboard = new Keyboard(
    "\n",
    "12\n",
    "+493012345678\n",
    "u\n",
    "pa\u007fas",
    "s\r",
    "\n",
    "b.example\n",
    "s3\r",
    "en\n",
  );
  const { code, errors } = await typed(["config", "init", "--config", path], { input: keyboard, isTerminal: true });
  t.equal(code, 0, errors);
  t.match(errors, /Provider of the trunk \(.*\) \[easybell\]: /);
  t.match(errors, /that is not a phone number/);
  t.same([keyboard.unseen, keyboard.isRaw], [["pa\u007fas", "s\r", "s3\r"], false]);
  t.match(configAt(path), { language: "en" });
  t.equal(configAt(path).trunks[0].registration?.password.reveal(), "pass");

  const broken = new Keyboard("\n", "+493012345678\n", "u\n", "pa\u0003");
  const stopped = await typed(["config", "init", "--config", `${path}.2`], { input: broken, isTerminal: true });
  t.equal(stopped.code, 64);
  t.match(stopped.errors, /stopped$/m);
  t.equal(broken.isRaw, false);
  const stubborn = new Keyboard(...Array.from({ length: 20 }, () => "what\n"));
  t.match(
    (await typed(["config", "init", "--config", `${path}.2`], { input: stubborn, isTerminal: true })).errors,
    /--provider is needed/,
  );
});

t.strictSame(
  [placesFor("/etc/einwahl/einwahl.yaml"), placesFor("config/einwahl.yaml")],
  [
    { store: "/var/lib/einwahl", logFile: "/var/log/einwahl/einwahl.log" },
    { store: "data", logFile: undefined },
  ],
  "for a file in /etc, store and log are in the system's directories",
);
