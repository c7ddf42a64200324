import t from "tap";

import type { Meeting } from "../../src/bbb/meeting.js";
import { MeetingsReader } from "../../src/bbb/meetings-reader.js";
import type { Result } from "../../src/util/result.js";
import { seeded } from "../support/seeded.js";

function answer(meetings: string): string {
  return `<response>\n<returncode>SUCCESS</returncode>\n<meetings>${meetings}</meetings>\n</response>`;
}

function meeting(voiceBridge: string, id: string, more = ""): string {
  return `<meeting><meetingName>Erika &amp; Max&apos;s &lt;room&gt;</meetingName><meetingID>room</meetingID><internalMeetingID>${id}</internalMeetingID>
    <createTime>1700000000000</createTime><voiceBridge>${voiceBridge}</voiceBridge><dialNumber>030 123456</dialNumber><running>true</running>
    <participantCount>1.234</participantCount>${more}</meeting>`;
}

/** Parses the response in one chunk, or in chunks of this many bytes. */
function readMeetings(
  xml: string | Buffer,
  lengths: () => number = () => Infinity,
): Result<readonly Meeting[], string> {
  const bytes = Buffer.from(xml);
  const reader = new MeetingsReader();
  for (let at = 0; at < bytes.length;) {
    const to = at + lengths();
    reader.read(bytes.subarray(at, to));
    at = to;
  }
  return reader.end();
}

/** The meetings as `voiceBridge/id`, or the fault of the response. */
function read(xml: string): string[] | string {
  const meetings = readMeetings(xml);
  return meetings.ok
    ? meetings.value.map(({ meetingId, voiceBridge }) => `${voiceBridge.reveal()}/${meetingId}`)
    : meetings.failure;
}

/** The result as text, with PINs. */
function plain(meetings: Result<readonly Meeting[], string>): string {
  return JSON.stringify(
    meetings.ok
      ? { ok: true, meetings: meetings.value.map((each) => ({ ...each, voiceBridge: each.voiceBridge.reveal() })) }
      : meetings,
  );
}

await t.test("several meetings, a single one, none", (t) => {
  t.strictSame(read(answer(meeting("11111", "a-1") + meeting("22222", "b-2"))), ["11111/a-1", "22222/b-2"]);
  t.strictSame(read(answer(meeting("11111", "a-1"))), ["11111/a-1"]);
  t.strictSame(read(answer("")), []);
  t.strictSame(
    read(
      "<response><returncode>SUCCESS</returncode><meetings/><messageKey>noMeetings</messageKey><message>no meetings were found on this server</message></response>",
    ),
    [],
  );
  t.strictSame(read("<response><returncode>SUCCESS</returncode></response>"), []);
  t.end();
});

await t.test("the creation time comes from the id, equal in all responses, or from createTime", (t) => {
  for (const [id, createTime, createdAt] of [
    ["183f0bf3a0982a127bdb8161e0c44eb696b3e75c-1700000000001", "1700000000000", 1_700_000_000_001],
    ["room", "1700000000000", 1_700_000_000_000],
    ["room-17", "", undefined],
    ["room", "Fri Nov 14", undefined],
    ["room", "-1700000000000", undefined],
  ] as const) {
    const meetings = readMeetings(
      answer(
        `<meeting><internalMeetingID>${id}</internalMeetingID><createTime>${createTime}</createTime><voiceBridge>12345</voiceBridge></meeting>`,
      ),
    );
    t.equal(meetings.ok ? meetings.value[0]?.createdAt : "unread", createdAt, `${id} ${createTime}`);
  }
  t.end();
});

await t.test("a PIN is text", (t) => {
  t.strictSame(
    read(
      answer(
        ["00042", "0", "1e3", "0x1F", "12345678901", "123456789012", "", "-5", "1.5", "+49", " 777 ", "12 34", "٣٣٣"]
          .map((pin, at) => meeting(pin, `m-${at}`))
          .join(""),
      ),
    ),
    ["00042/m-0", "0/m-1", "12345678901/m-4", "777/m-10"],
  );
  t.end();
});

