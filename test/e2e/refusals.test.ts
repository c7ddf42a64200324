import t from "tap";

import { SipUserAgent } from "../../src/softphone/sip/index.js";
import { TestPhone } from "../../src/softphone/test-phone.js";
import { hears } from "./support/hearing.js";
import { conferences, numbers, withCalls, World } from "./support/world.js";

const caller = "+4915223125678";

await t.test("refused calls", async (t) => {
  const world = await World.start(t, { line: "straight", settings: withCalls({ max_concurrent: 1 }) });
  const phone = await world.phone();

  for (const { name, dial, answer, cause } of [
    {
      name: "plain RTP",
      dial: { srtp: "none" },
      answer: { status: 488, warning: '399 einwahl "SRTP with SDES keys is required"' },
      cause: "plain-rtp",
    },
    {
      name: "SRTP with an unsupported suite",
      dial: { rewriteOffer: (sdp: string) => sdp.replace(/^(a=crypto:\d+) \S+/gm, "$1 F8_128_HMAC_SHA1_80") },
      answer: { status: 488, warning: '305 einwahl "No usable codec or cipher suite"' },
      cause: "unusable-offer",
    },
    {
      name: "SRTP without SDES keys",
      dial: { rewriteOffer: (sdp: string) => sdp.replace(/^a=crypto:.*\r\n/gm, "") },
      answer: { status: 488 },
      cause: "unusable-offer",
    },
    {
      name: "unsupported codec",
      dial: {
        rewriteOffer: (sdp: string) => sdp.replace(/ (8|0)(?= )/g, " 18").replace(/^a=rtpmap:[08] .*\r\n/gm, ""),
      },
      answer: { status: 488 },
      cause: undefined,
    },
    {
      name: "unknown number",
      dial: { uri: numbers.unknown },
      answer: { status: 404 },
      cause: "unknown-number",
    },
    {
      name: "unknown number, with a number of the trunk in Diversion and History-Info",
      dial: {
        uri: numbers.unknown,
        headers: [
          ["Diversion", `<sip:${numbers.german}@x>;reason=unconditional`],
          ["History-Info", `<sip:${numbers.german}@x>;index=1`],
        ],
      },
      answer: { status: 404 },
      cause: "unknown-number",
    },
    {
      name: "Request-URI without a number",
      dial: { uri: "reception" },
      answer: { status: 404 },
      cause: "unknown-number",
    },
  ] as const) {
    await t.test(`${name}: ${answer.status}`, async (t) => {
      const report = world.reports.next("the call's report", () => true);
      const call = await phone.dial({
        number: caller,
        ...dial,
        uri: world.sipUri("uri" in dial ? dial.uri : numbers.german),
      });
      const answered = await call.answered;
      t.match(answered, { ok: false, failure: answer });
      t.match(
        await report,
        cause === undefined ? { srtp: { bbb: undefined } } : { cause, mediaServer: undefined },
        "and the media server got no request",
      );
    });
  }

  await t.test("one call more than the limit", async (t) => {
    const first = await phone.dial({ uri: world.sipUri(), number: caller });
    t.ok((await first.answered).ok, "the first is taken");
    const second = await (await phone.dial({ uri: world.sipUri(), number: caller })).answered;
    t.match(second, { ok: false, failure: { status: 503 } }, "the second is not");
    t.ok(
      !second.ok &&
        second.failure.headers.some(([name, value]) => name.toLowerCase() === "retry-after" && value === "10"),
      "try again in 10 s",
    );
    await first.hangUp();
  });

  await t.test("unencrypted signalling", async (t) => {
    for (const transport of ["udp", "tcp"] as const) {
      const open = await TestPhone.open({ transport });
      const call = await open.dial({ uri: world.sipUri(numbers.german, transport), number: caller });
      t.match(
        await call.answered,
        { ok: false, failure: { status: 403 } },
        `${transport}: its keys would be unencrypted`,
      );
      await open.close();
    }
  });

  await t.test(
    "the trunk's OPTIONS get a response; over a transport that the trunk does not use the source is unknown",
    async (t) => {
      const provider = await SipUserAgent.listen({
        listen: [],
        tls: { ca: world.certificates.ca },
        userAgent: "provider",
      });
      t.match(await provider.request({ method: "OPTIONS", uri: world.sipUri() }), { ok: true, value: { status: 200 } });
      await provider.close();
      const forger = await SipUserAgent.listen({
        listen: [{ transport: "udp", address: "127.0.0.1", port: 0 }],
        userAgent: "provider",
      });
      t.match(await forger.request({ method: "OPTIONS", uri: world.sipUri(numbers.german, "udp") }), {
        ok: true,
        value: { status: 403 },
      });
      await forger.close();
    },
  );

  t.strictSame(
    world.complaints([caller.slice(3), numbers.unknown, conferences[0].pin]),
    [],
    "no unexpected error and no number in the log",
  );
});

await t.test(
  "forwarded calls and calls to a group are accepted, and the log has the header with the number",
  async (t) => {
    const world = await World.start(t);
    const phone = await world.phone();
    const before = await world.counts();
    const [ours, other] = [numbers.english, numbers.unknown];
    for (const { name, uri, to, headers = [], header } of [
      { name: "To and Request-URI hold numbers of the trunk", uri: numbers.german, to: ours, header: "to" },
      {
        name: "To holds the number that was dialled before the forwarding",
        uri: ours,
        to: other,
        header: "request-uri",
      },
      {
        name: "only P-Called-Party-ID holds a number of the trunk",
        uri: "group",
        to: other,
        headers: [["P-Called-Party-ID", `<sip:030${ours.slice(5)}@x;user=phone>`]] as const,
        header: "p-called-party-id",
      },
    ]) {
      await t.test(`${name}: the number comes from ${header}`, async (t) => {
        const report = world.reports.next("the call's report", () => true);
        const call = await phone.dial({ uri: world.sipUri(uri), to: `<sip:${to}@127.0.0.1>`, number: caller, headers });
        call.audio.listenForPrompts(world.prompts);
        t.ok((await call.answered).ok, "answered");
        await hears(t, world, call, "en/welcome", "in the language of the dialled number");
        await call.hangUp();
        t.match(await report, { calledNumberFrom: header });
        t.ok(
          world.log.past.some(
            (line) => line.includes('"call ended"') && line.includes(`"calledNumberFrom":"${header}"`),
          ),
          "in the log",
        );
      });
    }
    t.strictSame(await world.leftBehind(before), {}, "nothing is left");
    t.strictSame(
      world.complaints([caller.slice(3), ours.slice(3), other.slice(3)]),
      [],
      "no unexpected error and no number in the log",
    );
  },
);

await t.test("an unknown source", async (t) => {
  const world = await World.start(t, { line: "straight", trunk: { sources: ["192.0.2.1"] } });
  const phone = await world.phone();
  const call = await phone.dial({ uri: world.sipUri(), number: caller });
  const answered = await call.answered;
  t.match(answered, { ok: false, failure: { status: 403 } });
  t.ok(!answered.ok && answered.failure.headers.every(([name]) => !/authenticate/i.test(name)), "never a challenge");
});
