import t from "tap";

import { explainFailure } from "../../src/probe/explain-failure.js";
import { RegistrarHost } from "../../src/trunk/registrar-host.js";
import { plainText, visible } from "../../src/util/plain-text.js";
import { FakeClock } from "../support/fake-clock.js";
import { FakeResolver } from "../support/fake-resolver.js";

await t.test("possible numbers and PINs are masked in all notations", (t) => {
  for (const [text, wanted] of [
    ["404 Unknown number +4930555012345", "404 Unknown number [number]"],
    ["Unknown number 0049 30 555-01-234, 030/555 01 23", "Unknown number [number], [number]"],
    ["<sip:73112@bbb.example.org:5061;user=phone>", "<sip:[user]@bbb.example.org:[number];user=phone>"],
    ["tel:+49-30-555 x", "tel:[number] x"],
    ["sip:%2B4930%35@h, %37%33%31%31%32", "sip:[user]@h, [number]"],
    ["https://bbb.example.org/bigbluebutton/api/create?meetingID=x&checksum=1a2b", "https://bbb.example.org"],
    ["https://user:73112@bbb.example.org:8443/x", "https://bbb.example.org:[number]"],
    ["PIN 73112", "PIN [number]"],
    ["1.2.3.4:123456", "1.2.3.4:[number]"],
  ] as const)
    t.equal(plainText(text), wanted);
  t.end();
});

await t.test("addresses, ports and error codes are kept", (t) => {
  for (const text of [
    "connect ECONNREFUSED 127.0.0.1:9022",
    "connect ECONNREFUSED [2a00::1]:50610",
    "getaddrinfo ENOTFOUND tel.example.net",
    "503 Service Unavailable",
    "10.0.12.34 refused at 15:01:14",
  ]) {
    t.equal(plainText(text), text);
  }
  t.end();
});

await t.test("one line, printable and bounded", (t) => {
  t.equal(
    plainText('x\r\n{"level":30}\u001b[2J\u009b1m\u202e\u2028\u0000y'),
    'x\ufffd\ufffd{"level":30}\ufffd[2J\ufffd1m\ufffd\ufffd\ufffdy',
  );
  t.equal(visible("12345\u001b[2J"), "12345\ufffd[2J");
  t.equal(plainText("ab ".repeat(1_000)).length, 200);
  t.equal(plainText("ab ".repeat(1_000), 10), "ab ab ab …");
  const begin = performance.now();
  for (const hostile of ["sip:", "https://", "0 ", "+(", "%3", "a@", "1.1.1.1:"])
    t.ok(plainText(hostile.repeat(500_000)).length <= 200);
  t.ok(performance.now() - begin < 1_000, "hostile texts cost little");
  t.end();
});

const number = "+4930555012345";
const hostile = `Unknown number ${number}\n\u001b[31m`;

await t.test("it is used where foreign texts are read", async (t) => {
  t.match(
    explainFailure({
      by: "peer",
      status: 404,
      reason: hostile,
      warning: `399 x "${hostile}"`,
      headers: [["Retry-After", number]],
    }).said,
    /^Unknown number \[number\]\ufffd/,
  );
  t.notMatch(
    explainFailure({ by: "phone", status: 503, reason: hostile, warning: undefined, headers: [] }).why,
    /30555|\u001b/,
  );
  const faults: string[] = [];
  const resolver = new FakeResolver();
  resolver.records.set("_sips._tcp.tel.example.net", [{ name: hostile, port: 5061, priority: 1, weight: 1 }]);
  const host = new RegistrarHost(
    { host: "tel.example.net", port: 5061, srv: true, transport: "tls" },
    resolver,
    new FakeClock(),
    { onFault: (name) => faults.push(name), onChange: () => undefined },
  );
  await host.targets();
  t.strictSame(faults, ["Unknown number [number]\ufffd\ufffd[31m"]);
});