await t.test("ended and incomplete meetings are skipped", (t) => {
  const over = meeting("11111", "a-1", "<hasBeenForciblyEnded>true</hasBeenForciblyEnded>");
  const going = meeting("22222", "b-2", "<hasBeenForciblyEnded>false</hasBeenForciblyEnded>");
  const twice = meeting("33333", "c-3", "<voiceBridge>44444</voiceBridge>");
  t.strictSame(
    read(
      answer(
        `${over}${going}${twice}<meeting/><meeting>text</meeting><meeting><voiceBridge>55555</voiceBridge></meeting>${meeting("66666", "")}`,
      ),
    ),
    ["22222/b-2"],
  );
  t.end();
});

await t.test("meetings that are listed after their end", (t) => {
  const listed = (endTime: string, people: string): string =>
    `<meeting><internalMeetingID>a-1</internalMeetingID><voiceBridge>11111</voiceBridge><hasBeenForciblyEnded>false</hasBeenForciblyEnded><endTime>${endTime}</endTime>${people}</meeting>`;
  const nobody = "<running>false</running><participantCount>0</participantCount>";
  t.strictSame(read(answer(listed("1700000001000", nobody))), []);
  t.strictSame(read(answer(listed("1,700,000,001,000", nobody))), [], "BBB 2.2 and older group its digits");
  t.strictSame(read(answer(listed("0", nobody))), ["11111/a-1"], "not begun yet");
  t.strictSame(read(answer(listed("", nobody))), ["11111/a-1"]);
  const caller = "<running>true</running><participantCount>1</participantCount>";
  t.strictSame(
    read(answer(listed("1700000001000", caller))),
    ["11111/a-1"],
    "a caller came after all had left: BBB does not take the time back then",
  );
  t.end();
});

await t.test("ids are decoded: entities, references, any language", (t) => {
  const breakout = `<meeting><internalMeetingID>R&amp;D &#x4F1A;&#8212;ü-1</internalMeetingID><voiceBridge>11111</voiceBridge><isBreakout>true</isBreakout>
    <parentMeetingID>R&amp;D &lt;&quot;A&quot;&gt; &apos;ü&apos; &#228;</parentMeetingID></meeting>`;
  const meetings = readMeetings(answer(breakout));
  t.match(meetings, { ok: true, value: [{ meetingId: "R&D 会—ü-1", parentId: `R&D <"A"> 'ü' ä` }] });
  t.end();
});

await t.test("a meeting has its own number, not that of its breakout rooms, attendees or metadata", (t) => {
  const inner = "<internalMeetingID>evil</internalMeetingID><voiceBridge>99999</voiceBridge>";
  const hiding = [
    `<attendees><attendee><fullName>${inner}</fullName></attendee></attendees>`,
    `<metadata>${inner}</metadata>`,
    `<breakoutRooms><breakout>${inner}</breakout></breakoutRooms>`,
    `<attendees><attendee><fullName><![CDATA[</fullName></attendee></attendees></meeting><meeting>${inner}</meeting><meeting><attendees>]]></fullName></attendee></attendees>`,
    `<metadata><x><![CDATA[</x></metadata>${inner}<metadata>]]></x></metadata>`,
    `<attendees><attendees>${inner}</attendees></attendees>`,
    `<!-- ${inner} -->`,
    `<x><![CDATA[${inner}]]></x>`,
    `<attendees><attendee><fullName>&lt;/attendees&gt;${inner.replaceAll("<", "&lt;")}</fullName></attendee></attendees>`,
  ];
  for (const [row, more] of hiding.entries())
    t.strictSame(read(answer(meeting("11111", "a-1", more))), ["11111/a-1"], `row ${row}`);
  const name = `<![CDATA[</meetingName></meeting><meeting>${inner}</meeting><meeting><meetingName>]]>`;
  t.strictSame(
    read(
      answer(
        `<meeting><meetingName>${name}</meetingName><internalMeetingID>a</internalMeetingID><voiceBridge>11111</voiceBridge></meeting>`,
      ),
    ),
    ["11111/a"],
  );
  t.end();
});

