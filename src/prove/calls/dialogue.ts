import { wrongPinDigits } from "../draw-marks.js";
import { type Scenario, type ScenarioTools, went } from "./scenario.js";
import { type CallOutcome, TestCall } from "./test-call.js";

const ringMs = 10_000;
const greetingMs = 700;
const waitingMs = 4_000;
const endMs = 30_000;
/** Longer than the delay of the guess throttle, which postpones the "unknown" prompt by seconds. */
const maxTries = 10;

export const whileRinging: Scenario = {
  title: "hang-up while ringing",
  run: async (tools, caller) =>
    await TestCall.place(tools, caller, {}, async ({ call }) => {
      // einwahl answers immediately: a CANCEL that is too late is followed by a BYE.
      await call.waitForProgress(180, ringMs);
      const { by } = await call.hangUp();
      return went(true, by === "refused" ? "cancelled" : "answered before the CANCEL, then BYE");
    }),
};

export const whileGreeting: Scenario = {
  title: "hang-up while greeted",
  run: async (tools, caller) =>
    await answered(tools, caller, async (call) => {
      await call.stays(greetingMs);
      return went(true, "greeted");
    }),
};

export const whileAsking: Scenario = {
  title: "hang-up while asked, with an unfinished PIN",
  run: async (tools, caller) =>
    await asked(tools, caller, async (call) => {
      const typed = await call.types(tools.newPin("an unfinished PIN", wrongPinDigits - 1).reveal());
      await tools.observe("asking");
      return went(typed, "asked, and typed");
    }),
};

export const wrongPins: Scenario = {
  title: "wrong PINs until einwahl ends the call",
  run: async (tools, caller) =>
    await asked(tools, caller, async (call) => {
      const { tries } = tools.config.calls.pin;
      for (let count = 1; count <= Math.min(tries, maxTries); count++) {
        const pin = tools.newPin(`a wrong PIN (${count})`, wrongPinDigits);
        if (!(await call.types(`${pin.reveal()}#`))) return went(count > 1, `ended after ${count - 1}`);
        if (count < tries && !(await call.hears("pin-unknown")))
          return went(false, `nothing said after the wrong PIN ${count}`);
      }
      return went(await call.ends(endMs), "ended by einwahl");
    }),
};

export const whileWaiting: Scenario = {
  title: "hang-up while waiting for a conference that has not begun",
  run: async (tools, caller) => {
    const { reservedPin } = tools;
    if (reservedPin === undefined) return went(true, "left out: this installation reserves no PINs");
    return await asked(tools, caller, async (call) => {
      if (!(await call.types(`${reservedPin.reveal()}#`))) return went(false, "the PIN could not be typed");
      const isUp = await call.stays(waitingMs);
      if (isUp) await tools.observe("waiting");
      return went(true, isUp ? "waited" : "told that it has not begun");
    });
  },
};

async function answered(
  tools: ScenarioTools,
  caller: Parameters<Scenario["run"]>[1],
  then: (call: TestCall) => Promise<CallOutcome>,
  more: Parameters<typeof TestCall.place>[2] = {},
): Promise<CallOutcome> {
  return await TestCall.place(tools, caller, more, async (call) => {
    const refusal = await call.refusal();
    return refusal === undefined ? await then(call) : went(false, refusal);
  });
}

export async function asked(
  tools: ScenarioTools,
  caller: Parameters<Scenario["run"]>[1],
  then: (call: TestCall) => Promise<CallOutcome>,
  more: Parameters<typeof TestCall.place>[2] = {},
): Promise<CallOutcome> {
  return await answered(
    tools,
    caller,
    async (call) => {
      // DTMF interrupts the greeting.
      if (await call.hears("welcome")) return await then(call);
      return went(false, "einwahl's greeting was not heard: give the recordings with --prompts DIR");
    },
    more,
  );
}
