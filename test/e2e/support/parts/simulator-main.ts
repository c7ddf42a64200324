/** One simulator in a process of its own: `simulator-main.js drachtio|freeswitch OPTIONS`, options and output in JSON. */
import process from "node:process";
import { createInterface } from "node:readline";

import {
  EmbeddedDrachtio,
  type EmbeddedDrachtioOptions,
} from "../../../../src/simulators/drachtio/embedded-drachtio.js";
import {
  EmbeddedFreeSwitch,
  type EmbeddedFreeSwitchOptions,
} from "../../../../src/simulators/freeswitch/embedded-freeswitch.js";

const [, , kind = "", text = "{}"] = process.argv;
const options: unknown = JSON.parse(text);
const engine =
  kind === "drachtio"
    ? await EmbeddedDrachtio.start(options as EmbeddedDrachtioOptions)
    : await EmbeddedFreeSwitch.start(options as EmbeddedFreeSwitchOptions);

function say(what: string, value: unknown = {}): void {
  process.stdout.write(`${what} ${JSON.stringify(value)}\n`);
}

createInterface({ input: process.stdin }).on("line", () => {
  say("counts", engine.counts());
});
process.once("SIGTERM", () => {
  engine.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
say("ready");
