import { once } from "node:events";

import Srf from "drachtio-srf";
import t, { type Test } from "tap";

import { makeCertificates } from "../../src/simulators/certificates.js";
import { type SipDialog, SipUserAgent } from "../../src/softphone/sip/index.js";
import type { Result } from "../../src/util/result.js";
import {
  answerCalls,
  answerTo,
  type App,
  type Dialog,
  failureOf,
  settled,
  someSdp,
} from "../simulators/drachtio/support.js";
import { inTime } from "../support/deadline.js";
import { startEngines } from "./support/engines.js";
import { soundsDirectory } from "./support/world.js";

/** What drachtio does with the dialogs of an application that has gone: simulator or drachtio-server. */
const certificates = await makeCertificates();
const engines = await startEngines(certificates, soundsDirectory);
t.teardown(() => engines.close());
const moved = someSdp.replace("4000", "5000");
const trunk = `sip:+493023125001@127.0.0.1:${engines.sip.tls};transport=tls`;

interface Application {
  readonly app: App;
  readonly leave: () => Promise<void>;
}

async function application(t: Test): Promise<Application> {
  const srf = new Srf();
  const connected = once(srf, "connect") as Promise<[unknown]>;
  await srf.connect(engines.control);
  const [error] = await connected;
  if (error instanceof Error) throw error;
  const app = srf as unknown as App;
  let left = false;
  const leave = (): void => {
    if (!left) app.disconnect();
    left = true;
  };
  t.teardown(leave);
  return {
    app,
    leave: async () => {
      leave();
      // drachtio notices the end of the connection after it: an out-of-dialog request has no route then.
      await inTime("the application has left", untilRefused());
    },
  };
}

async function phone(t: Test): Promise<SipUserAgent> {
  const agent = await SipUserAgent.listen({
    listen: [{ transport: "tcp", address: "127.0.0.1", port: 0 }],
    tls: { ca: certificates.ca },
    userAgent: "test",
  });
  t.teardown(() => agent.close());
  return agent;
}

interface Orphan {
  readonly id: string;
  readonly theirs: SipDialog;
}

const maxTries = 100;

async function untilRefused(): Promise<void> {
  const agent = await SipUserAgent.listen({ listen: [], tls: { ca: certificates.ca }, userAgent: "test" });
  for (let tries = 0; tries < maxTries; tries++) {
    const call = await agent.invite({ uri: trunk, from: { user: "0" }, sdp: someSdp }).result;
    if (!call.ok) break;
    await call.value.bye();
  }
  await agent.close();
}

/** A caller's dialog whose application has gone. */
async function orphan(t: Test): Promise<Orphan> {
  const { app, leave } = await application(t);
  const caller = await phone(t);
  const { first } = await answerCalls(app);
  const call = await caller.invite({ uri: trunk, from: { user: "+4915223125678" }, sdp: someSdp }).result;
  if (!call.ok) throw new Error(`refused: ${call.failure.status}`);
  const { dialog } = await first;
  await leave();
  return { id: dialog.id, theirs: call.value };
}

const placeholder = "sip:placeholder";

async function inside(app: App, stackDialogId: string, method: string, more: object = {}): Promise<number> {
  return (await answerTo(app, { method, uri: placeholder, stackDialogId, ...more })).status;
}

async function refusal(app: App, stackDialogId: string, method = "OPTIONS"): Promise<string> {
  return String(await failureOf(inside(app, stackDialogId, method)));
}

function statusOf(result: Result<{ readonly status?: number }, { readonly status: number }>): number {
  return result.ok ? (result.value.status ?? 200) : result.failure.status;
}

const unknown = /unable to find dialog for dialog id provided/;

await t.test("without an application an INVITE is refused at once", async (t) => {
  const caller = await phone(t);
  const at = performance.now();
  const refused = await caller.invite({ uri: trunk, from: { user: "+4915223125678" }, sdp: someSdp }).result;
  t.match(refused, { ok: false, failure: { status: 503 } });
  t.ok(performance.now() - at < 1_000, "within a second");
});

