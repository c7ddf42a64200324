import { CallScope } from "./call-scope.js";
import type { CallContext, CallServices, CallState, Next } from "./context.js";
import { EndSignals } from "./end-signals.js";
import { CallerTime } from "./hold.js";
import type { Admitted, CallerEndpoint, IncomingCall } from "./interfaces.js";
import { LineWatch } from "./line-watch.js";
import type { CallSettings } from "./settings.js";
import { sayShutdown } from "./speech.js";
import { runSteps, type StepsEnd } from "./steps.js";

/** An answered call, whatever its channel. */
export interface AnsweredCall {
  readonly call: IncomingCall;
  readonly admitted: Admitted;
  readonly services: CallServices;
  readonly settings: CallSettings;
  readonly state: CallState;
}

/**
 * The part of an answered call on one channel: runs the steps from `first` until the call or the channel ends. Releases
 * neither; no timer or listener of its own remains.
 */
export async function converse(answered: AnsweredCall, endpoint: CallerEndpoint, first: Next): Promise<StepsEnd> {
  const { call, admitted, services, settings, state } = answered;
  const { clock, onBug } = services;
  const { progress, guesses, tries } = state;
  const signals = new EndSignals(call, services, endpoint);
  const watch = new LineWatch({ clock, call, endpoint, gone: signals.gone, onBug });
  const callerTime = new CallerTime(clock, endpoint.hold, settings.maxHoldMs);
  progress.note({ mediaServer: endpoint.mediaServer, codec: endpoint.codec });
  progress.noteSuite("trunk", endpoint.suite);
  const context: CallContext = {
    endpoint,
    admitted,
    scope: new CallScope(clock, signals.ended),
    callerScope: new CallScope(callerTime, signals.ended),
    callerTime,
    services,
    settings,
    state,
    progress,
    guesses,
    tries,
  };
  try {
    const end = await runSteps(context, first);
    if (end.cause === "shutdown") await sayShutdown(context, new CallScope(clock, signals.gone));
    return end;
  } finally {
    callerTime.close();
    watch.stop();
    signals.close();
  }
}
