import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { EinwahlClient, type RoomStatus } from "einwahl/client";
import t from "tap";

import { World } from "./support/world.js";

const token = "front-end-token";
const example = fileURLToPath(new URL("../../examples/create-meeting.js", import.meta.url));

/** The front end: a script that uses only the client, in a separate process. */
async function runFrontEnd(
  environment: Readonly<Record<string, string>>,
  meetingID: string,
): Promise<{ readonly status: number | null; readonly output: string }> {
  const child = spawn(process.execPath, [example, meetingID], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  return await new Promise((resolve) => {
    child.once("close", (status) => {
      resolve({ status, output });
    });
  });
}

await t.test("reserve, create, show, call in, count, delete", async (t) => {
  const world = await World.start(t, {
    settings: (settings) => ({
      ...settings,
      http: {
        tokens: [
          {
            name: "front-end",
            sha256: createHash("sha256").update(token).digest("hex"),
            scopes: ["rooms:read", "rooms:write", "statistics:read"],
          },
        ],
      },
      statistics: "token",
    }),
  });
  const [bbb] = world.bbbs;
  const url = `http://127.0.0.1:${world.einwahl.httpPort}`;
  const meetingID = "Raum 7 / Übung 🎙";
  const { status, output } = await runFrontEnd(
    { EINWAHL_URL: url, EINWAHL_TOKEN: token, BBB_URL: bbb.apiUrl, BBB_SECRET: "test-bbb-secret" },
    meetingID,
  );
  t.equal(status, 0);
  const shown = JSON.parse(output.trim().split("\n").at(-1) ?? "") as {
    readonly dialNumber: string;
    readonly pin: string;
    readonly page: string;
  };
  t.equal(shown.dialNumber, "+49 30 23125001");
  t.match(output, /^Join by phone:\n/);
  const page = new URL(shown.page);
  t.equal(page.hash, `#${shown.pin}`, "browsers keep the PIN to themselves");
  // Posted by the page's script like its form.
  page.hash = "";
  const posted = await fetch(page, { method: "POST", body: new URLSearchParams({ pin: shown.pin }) });
  t.match(await posted.text(), new RegExp(shown.pin.replace(/(...)(?=.)/g, "$1 ")));

  const client = new EinwahlClient({ url, token });
  const statusOf = async (): Promise<RoomStatus> => {
    const answer = await client.status(meetingID);
    if (!answer.ok) throw new Error(JSON.stringify(answer.failure));
    return answer.value;
  };
  const phone = await world.phone();
  const call = await phone.dial({ ...world.line(), number: "+4915223125678" });
  const answered = await call.answered;
  t.equal(answered.ok, true);
  const joined = bbb.waitForMember(shown.pin, 15_000);
  await call.sendDigits(shown.pin);
  t.ok(await joined, "the PIN of the reservation leads into the meeting");
  await world.stages.next("talking", ({ stage }) => stage === "talking", { past: true });
  t.same(await statusOf(), { meetingID, running: true, callers: 1 });
  const calls = await client.calls(meetingID);
  const [found] = calls.ok ? calls.value.calls : [];
  const now = await client.statistics();
  t.match(now, { ok: true, value: { callsNow: 1, conferencesWithCallers: 1, days: [] } });

  const over = world.reports.next("the call's report", () => true);
  await call.hangUp();
  await over;
  t.same(await statusOf(), { meetingID, running: true, callers: 0 });
  const line = world.log.past.find((each) => each.includes('"msg":"call ended"'));
  t.match(
    JSON.parse(line ?? "{}"),
    {
      call: found?.id,
      cause: "caller-hung-up",
      trunk: "line",
      server: bbb.name,
      codec: /./,
      srtp: { trunk: /AE/, bbb: /AE/ },
      audio: { packets: Number, lossRate: 0 },
    },
    "the log has the whole call under the id that the front end received",
  );
  t.match(await client.calls(meetingID), { ok: true, value: { calls: [] } });
  t.same(await client.delete(meetingID), { ok: true, value: undefined });
  t.match(await client.status(meetingID), {
    ok: false,
    failure: { kind: "problem", problem: { code: "room-not-found" } },
  });

  t.notMatch(world.log.past.join("\n"), new RegExp(shown.pin), "no PIN in the log");
  t.notMatch(world.log.past.join("\n"), /front-end-token/);
});
