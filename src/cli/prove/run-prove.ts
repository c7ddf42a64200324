import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Config } from "../../config/config.js";
import { ControlClient } from "../../control/control-client.js";
import { statusReport } from "../../monitoring/status/status-report.js";
import type { CallRoute } from "../../prove/calls/route.js";
import { InputReader } from "../../prove/places/logs.js";
import { prove } from "../../prove/prove.js";
import type { ProveVerdict } from "../../prove/report.js";
import type { Clock } from "../../util/clock.js";
import { Latch } from "../../util/latch.js";
import { failure, type Result, success } from "../../util/result.js";
import { planCall } from "../call/call-plan.js";
import { isSipUri, readCallRequest } from "../call/call-request.js";
import { ownServer } from "../call/own-server.js";
import { type CommandContext, type ExitCode, exitCodes } from "../command.js";
import { loadedConfig } from "../loaded-config.js";
import { tellNoAnswer } from "../running-instance.js";
import { missingOutputs, provePlaces } from "./prove-places.js";
import { type ProveOptions, type ProveRequest, readProveRequest } from "./prove-request.js";
import { proveJson, proveLines } from "./prove-text.js";

const exitCodeOf: Readonly<Record<ProveVerdict, ExitCode>> = {
  clean: exitCodes.ok,
  found: exitCodes.failed,
  incomplete: exitCodes.unavailable,
};

/** `einwahl prove`: prints its progress. SIGINT undoes all changes. */
export async function runProve(
  positionals: readonly string[],
  options: ProveOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal, clock, input } = context;
  const config = loadedConfig(options.config, context);
  if (config === undefined) return exitCodes.configuration;
  const prepared = await prepare(positionals, options, config, clock);
  if (!prepared.ok) {
    terminal.note(`einwahl prove: ${prepared.failure}. See: einwahl help prove`);
    return exitCodes.usage;
  }
  const { request, route, token, bbbServer } = prepared.value;
  const client = new ControlClient(config.control.socket);
  const status = await client.status(statusReport);
  if (!status.ok) return tellNoAnswer(status.failure, { client, socket: config.control.socket }, context);
  const reader = request.logs.some(({ path }) => path === "-") ? new InputReader(input) : undefined;
  // Standard input may never end: do not wait for it.
  reader?.read().catch(() => undefined);
  const stop = new Latch<true>();
  const unsubscribe = (["SIGINT", "SIGTERM"] as const).map((signal) =>
    context.onSignal(signal, () => {
      terminal.note("Undoing all changes.");
      // A second signal has no listener and ends the process immediately.
      for (const off of unsubscribe) off();
      stop.set(true);
    }),
  );
  const report = await prove({
    config,
    client,
    route,
    bbbServer,
    raiseEngines: options["raise-engines"],
    places: async (permits, newPin) =>
      await provePlaces({ config, options, request, route, client, token, input: reader, clock }, permits, newPin),
    faults: missingOutputs(request),
    leftOut: [...request.without],
    clock,
    randomBelow: (limit) => randomInt(limit),
    stop,
    onProgress: (text) => {
      terminal.progress(text);
    },
  });
  for (const off of unsubscribe) off();
  if (options.json) terminal.print(JSON.stringify(proveJson(report)));
  else for (const line of proveLines(report, terminal)) terminal.print(line);
  return exitCodeOf[report.verdict];
}

interface Prepared {
  readonly request: ProveRequest;
  readonly route: CallRoute;
  readonly token: string | undefined;
  readonly bbbServer: Config["bbbServers"][number];
}

async function prepare(
  positionals: readonly string[],
  options: ProveOptions,
  config: Config,
  clock: Clock,
): Promise<Result<Prepared, string>> {
  const request = readProveRequest(options);
  if (!request.ok) return request;
  const bbbServer =
    options.bbb === undefined ? config.bbbServers[0] : config.bbbServers.find(({ name }) => name === options.bbb);
  if (bbbServer === undefined)
    return failure(`--bbb must be one of ${config.bbbServers.map(({ name }) => name).join(", ")}`);
  const tokenFile = options["token-file"];
  const token = tokenFile === undefined ? undefined : await readFile(tokenFile, "utf8").catch(() => "");
  if (token === "") return failure(`${tokenFile ?? ""} can't be read, or is empty`);
  const route = await routeOf(positionals, options, config, request.value.plainPort, clock);
  return route.ok ? success({ request: request.value, route: route.value, token: token?.trim(), bbbServer }) : route;
}

/** The same route as for `einwahl call`. */
async function routeOf(
  positionals: readonly string[],
  options: ProveOptions,
  config: Config,
  plainPort: number | undefined,
  clock: Clock,
): Promise<Result<CallRoute, string>> {
  const numbers = config.trunks.flatMap((trunk) => trunk.numbers);
  const [called = numbers[0]?.number ?? "", ...more] = positionals;
  const [language] = (numbers.find(({ number }) => called.includes(number)) ?? numbers[0])?.languages ?? [
    config.language,
  ];
  const request = readCallRequest([called, ...more], {
    pin: undefined,
    server: options.server ?? (isSipUri(called) ? undefined : await ownServer(config, "tls", clock)),
    transport: undefined,
    ca: options.ca,
    "server-name": options["server-name"],
    insecure: options.insecure,
    // Each call has its own caller's number.
    from: "prove",
    srtp: undefined,
    codec: undefined,
    language: undefined,
    play: undefined,
    "expect-tone": undefined,
    record: undefined,
    seconds: undefined,
    // Use einwahl's own recordings for those that exist only on the media server.
    prompts:
      options.prompts ??
      (existsSync(join(config.prompts.directory, language, "enter-pin.wav")) ? config.prompts.directory : undefined),
    json: true,
  });
  if (!request.ok) return request;
  const { target, suites } = request.value;
  if (target.transport !== "tls" || suites === undefined) return failure("it calls over TLS and SRTP only");
  const plan = await planCall(request.value);
  if (!plan.ok) return plan;
  const { phone, dial, prompts } = plan.value;
  const heard = prompts.filter(({ name }) => name.startsWith(`${language}/`));
  return success({
    phone: { ...phone, userAgent: "einwahl prove" },
    dial,
    host: target.host,
    port: target.port,
    plainPort,
    prompts: heard,
    language,
  });
}
