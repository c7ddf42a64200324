import { randomBytes } from "node:crypto";

import { XMLParser } from "fast-xml-parser";
import type { Test } from "tap";

import { apiCalls } from "../../../../src/simulators/bbb/api-calls.js";
import type { PhoneAttendee } from "../../../../src/simulators/bbb/api-xml.js";
import { apiChecksum, type ChecksumAlgorithm } from "../../../../src/simulators/bbb/checksum.js";
import { type Meeting, Meetings } from "../../../../src/simulators/bbb/meetings.js";
import { SampleApi } from "../../../../src/simulators/bbb/sample-api.js";
import { systemClock } from "../../../../src/util/clock.js";

export const apiSecret = "639259d4-9dd8-4b25-bf01-95f9567eaf4b";
// Numbers stay strings, as in a correct client: a PIN may begin with 0.
const parser = new XMLParser({
  parseTagValue: false,
  isArray: (name) => ["meeting", "attendee", "breakout"].includes(name),
});

export type Xml = { readonly [element: string]: string | Xml | Xml[] | undefined };

export function parsed(xml: string): Xml {
  return (parser.parse(xml) as { response: Xml }).response;
}

interface Server {
  readonly api: SampleApi;
  readonly meetings: Meetings;
  readonly phones: PhoneAttendee[];
  readonly ended: Meeting[];
  readonly ask: (
    callName: string,
    query?: string,
    options?: { algorithm?: ChecksumAlgorithm; secret?: string },
  ) => Promise<Xml>;
}

export async function serve(t: Test): Promise<Server> {
  const meetings = new Meetings(randomBytes, () => Date.now());
  const phones: PhoneAttendee[] = [];
  const ended: Meeting[] = [];
  const api = await SampleApi.listen({
    address: "127.0.0.1",
    port: 0,
    secret: apiSecret,
    bbbVersion: "3.0.4",
    clock: systemClock,
    calls: apiCalls(
      meetings,
      { phoneAttendees: () => phones, breakoutsOf: (meeting) => meetings.breakoutsOf(meeting) },
      (meeting) => {
        ended.push(...meetings.end(meeting.meetingID));
      },
    ),
  });
  t.teardown(() => api.down());
  return {
    api,
    meetings,
    phones,
    ended,
    ask: async (callName, query = "", { algorithm = "sha256", secret = apiSecret } = {}) => {
      const checksum = apiChecksum(callName, query, secret, algorithm);
      const signed = `${query}${query === "" ? "" : "&"}checksum=${checksum}`;
      const answer = await fetch(`${api.url}${callName}?${signed}`);
      t.equal(answer.status, 200);
      t.match(answer.headers.get("content-type"), /^text\/xml/);
      return parsed(await answer.text());
    },
  };
}
