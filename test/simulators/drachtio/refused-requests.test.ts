import t from "tap";

import { until } from "../../softphone/sip/support.js";
import { RawPhone } from "../../support/raw-phone.js";
import { RawApplication, someSdp, startServer, stopServer } from "./support.js";

/** Observed with drachtio-server 0.9.10, over UDP. */
async function bench(): Promise<{
  server: Awaited<ReturnType<typeof startServer>>;
  app: RawApplication;
  phone: RawPhone;
  taken: (count: number) => Promise<readonly string[]>;
  heard: (what: RegExp) => Promise<void>;
}> {
  const server = await startServer();
  const app = await RawApplication.connect(server);
  await app.ask("authenticate|secret|");
  await app.ask("route|invite");
  const phone = await RawPhone.open({
    transport: "udp",
    port: server.addresses.find(({ transport }) => transport === "udp")?.port ?? 0,
  });
  const taken = async (count: number): Promise<readonly string[]> => {
    const handedOver = (): string[] => app.heard.filter((payload) => payload.startsWith("sip|network|"));
    await until(() => handedOver().length >= count, `${count} messages at the application`);
    return handedOver();
  };
  const heard = async (what: RegExp): Promise<void> => {
    await until(() => what.test(phone.heard), String(what));
  };
  return { server, app, phone, taken, heard };
}

const headers = (
  cseq: string,
  { to = "", contact = "Contact: <sip:a@127.0.0.1:9>" } = {},
): string => `From: <sip:+4930555012345@127.0.0.1>;tag=a1
  To: <sip:bob@127.0.0.1>${to}
  Call-ID: refused
  CSeq: ${cseq}
  ${contact}
  Max-Forwards: 70`;

const invite = (options: { to?: string; contact?: string } = {}, cseq = 1): string =>
  `INVITE sip:bob@127.0.0.1 SIP/2.0\n${headers(`${cseq} INVITE`, options)}`;
const answer = (status: string): string => `SIP/2.0 ${status}\r\nContact: <sip:bob@localhost>\r\n\r\n`;
const transactionOf = (payload: string): string => payload.split("|")[7] ?? "";

await t.test("a second INVITE with the same Call-ID and From tag", async (t) => {
  const { server, app, phone, taken, heard } = await bench();
  phone.request(invite(), someSdp);
  const [first = ""] = await taken(1);
  phone.request(invite(), someSdp);
  const [, second = ""] = await taken(2);
  app.send(`x|sip|${transactionOf(second)}|\r\n${answer("482 Request Merged")}`);
  await heard(/^SIP\/2\.0 482/m);
  t.pass("before any response: handed over");

  app.send(`x|sip|${transactionOf(first)}|\r\n${answer("180 Ringing")}`);
  await heard(/^SIP\/2\.0 180/m);
  phone.heard = "";
  phone.request(invite(), someSdp);
  await heard(/^SIP\/2\.0 100/m);
  app.send(`x|sip|${transactionOf(first)}|\r\n${answer("200 OK")}`);
  await heard(/^SIP\/2\.0 200/m);
  const to = `;tag=${/^SIP\/2\.0 200[^]*?\r\nTo: .*;tag=(\S+)/m.exec(phone.heard)?.[1] ?? ""}`;
  phone.request(`ACK sip:bob@127.0.0.1 SIP/2.0\n${headers("1 ACK", { to })}`);
  t.match((await taken(3))[2], /\r\nACK /, "while ringing: not passed to an application");

  phone.request(invite(), someSdp);
  await heard(/^SIP\/2\.0 491/m);
  t.notMatch(phone.heard, /^SIP\/2\.0 500/m, "in the call: 491");
  phone.request(`BYE sip:bob@127.0.0.1 SIP/2.0\n${headers("2 BYE", { to })}`);
  app.send(`x|sip|${transactionOf((await taken(4))[3] ?? "")}|\r\n${answer("200 OK")}`);
  await heard(/^SIP\/2\.0 500[^]*\r\nCSeq: 1 INVITE/m);
  t.pass("the one that came while it rang gets 500 at the end");
  phone.close();
  app.socket.destroy();
  await stopServer(t, server);
});

await t.test("a re-INVITE without Contact gets 400, and an unmatched PRACK no response", async (t) => {
  const { server, app, phone, taken, heard } = await bench();
  phone.request(invite(), someSdp);
  app.send(`x|sip|${transactionOf((await taken(1))[0] ?? "")}|\r\n${answer("200 OK")}`);
  await heard(/^SIP\/2\.0 200/m);
  const to = `;tag=${/;tag=(\S+)/.exec(phone.header("To"))?.[1] ?? /^SIP\/2\.0 200[^]*?\r\nTo: .*;tag=(\S+)/m.exec(phone.heard)?.[1] ?? ""}`;
  phone.request(`ACK sip:bob@127.0.0.1 SIP/2.0\n${headers("1 ACK", { to })}`);
  await taken(2);
  phone.request(invite({ to, contact: "X-None: 1" }, 2), someSdp);
  await heard(/^SIP\/2\.0 400[^]*\r\nCSeq: 2 INVITE/m);
  phone.request(
    "PRACK sip:bob@127.0.0.1 SIP/2.0\nFrom: <sip:a@127.0.0.1>;tag=p\nTo: <sip:bob@127.0.0.1>\nCall-ID: other\nCSeq: 3 PRACK\nRAck: 1 1 INVITE",
  );
  await until(() => server.faults.some((fault) => fault.includes("PRACK")), "a PRACK");
  t.notMatch(phone.heard, /CSeq: 3 PRACK/);
  phone.request(`BYE sip:bob@127.0.0.1 SIP/2.0\n${headers("4 BYE", { to })}`);
  app.send(`x|sip|${transactionOf((await taken(3))[2] ?? "")}|\r\n${answer("200 OK")}`);
  await heard(/CSeq: 4 BYE/);
  phone.close();
  app.socket.destroy();
  await stopServer(t, server);
});

await t.test("a response to an INVITE over UDP whose Contact has no host crashes the server", async (t) => {
  for (const contact of ["Contact: *", "Contact: <tel:+4930555012345>"]) {
    const { server, app, phone, taken } = await bench();
    phone.request(invite({ contact }), someSdp);
    app.send(`x|sip|${transactionOf((await taken(1))[0] ?? "")}|\r\n${answer("403 Forbidden")}`);
    await app.closed();
    t.notMatch(phone.heard, /SIP\/2\.0 403/, contact);
    phone.close();
    await stopServer(t, server);
  }
});