await t.test("responses that are not from a BBB API", (t) => {
  const faults: readonly (readonly [xml: string, fault: string])[] = [
    ["", "the response is not from a BBB API"],
    ["502 Bad Gateway", "the response is not from a BBB API"],
    [
      "<!DOCTYPE html><html><head><title>502</title></head><body><p>nginx<br></body></html>",
      "the response is not from a BBB API",
    ],
    ['{"response":{"returncode":"SUCCESS"}}', "the response is not from a BBB API"],
    ["<response></response>", "the response is not from a BBB API"],
    ["<response/>", "the response is not from a BBB API"],
    ["<response><returncode/></response>", "the API refused: without a reason"],
    [
      "<response><returncode>FAILED</returncode><messageKey>checksumError</messageKey><message>You did not pass the checksum security check</message></response>",
      "the API refused: checksumError",
    ],
    [
      "<response><returncode>FAILED</returncode><messageKey>&lt;b&gt; +49 151 12345678</messageKey></response>",
      "the API refused: without a reason",
    ],
    [
      "<response><returncode>FAILED</returncode><errors><error><key>checksumError</key><message>You did not pass the checksum security check</message></error></errors></response>",
      "the API refused: checksumError",
    ],
    [
      '<response><returncode>FAILED</returncode><errors><error key="checksumError" message="You did not pass the checksum security check"/></errors></response>',
      "the API refused: checksumError",
    ],
    [
      "<response><returncode>FAILED</returncode><errors>\n<error><key>\nMissingParam\n</key></error><error><key>checksumError</key></error></errors></response>",
      "the API refused: MissingParam",
    ],
    [
      '<response><returncode>FAILED</returncode><errors><error key="MissingParam"/><error key="checksumError"/></errors></response>',
      "the API refused: MissingParam",
    ],
    [
      '<response><returncode>FAILED</returncode><errors><error key="+49 151 12345678"/></errors></response>',
      "the API refused: without a reason",
    ],
    ["<response><returncode>FAILED</returncode><errors/></response>", "the API refused: without a reason"],
    ["<response><returncode>FAILED</returncode></response>", "the API refused: without a reason"],
    ["<response><returncode>success</returncode></response>", "the API refused: without a reason"],
  ];
  for (const [row, [xml, fault]] of faults.entries()) t.equal(read(xml), fault, `row ${row}`);
  t.end();
});

await t.test("truncated: not a response, since missing meetings would count as ended", (t) => {
  const whole = answer(
    meeting("11111", "a-1") +
      meeting("22222", "b-2", "<attendees><attendee><fullName>x</fullName></attendee></attendees>"),
  );
  for (let length = 0; length < whole.length; length += 7)
    t.match(read(whole.slice(0, length)), /truncated|not from a BBB API/, `cut at ${length}`);
  t.strictSame(read(whole), ["11111/a-1", "22222/b-2"]);
  t.end();
});

await t.test("breakout rooms name the meeting of their main room", (t) => {
  const meetings = readMeetings(
    answer(
      [
        meeting("11111", "a-1", "<isBreakout>false</isBreakout>"),
        meeting(
          "111111",
          "b-2",
          "<isBreakout>true</isBreakout><parentMeetingID>a-1</parentMeetingID><sequence>1</sequence><freeJoin>false</freeJoin>",
        ),
        meeting("111112", "c-3", "<breakout><parentMeetingID>a-1</parentMeetingID><sequence>2</sequence></breakout>"),
        meeting("22222", "d-4", "<breakoutRooms><breakout>b-2</breakout></breakoutRooms>"),
      ].join(""),
    ),
  );
  t.ok(meetings.ok);
  if (meetings.ok)
    t.strictSame(
      meetings.value.map(({ parentId }) => parentId),
      [undefined, "a-1", "a-1", undefined],
    );
  t.end();
});

