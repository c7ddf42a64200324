import t from "tap";

import { apiChecksum, hasValidChecksum } from "../../../src/simulators/bbb/checksum.js";
import { Meetings } from "../../../src/simulators/bbb/meetings.js";
import { apiSecret, parsed, serve } from "./support/api-server.js";

await t.test("checksum", async (t) => {
  await t.test("BBB's own example", (t) => {
    const query = "name=Test+Meeting&meetingID=abc123&attendeePW=111222&moderatorPW=333444";
    const expected = "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17";
    t.equal(apiChecksum("create", query, apiSecret, "sha1"), expected);
    const right = { callName: "create", query: `${query}&checksum=${expected}`, checksum: expected, secret: apiSecret };
    t.ok(hasValidChecksum(right));
    t.ok(hasValidChecksum({ ...right, query: `checksum=${expected}&${query}` }), "wherever the parameter stands");
    t.ok(hasValidChecksum({ ...right, checksum: expected.toUpperCase() }), "hex in capitals");
    t.notOk(hasValidChecksum({ ...right, checksum: expected.replace("1", "2") }));
    t.notOk(hasValidChecksum({ ...right, callName: "end" }), "of another call");
    t.notOk(hasValidChecksum({ ...right, secret: "other" }), "with another secret");
    t.notOk(hasValidChecksum({ ...right, checksum: "" }), "empty");
    t.notOk(hasValidChecksum({ ...right, checksum: "é".repeat(40) }), "not hex");
    t.end();
  });

  await t.test("the length selects the algorithm", async (t) => {
    const { ask } = await serve(t);
    for (const algorithm of ["sha1", "sha256", "sha384", "sha512"] as const) {
      t.match(await ask("getMeetings", "", { algorithm }), { returncode: "SUCCESS" }, algorithm);
      t.match(
        await ask("getMeetings", "", { algorithm, secret: "wrong" }),
        { returncode: "FAILED", messageKey: "checksumError" },
        algorithm,
      );
    }
  });
});

await t.test("the root returns the version", async (t) => {
  const { api } = await serve(t);
  for (const url of [api.url, api.url.replace(/\/$/, "")]) {
    t.match(parsed(await (await fetch(url)).text()), {
      returncode: "SUCCESS",
      version: "2.0",
      apiVersion: "2.0",
      bbbVersion: "3.0.4",
    });
  }
});

await t.test("getMeetings of an empty server", async (t) => {
  const { ask } = await serve(t);
  t.strictSame(await ask("getMeetings"), {
    returncode: "SUCCESS",
    meetings: "",
    messageKey: "noMeetings",
    message: "no meetings were found on this server",
  });
});

