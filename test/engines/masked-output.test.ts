import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";

import t from "tap";

import { conferences, World } from "../e2e/support/world.js";
import { until } from "../softphone/sip/support.js";
import { timeoutMs } from "../support/deadline.js";
import { RawPhone } from "../support/raw-phone.js";
import { missingEngines } from "./programs.js";
import { type RealEngines, startRealEngines } from "./real-engines.js";

const caller = "+4915223125678";
const { pin } = conferences[0];

const head = (method: string, uri: string, version: string): string => `${method} ${uri} ${version}
  From: "Ada" <sip:${caller}@127.0.0.1>;tag=${Math.random().toString(36).slice(2)}
  To: <${uri}>
  Call-ID: ${Math.random().toString(36).slice(2)}
  CSeq: 1 ${method}
  Contact: <sip:a@127.0.0.1>
  Max-Forwards: 70`;

await t.test(
  "the engines at their most verbose log level print no number and no PIN, and einwahl's log has none",
  { skip: missingEngines() ?? false, timeout: 240_000 },
  async (t) => {
    process.env["DRACHTIO_LOGLEVEL"] = "debug";
    let started: RealEngines | undefined;
    const world = await World.start(t, {
      engines: async (certificates, sounds) =>
        (started = await startRealEngines(certificates, sounds, { EINWAHL_FS_LOG_LEVEL: "debug" })),
    });
    if (started === undefined) throw new Error("a world has engines");
    const engines = started;
    const uri = `sip:+493023125001@127.0.0.1:${engines.sip.udp}`;

    await t.test("a call", async (t) => {
      const phone = await world.phone();
      const call = await phone.dial({ ...world.line(), number: caller });
      call.audio.listenForPrompts(world.prompts);
      t.ok((await call.answered).ok);
      await call.audio.waitForPrompt("de/welcome", timeoutMs);
      await call.sendDigits(`${pin}#`);
      await world.bbbs[0].waitForMember(pin, timeoutMs);
      await call.hangUp();
      await engines.freeswitch.line("the channel of the leg to BBB", /sofia\/bbb\/.*\[number\]/);
    });

    await t.test("einwahl answers an INVITE with a lower-case SIP version", async (t) => {
      for (const lineEnd of ["\r\n", "\n"]) {
        const phone = await RawPhone.open({ transport: "udp", port: engines.sip.udp });
        phone.request(head("INVITE", uri, "sip/2.0"), "", lineEnd);
        await until(() => /^SIP\/2\.0 [3-6]\d\d /m.test(phone.heard), "a final response");
        t.match(phone.heard, /^SIP\/2\.0 403 /m, "it was read: no trunk calls by UDP");
        phone.close();
      }
    });

    await t.test("drachtio refuses a malformed header and prints it without the number", async (t) => {
      const phone = await RawPhone.open({ transport: "udp", port: engines.sip.udp });
      phone.request(`${head("OPTIONS", uri, "SIP/2.0")}\nX-Node ${caller} (the colon is missing)`);
      await until(() => phone.heard !== "", "a response");
      t.match(phone.heard, /^SIP\/2\.0 400 /);
      phone.close();
      await engines.drachtio.line("the header", /X-Node \+?\[number\] \(the colon is missing\)/);
    });

    const secrets = new RegExp(`${caller.slice(4)}|\\b${pin}\\b`);
    for (const [name, lines] of [
      ["drachtio", engines.drachtio.lines.past],
      ["FreeSWITCH", engines.freeswitch.lines.past],
      ["einwahl", world.log.past],
    ] as const) {
      t.ok(lines.length > 3, `${name} prints something`);
      t.strictSame(
        lines.filter((line) => secrets.test(line)),
        [],
        name,
      );
    }
    const log = join(engines.freeswitchFolder, "log");
    const files = await readdir(log);
    const texts = await Promise.all(files.map((file) => readFile(join(log, file), "utf8")));
    t.strictSame(
      texts.filter((text) => secrets.test(text)),
      [],
      `FreeSWITCH's log directory: ${files.join(", ")}`,
    );
  },
);