await t.test("whether a meeting is occupied, in any number format", (t) => {
  const rows: readonly (readonly [count: string, running: string, isOccupied: boolean])[] = [
    ["0", "true", false],
    ["0", "false", false],
    ["1", "true", true],
    ["10", "true", true],
    ["1,234", "true", true],
    ["1.234", "true", true],
    ["1\u202f234", "true", true],
    ["1'234", "true", true],
    // Non-ASCII digits cannot be interpreted here: the other fields decide.
    ["\u0663", "true", true],
    ["\u0663", "false", false],
    ["", "true", true],
    ["", "false", false],
    ["<b>0</b>", "true", true],
  ];
  for (const [count, running, isOccupied] of rows) {
    const meetings = readMeetings(
      answer(
        `<meeting><internalMeetingID>a</internalMeetingID><voiceBridge>11111</voiceBridge><running>${running}</running><participantCount>${count}</participantCount></meeting>`,
      ),
    );
    t.strictSame(meetings.ok && meetings.value.map((each) => each.isOccupied), [isOccupied], `${count} ${running}`);
  }
  t.end();
});

await t.test("names not escaped by an old BBB affect at most their own meeting", (t) => {
  const names = [
    "Tom & Jerry",
    "a < b",
    "1 <2",
    "<b>bold</b>",
    "<b>left open",
    "</b>closed only",
    "<br/>",
    "<br>",
    "a <!-- b --> c",
    "<![CDATA[x]]>",
    "<?php ?>",
    "< / >",
    "<>",
    "</>",
    "<b c='d>e'>",
    "&",
    "&#0;",
    "]]>",
    "-->",
    "<voiceBridge>",
    "</voiceBridge>",
    "<meeting>",
    "</meeting>",
  ];
  for (const name of names) {
    const spoilt = meeting("22222", "b-2").replace(
      /<meetingName>.*<\/meetingName>/,
      () => `<meetingName>${name}</meetingName>`,
    );
    const found = read(answer(meeting("11111", "a-1") + spoilt + meeting("33333", "c-3")));
    t.strictSame(
      Array.isArray(found) ? found.filter((each) => each !== "22222/b-2") : found,
      ["11111/a-1", "33333/c-3"],
      name,
    );
  }
  t.end();
});

await t.test("the result does not depend on the chunking of the response", (t) => {
  const chance = seeded(20_261);
  const pieces = [
    "<!-- a > b -- c -->",
    "<x><![CDATA[</meeting> ]] > <meeting>]]></x>",
    "<?pi <a> ?>",
    "<metadata><voiceBridge>99999</voiceBridge></metadata>",
    "a < b > c",
    "<e/>",
    "<e />",
    "<n\n>text</n\n>",
    "<hasBeenForciblyEnded>false</hasBeenForciblyEnded>",
    "<fullName>Jürgen 会議 😀</fullName>",
  ] as const;
  for (let round = 0; round < 300; round++) {
    const meetings = Array.from({ length: 1 + chance.below(4) }, (_, at) =>
      meeting(
        String(10_000 + at),
        `m\u00fc-${at}`,
        Array.from({ length: chance.below(4) }, () => chance.pick(pieces)).join(""),
      ),
    );
    const xml = answer(meetings.join(chance.pick(["", "\n", "<!--x-->"])));
    const whole = plain(readMeetings(xml));
    t.match(whole, '"ok":true');
    t.match(whole, "m\u00fc-0", "ids are UTF-8");
    for (const most of [1, 2, 3, 7, 40, 1_000])
      t.equal(plain(readMeetings(xml, () => 1 + chance.below(most))), whole, `round ${round}, parts of up to ${most}`);
  }
  t.end();
});

await t.test("random bytes neither throw, nor take long, nor yield a meeting", (t) => {
  const chance = seeded(4_711);
  const words = [
    "<",
    ">",
    "/",
    "!",
    "?",
    "-",
    "[",
    "]",
    "&",
    " ",
    "\n",
    "\u0000",
    "é",
    "<response>",
    "</response>",
    "<returncode>SUCCESS</returncode>",
    "<meetings>",
    "</meetings>",
    "<meeting>",
    "</meeting>",
    "<voiceBridge>",
    "</voiceBridge>",
    "12345",
    "<internalMeetingID>",
    "</internalMeetingID>",
    "x-1",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?",
    "?>",
    "<!DOCTYPE",
  ] as const;
  for (let round = 0; round < 20_000; round++) {
    const xml = `<response><returncode>SUCCESS</returncode>${Array.from({ length: chance.below(40) }, () => chance.pick(words)).join("")}`;
    const found = readMeetings(xml, () => 1 + chance.below(50));
    if (!found.ok) continue;
    if (
      !found.value.every(({ meetingId, voiceBridge }) => xml.includes(voiceBridge.reveal()) && xml.includes(meetingId))
    )
      t.fail(JSON.stringify(xml));
  }
  t.end();
});