await t.test("create, list, end", async (t) => {
  const { ask, meetings, phones, ended } = await serve(t);
  const query =
    "meetingID=room-1&name=Physik+%26+%3CKunst%3E&voiceBridge=01234&dialNumber=%2B49+30+1234&attendeePW=a&moderatorPW=m" +
    "&meta_Bbb-Origin=Greenlight&meta_%3Cevil%3E=x&welcome=%25%25CONFNAME%25%25%3A+%25%25DIALNUM%25%25+PIN+%25%25CONFNUM%25%25";
  const created = await ask("create", query);
  t.match(created, {
    returncode: "SUCCESS",
    meetingID: "room-1",
    voiceBridge: "01234",
    attendeePW: "a",
    hasUserJoined: "false",
    messageKey: "",
  });
  t.match(created["internalMeetingID"], /^[0-9a-f]{40}-\d{13}$/);
  const meeting = meetings.find("room-1");
  t.equal(meeting?.welcome, "Physik & <Kunst>: +49 30 1234 PIN 01234");

  t.match(
    await ask("create", query),
    { returncode: "SUCCESS", messageKey: "duplicateWarning" },
    "create may be repeated",
  );
  t.match(await ask("create", "meetingID=room-1&attendeePW=other"), {
    returncode: "FAILED",
    messageKey: "idNotUnique",
  });
  t.match(await ask("create", "meetingID=room-2&voiceBridge=01234"), {
    returncode: "FAILED",
    errors: { error: { key: "nonUniqueVoiceBridge", message: String } },
  });
  t.match(await ask("create", "meetingID=room-2&voiceBridge=12a45"), {
    returncode: "FAILED",
    messageKey: "validationError",
  });
  t.match(await ask("create", "name=x"), { returncode: "FAILED", messageKey: "validationError" });

  t.match(await ask("isMeetingRunning", "meetingID=room-1"), { returncode: "SUCCESS", running: "false" });
  if (meeting !== undefined) meetings.started(meeting);
  phones.push({ memberId: "7", name: "…1234" });
  t.match(await ask("isMeetingRunning", "meetingID=room-1"), { running: "true" });
  t.match(await ask("isMeetingRunning", "meetingID=nope"), { running: "false" });
  t.match(await ask("getMeetings"), {
    returncode: "SUCCESS",
    meetings: {
      meeting: [
        {
          meetingName: "Physik & <Kunst>",
          meetingID: "room-1",
          voiceBridge: "01234",
          dialNumber: "+49 30 1234",
          running: "true",
          participantCount: "1",
          voiceParticipantCount: "1",
          isBreakout: "false",
          attendees: {
            attendee: [{ userID: "v_7", fullName: "…1234", hasJoinedVoice: "true", clientType: "dial-in-user" }],
          },
          metadata: { "bbb-origin": "Greenlight" },
        },
      ],
    },
  });
  t.match(await ask("getMeetingInfo", "meetingID=room-1"), {
    returncode: "SUCCESS",
    meetingID: "room-1",
    voiceBridge: "01234",
  });
  t.match(await ask("getMeetingInfo", "meetingID=nope"), { returncode: "FAILED", messageKey: "notFound" });
  t.match(await ask("end", "meetingID=nope"), { returncode: "FAILED", messageKey: "notFound" });
  t.match(await ask("end", "meetingID=room-1"), { returncode: "SUCCESS", messageKey: "sentEndMeetingRequest" });
  t.strictSame(
    ended.map((each) => each.meetingID),
    ["room-1"],
  );
  t.match(await ask("getMeetings"), { messageKey: "noMeetings" });
  t.match(await ask("getRecordings"), { returncode: "FAILED", messageKey: "unsupportedRequest" });
});

await t.test(
  "a meeting without participants is listed with an end time, which only a browser that joins the empty meeting removes",
  async (t) => {
    const { ask, meetings } = await serve(t);
    await ask("create", "meetingID=room-1&voiceBridge=01234");
    const meeting = meetings.find("room-1");
    if (meeting === undefined) throw new Error("no meeting");
    const listed = async (endTime: string | RegExp, why: string): Promise<void> => {
      t.match(
        await ask("getMeetings"),
        { meetings: { meeting: [{ meetingID: "room-1", endTime, hasBeenForciblyEnded: "false" }] } },
        why,
      );
    };
    meetings.joinedWeb(meeting, { fullName: "Ada", moderator: true }, 0);
    meetings.joinedWeb(meeting, { fullName: "Bob", moderator: false }, 0);
    meetings.leftWeb(meeting, "Ada", 0);
    await listed("0", "one is still there");
    meetings.leftWeb(meeting, "Bob", 1);
    await listed("0", "a caller is still there");
    meetings.joinedWeb(meeting, { fullName: "Bob", moderator: false }, 0);
    meetings.leftWeb(meeting, "Bob", 0);
    await listed(/^[1-9]\d{12}$/, "all have left");
    meetings.joinedWeb(meeting, { fullName: "Ada", moderator: true }, 1);
    await listed(/^[1-9]\d{12}$/, "a caller was there first");
    meetings.leftWeb(meeting, "Ada", 0);
    meetings.joinedWeb(meeting, { fullName: "Ada", moderator: true }, 0);
    await listed("0", "the first one is back");
  },
);

await t.test("a voice bridge of five random digits, leading zeros included", (t) => {
  const numbers = [7, 7, 99_999, 98_765];
  const random = (bytes: number): Buffer => {
    const buffer = Buffer.alloc(bytes);
    if (bytes === 4) buffer.writeUInt32BE(numbers.shift() ?? 1);
    return buffer;
  };
  const meetings = new Meetings(random, () => 1_700_000_000_000);
  const bridges = ["m1", "m2"].map((meetingID) => {
    const created = meetings.create({ meetingID });
    return created.ok ? created.value.meeting.voiceBridge : created.failure.messageKey;
  });
  t.strictSame(bridges, ["00007", "98765"], "never one that is taken, never the echo test");
  t.end();
});

