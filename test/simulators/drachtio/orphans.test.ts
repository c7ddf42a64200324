import t from "tap";

import { makeCertificates } from "../../../src/simulators/certificates.js";
import { from, listen, until, uriOf } from "../../softphone/sip/support.js";
import { FakeClock } from "../../support/fake-clock.js";
import { answeredCall, answerTo, application, failureOf, someSdp, startServer, stopServer } from "./support.js";

await t.test("drachtio refreshes the session of a dialog whose application has gone", async (t) => {
  const clock = new FakeClock();
  const server = await startServer({ clock });
  const phone = await listen();
  const app = await application(server);
  const headers = [
    ["Session-Expires", "1800;refresher=uas"],
    ["Supported", "timer"],
  ] as const;
  const { dialog, theirs } = await answeredCall(app, phone, uriOf(server), { call: { headers } });
  await theirs.info("text/plain", "x");
  app.disconnect();
  await until(() => server.counts().applications === 0, "application gone");
  const refreshed: string[] = [];
  theirs.onReinvite = ({ body }) => {
    refreshed.push(body);
    return { sdp: someSdp };
  };
  clock.advanceSync(900_000);
  await until(() => refreshed.length === 1 && server.counts().transactions === 0, "a refresh");
  t.same(refreshed, [someSdp]);
  const next = await application(server);
  const bye = await answerTo(next, { method: "BYE", uri: "sip:placeholder", stackDialogId: dialog.id });
  t.equal(bye.status, 200);
  next.disconnect();
  await until(() => server.counts().applications === 0, "application gone");
  await phone.close();
  await stopServer(t, server);
  t.equal(clock.pending, 0);
});

await t.test("a drachtio that has died takes its connections along, and the next one knows no dialog", async (t) => {
  const certificates = await makeCertificates();
  const sip = (port: number) => [{ transport: "tls" as const, address: "127.0.0.1", port }];
  const server = await startServer({ sip: sip(0), tls: certificates });
  const port = server.addresses[0]?.port ?? 0;
  const phone = await listen({ listen: [], tls: { ca: certificates.ca } });
  const first = await application(server);
  // It tries to connect again.
  first.on("error", () => undefined);
  const { dialog, theirs } = await answeredCall(first, phone, uriOf(server));
  await theirs.info("text/plain", "x");
  await server.close();
  first.disconnect();
  await until(() => phone.counts().connections === 0, "the connection has ended");

  const next = await startServer({ sip: sip(port), tls: certificates });
  const app = await application(next);
  const failed = await failureOf(
    answerTo(app, { method: "OPTIONS", uri: "sip:placeholder", stackDialogId: dialog.id }),
  );
  t.match(String(failed), /unable to find dialog for dialog id provided/);
  t.match(await theirs.reinvite(someSdp), { ok: false, failure: { status: 481 } });
  app.disconnect();
  await until(() => next.counts().applications === 0, "application gone");
  const refused = await phone.invite({ uri: uriOf(next), from, sdp: someSdp }).result;
  t.match(refused, { ok: false, failure: { status: 503 } });
  await phone.close();
  await stopServer(t, next);
});
