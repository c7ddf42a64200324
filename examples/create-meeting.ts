/**
 * How a front end enables dial-in: reserve the room's PIN, pass it to BBB's `create`, show it.
 *
 *   EINWAHL_URL=http://127.0.0.1:8080 EINWAHL_TOKEN=demo-token BBB_URL=http://127.0.0.1:8081/bigbluebutton/api \
 *   BBB_SECRET=demo-bbb-secret node dist/examples/create-meeting.js "Weekly meeting"
 */
import { createHash } from "node:crypto";
import process from "node:process";

import { createParameters, describeFailure, EinwahlClient } from "einwahl/client";

const { EINWAHL_URL = "", EINWAHL_TOKEN = "", BBB_URL = "", BBB_SECRET = "" } = process.env;
const [meetingID = "Weekly meeting"] = process.argv.slice(2);

// The PIN is reserved from now on and stays the same each time the meeting is created.
const einwahl = new EinwahlClient({ url: EINWAHL_URL, token: EINWAHL_TOKEN });
const reserved = await einwahl.reserve(meetingID);
if (!reserved.ok) {
  process.stderr.write(`${describeFailure(reserved.failure)}\n`);
  process.exit(1);
}
const room = reserved.value;

// meetingID, voiceBridge and dialNumber come from einwahl; the other parameters are the front end's.
const query = new URLSearchParams({
  ...createParameters(room),
  name: meetingID,
  attendeePW: "ap",
  moderatorPW: "mp",
}).toString();
const checksum = createHash("sha256").update(`create${query}${BBB_SECRET}`).digest("hex");
const answer = await (await fetch(`${BBB_URL.replace(/\/+$/, "")}/create?${query}&checksum=${checksum}`)).text();
if (!answer.includes("<returncode>SUCCESS</returncode>")) {
  process.stderr.write(`BBB refuses: ${/<message>([^<]*)/.exec(answer)?.[1] ?? "without a reason"}\n`);
  process.exit(1);
}

process.stdout.write(
  `${room.text.en}\n\n${JSON.stringify({ meetingID, dialNumber: room.dialNumber, pin: room.pin, page: room.page })}\n`,
);
