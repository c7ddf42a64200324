import { loadConfig } from "../../config/load.js";
import { placeProbeCall, type ProbeReport } from "../../probe/probe-call.js";
import { Latch } from "../../util/latch.js";
import { type CommandContext, type ExitCode, exitCodes } from "../command.js";
import { configPath } from "../loaded-config.js";
import { planCall } from "./call-plan.js";
import { type CallOptions, isSipUri, readCallRequest } from "./call-request.js";
import { eventLine, reportJson, summaryLines } from "./call-text.js";
import { ownServer } from "./own-server.js";

/** `einwahl call`: places one call and prints its progress. SIGINT hangs up. */
export async function runCall(
  positionals: readonly string[],
  options: CallOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal, clock } = context;
  const server = options.server ?? (await configuredServer(positionals, options, context));
  const request = readCallRequest(positionals, { ...options, server });
  if (!request.ok) {
    terminal.note(`einwahl call: ${request.failure}. See: einwahl help call`);
    return exitCodes.usage;
  }
  const plan = await planCall(request.value);
  if (!plan.ok) {
    terminal.note(`einwahl call: ${plan.failure}`);
    return exitCodes.usage;
  }
  const { target, tls, suites } = request.value;
  const { localAddress } = plan.value.phone;
  if (server !== options.server && !options.json)
    terminal.note(
      `Calling drachtio at ${server ?? ""} from ${localAddress}: that address must be among the sources of a trunk.`,
    );
  if (target.transport === "tls" && !tls.verify)
    terminal.note("The certificate is not verified: the connection could be intercepted.");
  if (suites !== undefined && target.transport !== "tls")
    terminal.note(`Over ${target.transport.toUpperCase()} the SRTP keys are sent unencrypted.`);
  const stop = new Latch<true>();
  const offs = (["SIGINT", "SIGTERM"] as const).map((signal) =>
    context.onSignal(signal, () => {
      // A second signal has no listener and ends the process immediately.
      for (const off of offs) off();
      stop.set(true);
    }),
  );
  const report = await placeProbeCall(plan.value, {
    clock,
    stop,
    onEvent: (event) => {
      const line = options.json ? undefined : eventLine(event);
      if (line !== undefined) terminal.print(line);
    },
  });
  for (const off of offs) off();
  if (options.json) terminal.print(JSON.stringify(reportJson(report)));
  else for (const line of summaryLines(report, terminal)) terminal.print(line);
  return exitCodeOf(report);
}

/** The server for a number without a host: drachtio of the configuration, if the configuration is readable. */
async function configuredServer(
  [called]: readonly string[],
  { transport }: CallOptions,
  { environment, clock }: CommandContext,
): Promise<string | undefined> {
  if (called === undefined || isSipUri(called)) return undefined;
  const loaded = loadConfig(configPath(undefined, environment), environment);
  return loaded.ok ? await ownServer(loaded.value, transport ?? "tls", clock) : undefined;
}

function exitCodeOf({ verdict }: ProbeReport): ExitCode {
  if (verdict.ok) return exitCodes.ok;
  return verdict.stage === "connect" ? exitCodes.unavailable : exitCodes.failed;
}
