import t from "tap";

import type { BridgeFacts, BridgeFailure, BridgeRoute, BridgeTarget } from "../../src/call/interfaces.js";
import { defaultLabels, labelFor, labelTemplateFault, labelWordFault } from "../../src/caller/label.js";
import { type BridgeSignals, dialString, watchBridge } from "../../src/media/bridge.js";
import type { FsEvent } from "../../src/media/channel-connection.js";
import type { Result } from "../../src/util/result.js";
import { someAdmission } from "../support/call-harness.js";
import { settle } from "../support/fake-clock.js";
import { fakeHasher } from "../support/fake-day-keys.js";
import { fakeNode, fakePin } from "../support/fake-directory.js";
import { mulberry32 } from "../support/fake-random.js";

const target: BridgeTarget = {
  node: { ...fakeNode("bbb1"), host: "bbb1.example.org", port: 5081 },
  route: "freeswitch",
  voiceBridge: fakePin("00042"),
  label: "5678",
  pseudonym: "anruf-abcdefghijklmnop",
  answerTimeoutMs: 10_000,
};

interface Parsed {
  readonly variables: Readonly<Record<string, string>>;
  readonly destination: string;
}

/** Parses a dial string like FreeSWITCH: braces first, then commas outside quotes, then the first `=`. */
function parse(text: string): Parsed {
  const end = text.indexOf("}");
  if (!text.startsWith("{") || end < 0) throw new Error("no variables");
  const parts: string[] = [];
  let part = "";
  let isQuoted = false;
  for (const character of text.slice(1, end)) {
    if (character === "'") isQuoted = !isQuoted;
    else if (character === "," && !isQuoted) {
      parts.push(part);
      part = "";
    } else part += character;
  }
  if (isQuoted) throw new Error("an open quote");
  parts.push(part);
  const variables = Object.fromEntries(
    parts.map((each): [string, string] => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)]),
  );
  return { variables, destination: text.slice(end + 1) };
}

await t.test("the leg to a BBB server", (t) => {
  const { variables, destination } = parse(dialString(target, "bbb", "leg-id", "PCMA"));
  t.equal(destination, "sofia/bbb/00042@bbb1.example.org:5081;transport=tls");
  t.match(variables, {
    origination_uuid: "leg-id",
    origination_caller_id_name: "5678",
    sip_from_display: "5678",
    origination_caller_id_number: "anruf-abcdefghijklmnop",
    sip_cid_type: "none",
    leg_timeout: "10",
  });
  t.equal(
    variables["rtp_secure_media_outbound"],
    "mandatory:AEAD_AES_256_GCM:AEAD_AES_128_GCM:AES_CM_128_HMAC_SHA1_80:AES_CM_128_HMAC_SHA1_32",
  );
  t.end();
});

await t.test("the caller's codec comes first, and codecs that BBB lacks are left out", (t) => {
  const rows: readonly (readonly [codec: string, order: string])[] = [
    ["PCMA", "PCMA:PCMU:G722"],
    ["PCMU", "PCMU:PCMA:G722"],
    ["G722", "G722:PCMA:PCMU"],
    ["opus", "PCMA:PCMU:G722"],
    ["unknown", "PCMA:PCMU:G722"],
    ["", "PCMA:PCMU:G722"],
    ["PCMA,x='}", "PCMA:PCMU:G722"],
  ];
  for (const [codec, order] of rows)
    t.equal(parse(dialString(target, "bbb", "leg-id", codec)).variables["absolute_codec_string"], `^^:${order}`, codec);
  t.end();
});

await t.test("hosts, ports, transports, timeouts", (t) => {
  const destination = (node: Partial<BridgeTarget["node"]>): string =>
    parse(dialString({ ...target, node: { ...target.node, ...node } }, "bbb", "leg-id", "PCMA")).destination;
  t.equal(
    destination({ host: "192.0.2.7", port: 5060, transport: "udp" }),
    "sofia/bbb/00042@192.0.2.7:5060;transport=udp",
  );
  t.equal(destination({ host: "2001:db8::7", transport: "tcp" }), "sofia/bbb/00042@[2001:db8::7]:5081;transport=tcp");
  const limit = (answerTimeoutMs: number): string | undefined =>
    parse(dialString({ ...target, answerTimeoutMs }, "bbb", "leg-id", "PCMA")).variables["leg_timeout"];
  t.strictSame([limit(0), limit(1), limit(1_000), limit(1_001), limit(15_000)], ["1", "1", "1", "2", "15"]);
  const optional = dialString({ ...target, node: { ...target.node, srtp: "optional" } }, "bbb", "leg-id", "PCMA");
  t.match(parse(optional).variables["rtp_secure_media_outbound"], /^optional:/);
  t.end();
});

