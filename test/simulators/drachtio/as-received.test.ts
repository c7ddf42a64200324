import t from "tap";

import { listen, until } from "../../softphone/sip/support.js";
import { RawPhone } from "../../support/raw-phone.js";
import { RawApplication, startServer, stopServer } from "./support.js";

const dialogHeaders = (cseq: string, toTag = ""): string => `From: <sip:+4930555012345@127.0.0.1>;tag=a1
  To: <sip:bob@127.0.0.1>${toTag}
  Call-ID: as-received
  CSeq: ${cseq}
  Contact: <sip:a@127.0.0.1;transport=tcp>
  Max-Forwards: 70`;

async function connected(...verbs: readonly string[]): Promise<{
  server: Awaited<ReturnType<typeof startServer>>;
  app: RawApplication;
  next: (what: RegExp) => Promise<string>;
}> {
  const server = await startServer();
  const app = await RawApplication.connect(server);
  await app.ask("authenticate|secret|");
  for (const verb of verbs) await app.ask(`route|${verb}`);
  const next = async (what: RegExp): Promise<string> => {
    await until(() => app.heard.some((payload) => what.test(payload)), String(what));
    return app.heard.find((payload) => what.test(payload)) ?? "";
  };
  return { server, app, next };
}

const portOf = (
  server: { readonly addresses: readonly { readonly transport: string; readonly port: number }[] },
  transport: string,
): number => server.addresses.find((address) => address.transport === transport)?.port ?? 0;

/** The transaction id of a delivered message. */
const transactionOf = (payload: string): string => payload.split("|")[7] ?? "";

await t.test(
  "start line and headers are passed on unchanged: lower-case version, bare line feeds, compact names, extra spaces",
  async (t) => {
    const { server, app, next } = await connected("options");
    const phone = await RawPhone.open({ transport: "udp", port: portOf(server, "udp") });
    phone.request(
      `OPTIONS sip:bob@127.0.0.1 sip/2.0\n${dialogHeaders("1 OPTIONS").replace("Call-ID", "i")}\nX-Odd:1`,
      "",
      "\n",
    );
    const payload = await next(/^sip\|network/);
    t.match(
      payload,
      /\|\r\nOPTIONS sip:bob@127\.0\.0\.1 sip\/2\.0\nVia: SIP\/2\.0\/UDP [^\n]*;received=127\.0\.0\.1\r\nFrom: /,
    );
    t.match(payload, /\ni: as-received\n[^]*\nX-Odd:1\nContent-Length: 0\n\n$/);
    app.send(`x|sip|${transactionOf(payload)}|\r\nSIP/2.0 200 OK\r\n\r\n`);
    await until(() => phone.heard.startsWith("SIP/2.0 200"), "a 200");
    phone.close();
    app.socket.destroy();
    await stopServer(t, server);
  },
);

await t.test("a malformed header: 400 outside of dialogs, passed on within", async (t) => {
  const { server, app, next } = await connected("invite", "info");
  const phone = await RawPhone.open({ transport: "tcp", port: portOf(server, "tcp") });
  phone.request(`INVITE sip:bob@127.0.0.1 SIP/2.0\n${dialogHeaders("1 INVITE")}\nX-Node sbc-3 (the colon is missing)`);
  await until(() => phone.heard.includes("SIP/2.0 400"), "a 400");
  t.notOk(
    app.heard.some((payload) => payload.startsWith("sip|")),
    "the application sees nothing of it",
  );
  phone.request(
    `ACK sip:bob@127.0.0.1 SIP/2.0\n${dialogHeaders("1 ACK", `;${/tag=\S+/.exec(phone.header("To"))?.[0] ?? ""}`)}`,
  );

  phone.heard = "";
  phone.request(`INVITE sip:bob@127.0.0.1 SIP/2.0\n${dialogHeaders("2 INVITE")}`);
  const invite = await next(/\r\nINVITE /);
  app.send(`x|sip|${transactionOf(invite)}|\r\nSIP/2.0 200 OK\r\nContact: <sip:bob@localhost>\r\n\r\n`);
  await until(() => phone.heard.includes("SIP/2.0 200"), "a 200");
  const toTag = `;${/tag=\S+/.exec(/^SIP\/2\.0 200[^]*?\r\nTo: (.*)\r\n/m.exec(phone.heard)?.[1] ?? "")?.[0] ?? ""}`;
  phone.request(`ACK sip:bob@127.0.0.1 SIP/2.0\n${dialogHeaders("2 ACK", toTag)}`);
  phone.request(
    `INFO sip:bob@127.0.0.1 SIP/2.0\n${dialogHeaders("3 INFO", toTag)}\nX-Node sbc-3 (the colon is missing)`,
  );
  const info = await next(/\r\nINFO /);
  t.match(info, /\r\nX-Node sbc-3 \(the colon is missing\)\r\n/);
  app.send(`x|sip|${transactionOf(info)}|\r\nSIP/2.0 200 OK\r\n\r\n`);
  await until(() => /SIP\/2\.0 200[^]*CSeq: 3 INFO/.test(phone.heard), "a 200 for INFO");
  phone.request(`BYE sip:bob@127.0.0.1 SIP/2.0\n${dialogHeaders("4 BYE", toTag)}`);
  app.send(`x|sip|${transactionOf(await next(/\r\nBYE /))}|\r\nSIP/2.0 200 OK\r\n\r\n`);
  await until(() => /CSeq: 4 BYE/.test(phone.heard), "a 200 for BYE");
  phone.close();
  app.socket.destroy();
  await stopServer(t, server);
});

await t.test("a malformed header in a response is passed on", async (t) => {
  const { server, app, next } = await connected();
  const registrar = await listen();
  registrar.onRequest = ({ request, respond }) => {
    t.equal(request.method, "REGISTER");
    respond(200, { headers: [["X-Node sbc-3\r\nX-Good", "1"]] });
  };
  const port = registrar.addresses.find(({ transport }) => transport === "udp")?.port ?? 0;
  app.send(`x|sip||\r\nREGISTER sip:127.0.0.1:${port} SIP/2.0\r\n\r\n`);
  t.match(await next(/\r\nSIP\/2\.0 200/), /\r\nX-Node sbc-3\r\nX-Good: 1\r\n/);
  await registrar.close();
  app.socket.destroy();
  await stopServer(t, server);
});
