import t from "tap";

import type { BridgeFacts, BridgeFailure, BridgeRoute } from "../../src/call/interfaces.js";
import { type BridgeSignals, watchBridge } from "../../src/media/bridge.js";
import type { FsEvent } from "../../src/media/fsmrf.js";
import type { Result } from "../../src/util/result.js";
import { settle } from "../support/fake-clock.js";

function event(headers: Readonly<Record<string, string>>): FsEvent {
  return { getHeader: (name) => headers[name], getBody: () => "" };
}

interface Watched {
  readonly signals: BridgeSignals;
  readonly outcome: {
    answered: Result<BridgeFacts, BridgeFailure> | undefined;
    over: "ended" | "lost" | undefined;
    left: number;
  };
  readonly leave: () => void;
}

function watch(route: BridgeRoute = "freeswitch"): Watched {
  const outcome: Watched["outcome"] = { answered: undefined, over: undefined, left: 0 };
  const { bridge, signals } = watchBridge(
    {
      leave: () => {
        outcome.left += 1;
      },
      send: () => undefined,
      receivedPackets: async () => await Promise.resolve(1),
    },
    route,
  );
  bridge.answered.then(
    (answered) => {
      outcome.answered = answered;
    },
    (error: unknown) => {
      t.fail(String(error));
    },
  );
  bridge.over.onSet((over) => {
    outcome.over = over;
  });
  return {
    signals,
    outcome,
    leave: () => {
      bridge.leave();
    },
  };
}

const facts: BridgeFacts = { codec: "PCMA", suite: "AEAD_AES_256_GCM" };

await t.test("connected, then over", async (t) => {
  const { signals, outcome } = watch();
  await settle();
  t.strictSame(outcome, { answered: undefined, over: undefined, left: 0 });
  signals.connected(Promise.resolve(facts));
  await settle();
  t.strictSame(outcome, { answered: { ok: true, value: facts }, over: undefined, left: 0 });
  signals.completed(event({ variable_originate_disposition: "SUCCESS" }));
  await settle();
  t.strictSame(outcome, { answered: { ok: true, value: facts }, over: "ended", left: 0 });
});

await t.test("refused or unreachable, by FreeSWITCH's hang-up cause", async (t) => {
  const rows: readonly (readonly [cause: string, failure: BridgeFailure])[] = [
    ["USER_BUSY", "conference-refused"],
    ["CALL_REJECTED", "conference-refused"],
    ["UNALLOCATED_NUMBER", "conference-refused"],
    ["INCOMPATIBLE_DESTINATION", "conference-refused"],
    ["NO_ANSWER", "conference-unreachable"],
    ["RECOVERY_ON_TIMER_EXPIRE", "conference-unreachable"],
    ["NORMAL_TEMPORARY_FAILURE", "conference-unreachable"],
    ["DESTINATION_OUT_OF_ORDER", "conference-unreachable"],
    ["ALLOTTED_TIMEOUT", "conference-unreachable"],
    ["", "conference-refused"],
  ];
  for (const [cause, failure] of rows) {
    for (const header of ["variable_originate_disposition", "variable_last_bridge_hangup_cause"]) {
      const { signals, outcome } = watch();
      signals.completed(event({ [header]: cause }));
      await settle();
      t.strictSame(outcome.answered, { ok: false, failure }, cause);
    }
  }
});

await t.test("refused for the name or for want of a session, by the node's SIP answer", async (t) => {
  const rows: readonly (readonly [status: string, phrase: string, failure: BridgeFailure])[] = [
    ["603", "Decline", "name-refused"],
    ["503", "Maximum Calls In Progress", "node-busy"],
    // Of mod_sofia itself, when nothing listens there.
    ["503", "Service Unavailable", "conference-unreachable"],
    ["403", "Forbidden", "conference-refused"],
  ];
  for (const [status, phrase, failure] of rows) {
    const { signals, outcome } = watch();
    signals.completed(
      event({
        variable_originate_disposition: status === "503" ? "NORMAL_TEMPORARY_FAILURE" : "CALL_REJECTED",
        variable_sip_invite_failure_status: status,
        variable_sip_invite_failure_phrase: phrase,
      }),
    );
    await settle();
    t.strictSame(outcome.answered, { ok: false, failure }, `${status} ${phrase}`);
  }
});