await t.test("another application sends requests in the dialog", async (t) => {
  const { id, theirs } = await orphan(t);
  const { app } = await application(t);
  const offers: string[] = [];
  theirs.onReinvite = ({ body }) => {
    offers.push(body);
    return { sdp: moved };
  };
  t.equal(await inside(app, id, "OPTIONS"), 200);
  t.equal(
    await inside(app, id, "INFO", { headers: { "Content-Type": "application/dtmf-relay" }, body: "Signal=1" }),
    200,
  );

  const answer = await answerTo(app, { method: "INVITE", uri: placeholder, stackDialogId: id, body: someSdp });
  t.equal(answer.status, 200);
  t.equal(answer.body, moved);
  t.strictSame(offers, [someSdp]);
  app.request({ method: "ACK", uri: placeholder, stackDialogId: id }, () => undefined);
  await settled(app);

  t.equal(await inside(app, id, "BYE"), 200);
  t.match(await inTime("BYE", theirs.ended), { by: "remote" });
  t.match(await refusal(app, id), unknown);
});

await t.test("the caller's requests get 481 from drachtio, with another application too", async (t) => {
  const requests: Readonly<Record<string, (theirs: SipDialog) => Promise<number>>> = {
    INFO: async (theirs) => statusOf(await theirs.info("application/dtmf-relay", "Signal=2")),
    INVITE: async (theirs) => statusOf(await theirs.reinvite(moved)),
    UPDATE: async (theirs) => statusOf(await theirs.update()),
  };
  for (const [method, send] of Object.entries(requests)) {
    const { id, theirs } = await orphan(t);
    const { app, leave } = await application(t);
    t.equal(await inside(app, id, "OPTIONS"), 200);
    t.equal(await send(theirs), 481, method);
    // After a 481 the phone has no dialog (RFC 3261 section 12.2.1.2), but drachtio still passes requests to it.
    t.equal(await inside(app, id, "OPTIONS"), 481, `drachtio has the dialog after ${method}`);
    t.equal(await inside(app, id, "BYE"), 481);
    t.match(await refusal(app, id), unknown);
    await leave();
  }
});

await t.test("the caller's BYE gets 481 and removes the dialog", async (t) => {
  const { id, theirs } = await orphan(t);
  await theirs.bye();
  const { app } = await application(t);
  t.match(await refusal(app, id), unknown);
  t.match(await refusal(app, id, "BYE"), unknown);
  t.match(await refusal(app, id, "INVITE"), unknown);
});

await t.test("a dialog that the application began", async (t) => {
  const first = await application(t);
  const callee = await phone(t);
  const accepted = new Promise<SipDialog>((resolve) => {
    callee.onInvite = (invite) => {
      resolve(invite.accept(moved));
    };
  });
  const port = callee.addresses[0]?.port ?? 0;
  const dialog: Dialog = await first.app.createUAC(`sip:bob@127.0.0.1:${port};transport=tcp`, { localSdp: someSdp });
  const theirs = await accepted;
  await first.leave();
  const { app } = await application(t);
  t.equal(await inside(app, dialog.id, "OPTIONS"), 200);
  await theirs.bye();
  t.match(await refusal(app, dialog.id), unknown);
});

await t.test("two applications: the requests of a dialog go to the one that has it", async (t) => {
  const { id, theirs } = await orphan(t);
  const { app } = await application(t);
  const other = await application(t);
  t.equal(await inside(app, id, "OPTIONS"), 200);
  t.equal(await inside(other.app, id, "OPTIONS"), 200);
  t.equal(await inside(app, id, "BYE"), 200);
  t.match(await inTime("BYE", theirs.ended), { by: "remote" });
  t.match(await refusal(other.app, id), unknown);
});
