import process from "node:process";

import t from "tap";

import { KeptRecord } from "../../src/media/kept-record.js";

/** A record of a channel, and the commands that it has sent. */
function kept(): { readonly record: KeptRecord; readonly sent: string[] } {
  const sent: string[] = [];
  const record = new KeptRecord({
    channelId: "one",
    seal: (text, base) => (base === undefined ? `sealed-${text}` : `${base.sealed}-to-${text}`),
    api: (command, argument) => sent.push(`${command} ${argument}`),
  });
  return { record, sent };
}

const endOfTurn = async (): Promise<void> => {
  await new Promise<void>((resolve) => {
    process.nextTick(resolve);
  });
};

await t.test("an application that begins at the same moment carries the record", async (t) => {
  const { record, sent } = kept();
  record.keep("a", "de");
  t.equal(
    record.carriedBy("file_string:///x.wav"),
    "{einwahl_kept=${uuid_setvar_multi(one einwahl_call=sealed-a;einwahl_language=de)}}file_string:///x.wav",
  );
  t.equal(record.carriedBy("file_string:///y.wav"), "file_string:///y.wav", "once");
  await endOfTurn();
  t.strictSame(sent, [], "nothing else is sent");
  record.keep("b", "de");
  await endOfTurn();
  t.strictSame(sent, ["uuid_setvar one einwahl_change sealed-a-to-b"], "then the change only");
});

await t.test("without an application the record is sent in the same turn, the latest only", async (t) => {
  const { record, sent } = kept();
  record.keep("a", "de");
  record.keep("b", "en");
  t.strictSame(sent, []);
  await endOfTurn();
  t.strictSame(sent, ["uuid_setvar one einwahl_call sealed-b", "uuid_setvar one einwahl_language en"]);
  record.keep("c", "de");
  record.flush();
  t.strictSame(sent.slice(2), ["uuid_setvar one einwahl_change sealed-b-to-c", "uuid_setvar one einwahl_language de"]);
  await endOfTurn();
  t.equal(sent.length, 4, "not twice");
});
