import { CallScope } from "./call-scope.js";
import type { AnsweredCall, CallContext, ConferenceLeg, Next } from "./context.js";
import { EndSignals } from "./end-signals.js";
import { CallerTime } from "./hold.js";
import type { CallerEndpoint } from "./interfaces.js";
import { keepRecord } from "./keep-record.js";
import { LineWatch } from "./line-watch.js";
import { sayShutdown } from "./speech.js";
import { runSteps, type StepsEnd } from "./steps.js";

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
    keep: (conferenceLeg) => {
      leg = conferenceLeg;
      keepRecord(answered, endpoint, leg);
    },
  };
  let leg: ConferenceLeg | undefined;
  const unsubscribe = call.onRecord(() => {
    keepRecord(answered, endpoint, leg);
  });
  try {
    const end = await runSteps(context, first);
    if (end.cause === "shutdown") await sayShutdown(context, new CallScope(clock, signals.gone));
    return end;
  } finally {
    unsubscribe();
    callerTime.close();
    watch.stop();
    signals.close();
  }
}
