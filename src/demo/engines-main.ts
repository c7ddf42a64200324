import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";

import { stringify } from "yaml";

import { DemoEngines } from "./engines.js";
import { demoCaller, demoConferences, demoNumbers, type EnginePorts, enginePorts, tones } from "./settings.js";
import { startFault } from "./start-fault.js";

const usage = `npm run engines -- [--directory DIR] [--base-port N]

  --directory DIR  where ca.pem and einwahl.yaml are written; default var/engines
  --base-port N    SIP on N (UDP, TCP) and N+1 (TLS), drachtio's port for applications on N+2, the event socket on N+3,
                   the sample BBBs on N+4, N+5 (API) and N+6, N+7 (SIP), einwahl's own HTTP servers on N+8 and N+9
`;

/** Offset from the base port; the engines use the ports in between. */
const httpAboveBase = 8;

const header = `# A configuration of einwahl for the engines that "npm run engines" starts.
# For trying only: the passwords are public.
`;

interface Files {
  readonly ca: string;
  readonly config: string;
}

/** Writes a working configuration and the CA certificate that phones must trust. */
async function writeFiles(directory: string, engines: DemoEngines, yaml: string): Promise<Files> {
  await mkdir(directory, { recursive: true });
  const files = { ca: join(directory, "ca.pem"), config: join(directory, "einwahl.yaml") };
  await writeFile(files.ca, engines.certificates.ca);
  await writeFile(files.config, yaml);
  return files;
}

function introduce(ports: EnginePorts, files: Files, yaml: string): string {
  const [{ number }] = demoNumbers;
  const [{ pin }] = demoConferences;
  return [
    "",
    "Embedded engines and two sample BBB servers, on this machine only. For trials, not for production.",
    "",
    `  SIP           127.0.0.1:${ports.sips} TLS; 127.0.0.1:${ports.sip} UDP and TCP`,
    `  authority     ${files.ca}, new at each start`,
    "  conferences   " +
      demoConferences.map(({ name, pin: digits, server }) => `${name}: PIN ${digits} on ${server}`).join("   ") +
      `; each whistles at ${tones.conference} Hz`,
    `  settings      ${files.config}:`,
    "",
    ...yaml
      .trimEnd()
      .split("\n")
      .map((line) => `    ${line}`),
    "",
    "Start the server in a second terminal and place a call in a third:",
    "",
    `  node dist/src/main.js run --config ${files.config}`,
    `  node dist/src/main.js call ${number} --server 127.0.0.1:${ports.sips} --ca ${files.ca} --from ${demoCaller.number} --pin ${pin} \\`,
    `    --play tone --expect-tone ${tones.conference}`,
    "",
    "End the engines with Ctrl-C.",
    "",
  ].join("\n");
}

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: {
      help: { type: "boolean", default: false },
      directory: { type: "string", default: "var/engines" },
      "base-port": { type: "string" },
    },
  });
  const base = values["base-port"] === undefined ? undefined : Number(values["base-port"]);
  const isWrong = base !== undefined && !(Number.isInteger(base) && base >= 1024 && base <= 65_000);
  const http = base !== undefined && { http: { port: base + httpAboveBase, operators_port: base + httpAboveBase + 1 } };
  if (values.help || isWrong) {
    process.stdout.write(usage);
    return isWrong ? 64 : 0;
  }
  const ports = enginePorts(base);
  const engines = await DemoEngines.start(ports);
  try {
    const yaml = `${header}${stringify({ ...engines.settings, ...http })}`;
    const files = await writeFiles(values.directory, engines, yaml);
    // Each conference has its own tone, so that callers recognise it.
    for (const { pin, server } of demoConferences)
      engines.bbbs.find(({ name }) => name === server)?.playTone(pin, tones.conference);
    process.stdout.write(introduce(ports, files, yaml));
    await new Promise<void>((stop) => {
      process.once("SIGINT", stop);
      process.once("SIGTERM", stop);
    });
  } finally {
    await engines.stop();
  }
  return 0;
}

try {
  process.exitCode = await run();
} catch (error) {
  process.stderr.write(`The engines can't run: ${startFault(error)}\n`);
  process.exitCode = 1;
}