await t.test("too many meetings, too many levels", (t) => {
  t.equal(
    read(
      answer("<meeting><voiceBridge>1</voiceBridge><internalMeetingID>a</internalMeetingID></meeting>".repeat(50_001)),
    ),
    "the response has too many meetings",
  );
  t.equal(read(answer(`<meeting>${"<a>".repeat(98)}`)), "the response is not from a BBB API");
  t.end();
});

await t.test("garbage is detected before the end of the response", (t) => {
  for (const start of ["<!DOCTYPE html><html>", "<html><head>", "<?xml version='1.0'?><html>"]) {
    const reader = new MeetingsReader();
    reader.read(Buffer.from(start));
    t.equal(reader.fault, "the response is not from a BBB API", start.slice(0, 30));
  }
  t.end();
});

await t.test("many meetings with entities in every name", (t) => {
  const meetings = read(
    answer(Array.from({ length: 3_000 }, (_, at) => meeting(String(10_000 + at), `m-${at}`)).join("")),
  );
  t.equal(meetings.length, 3_000);
  t.end();
});

await t.test("entity bombs, depth and size", (t) => {
  const entities = ["a", "b", "c", "d", "e", "f", "g", "h"]
    .map((name, at, all) => `<!ENTITY ${name} "${at === 0 ? "x".repeat(10) : `&${all[at - 1] ?? ""};`.repeat(10)}">`)
    .join("");
  const hostile: Readonly<Record<string, string>> = {
    "billion laughs": `<!DOCTYPE r [${entities}]>${answer(meeting("11111", "&h;"))}`,
    "quadratic blow-up": `<!DOCTYPE r [<!ENTITY a "${"x".repeat(9_000)}">]>${answer(meeting("11111", "&a;".repeat(100_000)))}`,
    "external entity": `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>${answer(meeting("11111", "&x;"))}`,
    "character references": answer(meeting("&#49;&#x31;111", "&#0;&#xFFFFFFFF;")),
    "300,000 unclosed tags": "<response>".repeat(300_000),
    "balanced tags, 100,000 deep": `${"<response>".repeat(100_000)}${"</response>".repeat(100_000)}`,
    "10 MB of text": "x".repeat(10_000_000),
    "10 MB of brackets": "<".repeat(10_000_000),
    "10 MB of ampersands": answer(meeting("11111", "&".repeat(10_000_000))),
    "10 MB of attributes": `<response ${"a='1' ".repeat(1_600_000)}>`,
    "10 MB of attendees": answer(
      meeting(
        "11111",
        "a-1",
        `<attendees>${"<attendee><fullName>Erika</fullName></attendee>".repeat(200_000)}</attendees>`,
      ),
    ),
    "10 MB of unclosed comments": `<response>${"<!--".repeat(2_500_000)}`,
    "200,000 unclosed attendees elements": `<response><returncode>SUCCESS</returncode><meetings>${"<meeting><attendees>".repeat(200_000)}`,
    prototype: answer("<__proto__><voiceBridge>11111</voiceBridge></__proto__><constructor/>"),
    binary: Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 131) % 256)).toString("latin1"),
  };
  for (const [name, xml] of Object.entries(hostile)) {
    const begun = performance.now();
    const outcome = read(xml);
    const took = Math.round(performance.now() - begun);
    t.ok(took < 5_000, `${name}: ${took} ms`);
    t.ok(typeof outcome === "string" || outcome.every((each) => each.length < 300), name);
    t.ok(
      Object.prototype.toString.call({}) === "[object Object]" && !("voiceBridge" in {}),
      `${name} pollutes nothing`,
    );
  }
  t.strictSame(read(hostile["10 MB of attendees"] ?? ""), ["11111/a-1"]);
  t.end();
});
