import t from "tap";

import { areIdentitiesReadable } from "../../../src/simulators/drachtio/identity-headers.js";
import { type HeaderList, Headers } from "../../../src/softphone/sip/headers.js";
import { SipRequest } from "../../../src/softphone/sip/message.js";

/** The response of drachtio-server 0.9.10 to an INVITE with these headers: 400, or it was passed on. */
const seen: readonly (readonly [answer: 400 | "handed on", headers: HeaderList])[] = [
  [400, [["Privacy", '"id"']]],
  [400, [["Privacy", "id critical"]]],
  [400, [["Privacy", "id;;user"]]],
  [400, [["Privacy", "id=yes"]]],
  [
    400,
    [
      ["Privacy", "none"],
      ["Privacy", "id"],
    ],
  ],
  ...["", "id", "ID", "'id'", "id,critical", "id;", "; id", "id ; user , critical"].map(
    (value) => ["handed on", [["Privacy", value]]] as const,
  ),
  ...[
    "",
    "=?UTF-8?Q?Unterdr=C3=BCckt?= <sip:+1@x>",
    "Unterdrückt <sip:+1@x>",
    '"Anonymous <sip:+1@x>',
    "<sip:+1@x",
  ].map((value) => [400, [["P-Asserted-Identity", value]]] as const),
  ...[
    "anonymous",
    "<sip:@x>",
    "<sip:x>",
    '<sip:+1@x>, "Anonymous" <sip:anonymous@x>',
    ", <sip:+1@x>",
    "<tel:+49(30)1-1;phone-context=+49>",
  ].map((value) => ["handed on", [["P-Asserted-Identity", value]]] as const),
  [400, [["P-Preferred-Identity", '"x']]],
  [400, [["Remote-Party-ID", ""]]],
  [400, [["Remote-Party-ID", "<sip:+1@x>;privacy=;x"]]],
  [400, [["Remote-Party-ID", "Unterdrückt <sip:+1@x>;privacy=full"]]],
  ...['<sip:+1@x>;party=calling;privacy="full"', "sip:+1@x;privacy=full", "Anonymous;privacy=full"].map(
    (value) => ["handed on", [["Remote-Party-ID", value]]] as const,
  ),
  [400, [["From", "Unterdrückt <sip:+1@x>;tag=1"]]],
  [400, [["From", "a@b <sip:+1@x>;tag=1"]]],
  ...['"Unterdrückt" <sip:+1@x>;tag=1', '"" <sip:+1@x>;tag=1', "Private Number <sip:+1@x>;tag=1", "sip:+1@x;tag=1"].map(
    (value) => ["handed on", [["From", value]]] as const,
  ),
];

await t.test("identity headers that drachtio-server can and cannot parse", (t) => {
  for (const [row, [answer, list]] of seen.entries()) {
    const request = new SipRequest("INVITE", "sip:bob@127.0.0.1", new Headers(list), "");
    t.equal(areIdentitiesReadable(request) ? "handed on" : 400, answer, `row ${row}`);
  }
  t.end();
});