await t.test("a FreeSWITCH that is being stopped is lost, whatever the cause; a removal is not", async (t) => {
  for (const [reason, over] of [
    ['SIP;cause=701;text="SYSTEM_SHUTDOWN"', "lost"],
    ['Q.850;cause=16;text="NORMAL_CLEARING"', "ended"],
    ["SIP;cause=7010", "ended"],
  ] as const) {
    const { signals, outcome } = watch();
    signals.connected(Promise.resolve(facts));
    signals.completed(
      event({
        variable_originate_disposition: "SUCCESS",
        variable_bridge_hangup_cause: "NORMAL_CLEARING",
        variable_sip_reason: reason,
      }),
    );
    await settle();
    t.equal(outcome.over, over, reason);
  }
});

await t.test("the channel's connection ends: no facts, but an end", async (t) => {
  const { signals, outcome } = watch();
  signals.completed(undefined);
  await settle();
  t.equal(outcome.answered?.ok, false);
  t.equal(outcome.over, "ended");
});

await t.test("what is reported twice counts once", async (t) => {
  const { signals, outcome } = watch();
  signals.connected(Promise.resolve(facts));
  signals.connected(Promise.resolve({ codec: "PCMU", suite: undefined }));
  await settle();
  signals.completed(event({ variable_originate_disposition: "NO_ANSWER" }));
  signals.completed(undefined);
  await settle();
  t.strictSame(outcome.answered, { ok: true, value: facts });
});

await t.test("over before the facts are there", async (t) => {
  const { signals, outcome } = watch();
  signals.connected(new Promise(() => undefined));
  signals.completed(event({ variable_originate_disposition: "SUCCESS" }));
  await settle();
  t.equal(outcome.over, "ended");
  t.not(outcome.answered, undefined, "nobody waits for facts of a leg that is gone");
});

await t.test(
  "a node that sends no audio any more, or is being stopped, is lost; the conference is not over",
  async (t) => {
    const rows: readonly (readonly [cause: string, over: "ended" | "lost"])[] = [
      ["MEDIA_TIMEOUT", "lost"],
      ["SYSTEM_SHUTDOWN", "lost"],
      ["NORMAL_TEMPORARY_FAILURE", "lost"],
      ["RECOVERY_ON_TIMER_EXPIRE", "lost"],
      ["NORMAL_CLEARING", "ended"],
      ["NORMAL_UNSPECIFIED", "ended"],
      ["", "ended"],
    ];
    for (const [cause, over] of rows) {
      const { signals, outcome } = watch();
      signals.connected(Promise.resolve(facts));
      signals.completed(event({ variable_originate_disposition: "SUCCESS", variable_bridge_hangup_cause: cause }));
      await settle();
      t.equal(outcome.over, over, cause);
    }
  },
);

await t.test("leaving is passed on", (t) => {
  const { outcome, leave } = watch();
  leave();
  t.equal(outcome.left, 1);
  t.end();
});

await t.test("what a node says of LiveKit", async (t) => {
  const answers = [
    ["404", "No LiveKit Room", "not-in-livekit"],
    ["404", "No LiveKit", "no-livekit"],
    ["480", "LiveKit Not Answering", "conference-unreachable"],
    ["503", "LiveKit Unavailable", "conference-unreachable"],
    ["503", "Maximum Calls In Progress", "node-busy"],
    ["480", "Temporarily Unavailable", "no-livekit-way"],
    ["404", "Not Found", "no-livekit-way"],
    ["488", "Not Acceptable Here", "conference-refused"],
  ] as const;
  for (const [status, phrase, expected] of answers) {
    const { signals, outcome } = watch("livekit-by-node");
    signals.completed(
      event({
        variable_sip_invite_failure_status: status,
        variable_sip_invite_failure_phrase: phrase,
        variable_originate_disposition: status === "503" ? "NORMAL_TEMPORARY_FAILURE" : "CALL_REJECTED",
      }),
    );
    await settle();
    t.match(outcome.answered, { failure: expected }, `${status} ${phrase}`);
  }
  const { signals, outcome } = watch("freeswitch");
  signals.completed(
    event({ variable_sip_invite_failure_status: "480", variable_sip_invite_failure_phrase: "Temporarily Unavailable" }),
  );
  await settle();
  t.match(outcome.answered, { failure: "conference-refused" }, "a conference of the node's own is another matter");
});

await t.test("LiveKit is lost in a call: the node says 41, and not that the caller was removed", async (t) => {
  const { signals, outcome } = watch("livekit-by-node");
  signals.connected(Promise.resolve(facts));
  await settle();
  signals.completed(event({ variable_bridge_hangup_cause: "NORMAL_TEMPORARY_FAILURE" }));
  t.equal(outcome.over, "lost");
});