await t.test("a label that the configuration accepts cannot inject variables", (t) => {
  const random = mulberry32(42);
  const alphabet = Array.from("abcXYZ0189 -_.:;=()!?&#+*~@/äöüß…☎会😀'\"\\{}[]<>,$%|^`\n\t\0");
  const names = Object.keys(parse(dialString(target, "bbb", "leg-id", "PCMA")).variables);
  const faults: string[] = [];
  let taken = 0;
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from(
      { length: 1 + Math.floor(random() * 12) },
      () => alphabet[Math.floor(random() * alphabet.length)] ?? "",
    ).join("");
    const template = random() < 0.5 ? text : `${text}{last4}`;
    if (labelTemplateFault(template) !== undefined) continue;
    taken += 1;
    const settings = {
      ...defaultLabels,
      template: { de: template, en: template },
      anonymous: { de: "x", en: "x" },
      unreadable: { de: "x", en: "x" },
    };
    const label = labelFor(
      fakeHasher().hash(someAdmission().caller, { label: settings, pseudonymKey: undefined }),
      settings,
      "de",
    );
    if (labelWordFault(label) !== undefined) faults.push(`round ${round}: the label is no label`);
    const { variables, destination } = parse(dialString({ ...target, label }, "bbb", "leg-id", "PCMA"));
    if (variables["origination_caller_id_name"] !== label || variables["sip_from_display"] !== label)
      faults.push(`round ${round}: another label`);
    if (
      Object.keys(variables).join() !== names.join() ||
      destination !== "sofia/bbb/00042@bbb1.example.org:5081;transport=tls"
    )
      faults.push(`round ${round}: broken out`);
  }
  t.strictSame(faults, []);
  t.ok(taken > 1_000, `${taken} labels`);
  t.end();
});

await t.test("a pseudonym cannot inject variables", (t) => {
  for (let round = 0; round < 100; round++) {
    const hasher = fakeHasher();
    const caller = hasher.hash(someAdmission().caller, { label: defaultLabels, pseudonymKey: Buffer.alloc(32, round) });
    const pseudonym = hasher.pseudonymIn({ meetingId: `meeting-${round}',{}`, createdAt: undefined }, caller);
    t.equal(
      parse(dialString({ ...target, pseudonym }, "bbb", "leg-id", "PCMA")).variables["origination_caller_id_number"],
      pseudonym,
    );
  }
  t.end();
});

await t.test("a LiveKit room through the BBB server's FreeSWITCH, or directly", (t) => {
  const to = (route: BridgeTarget["route"]): string =>
    parse(dialString({ ...target, route }, "bbb", "leg-id", "G722")).destination;
  t.equal(to("livekit-by-node"), "sofia/bbb/livekit-00042@bbb1.example.org:5081;transport=tls");
  t.equal(to("livekit-direct"), "sofia/bbb/00042@bbb1.example.org:5081;transport=tls");
  t.end();
});

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
      legId: "leg",
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

await t.test("refused for the name or for lack of a session, from the BBB server's SIP response", async (t) => {
  const rows: readonly (readonly [status: string, phrase: string, failure: BridgeFailure])[] = [
    ["603", "Decline", "name-refused"],
    ["503", "Maximum Calls In Progress", "node-busy"],
    // Generated by mod_sofia when nothing listens there.
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

await t.test("a FreeSWITCH that shuts down is lost, with any cause; a removed caller is not", async (t) => {
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

await t.test("the channel's connection ends: the bridge ends without facts", async (t) => {
  const { signals, outcome } = watch();
  signals.completed(undefined);
  await settle();
  t.equal(outcome.answered?.ok, false);
  t.equal(outcome.over, "ended");
});

await t.test("a duplicate report is ignored", async (t) => {
  const { signals, outcome } = watch();
  signals.connected(Promise.resolve(facts));
  signals.connected(Promise.resolve({ codec: "PCMU", suite: undefined }));
  await settle();
  signals.completed(event({ variable_originate_disposition: "NO_ANSWER" }));
  signals.completed(undefined);
  await settle();
  t.strictSame(outcome.answered, { ok: true, value: facts });
});

await t.test("the bridge ends before its facts are read", async (t) => {
  const { signals, outcome } = watch();
  signals.connected(new Promise(() => undefined));
  signals.completed(event({ variable_originate_disposition: "SUCCESS" }));
  await settle();
  t.equal(outcome.over, "ended");
  t.not(outcome.answered, undefined, "the facts of an ended leg are not awaited");
});

await t.test("a BBB server that stops sending audio or shuts down is lost; the conference has not ended", async (t) => {
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
});

await t.test("leave is forwarded", (t) => {
  const { outcome, leave } = watch();
  leave();
  t.equal(outcome.left, 1);
  t.end();
});

await t.test("a BBB server's responses about LiveKit", async (t) => {
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

await t.test("LiveKit is lost during a call: cause 41 is not a removal of the caller", async (t) => {
  const { signals, outcome } = watch("livekit-by-node");
  signals.connected(Promise.resolve(facts));
  await settle();
  signals.completed(event({ variable_bridge_hangup_cause: "NORMAL_TEMPORARY_FAILURE" }));
  t.equal(outcome.over, "lost");
});