await t.test("breakout rooms", async (t) => {
  const { ask, ended } = await serve(t);
  await ask("create", "meetingID=main&voiceBridge=71234");
  t.match(await ask("create", "meetingID=b0&isBreakout=true&sequence=1"), { messageKey: "parentMeetingIDMissing" });
  const first = await ask("create", "meetingID=b1&isBreakout=true&parentMeetingID=main&sequence=1&freeJoin=true");
  t.match(first, { voiceBridge: "712341" });
  t.match(await ask("create", "meetingID=b12&isBreakout=true&parentMeetingID=main&sequence=12"), {
    voiceBridge: "7123412",
  });
  const listed = await ask("getMeetings");
  t.match(listed, {
    meetings: {
      meeting: [
        { meetingID: "main", isBreakout: "false", breakoutRooms: { breakout: [first["internalMeetingID"], String] } },
        {
          meetingID: "b1",
          isBreakout: "true",
          sequence: "1",
          freeJoin: "true",
          parentMeetingID: first["parentMeetingID"],
        },
        { meetingID: "b12", isBreakout: "true", sequence: "12" },
      ],
    },
  });
  await ask("end", "meetingID=main");
  t.strictSame(
    ended.map((each) => each.meetingID),
    ["main", "b1", "b12"],
    "the rooms end with their parent",
  );
});

await t.test("counts are grouped as BBB's templates do", async (t) => {
  const { ask, phones } = await serve(t);
  await ask("create", "meetingID=big");
  phones.push(...Array.from({ length: 1234 }, (_, index) => ({ memberId: String(index), name: "x" })));
  t.match(await ask("getMeetingInfo", "meetingID=big"), { participantCount: "1,234" });
});

await t.test("simulated failures", async (t) => {
  const { api, ask } = await serve(t);
  await ask("getMeetings");
  t.equal(api.callsSince("getMeetings"), 1);
  t.equal(api.callsSince("getMeetings"), 0);

  await t.test("down and up again on the same port", async (t) => {
    const url = api.url;
    await api.down();
    await t.rejects(fetch(url));
    await api.up();
    t.equal(api.url, url);
    t.equal((await fetch(url)).status, 200);
  });

  await t.test("another secret", async (t) => {
    api.secret = "changed";
    t.match(await ask("getMeetings"), { messageKey: "checksumError" });
    api.secret = apiSecret;
    t.match(await ask("getMeetings"), { returncode: "SUCCESS" });
  });

  await t.test("invalid response, 500, closed connection", async (t) => {
    api.mode = "invalid";
    const rubbish = await (await fetch(api.url)).text();
    t.notMatch(rubbish, /<\/response>/);
    api.mode = "http-500";
    t.equal((await fetch(api.url)).status, 500);
    api.mode = "cut";
    await t.rejects(fetch(api.url));
    api.mode = "normal";
  });

  await t.test("no response until the server is closed", async (t) => {
    api.mode = "hang";
    const asked = new Promise<string>((resolve) => {
      const stop = api.onCall((name) => {
        stop();
        resolve(name);
      });
    });
    const answer = fetch(`${api.url}getMeetings`).then(
      () => "answered",
      () => "failed",
    );
    t.equal(await asked, "getMeetings");
    await api.down();
    t.equal(await answer, "failed");
    api.mode = "normal";
    await api.up();
  });

  await t.test("slow response", async (t) => {
    api.delayMs = 30;
    const from = performance.now();
    t.match(await ask("getMeetings"), { returncode: "SUCCESS" });
    t.ok(performance.now() - from >= 25);
    api.delayMs = 60_000;
    const answer = fetch(api.url).then(
      () => "answered",
      () => "failed",
    );
    await new Promise<void>((resolve) => {
      const stop = api.onCall(() => {
        stop();
        resolve();
      });
    });
    await api.down();
    t.equal(await answer, "failed", "a held answer is given up with the server");
    await api.up();
  });

  await t.test("paths outside of the API", async (t) => {
    api.delayMs = 0;
    t.equal((await fetch(new URL("/", api.url))).status, 404);
    t.equal((await fetch(`${api.url}a/b`)).status, 404);
  });
});
