import { EventEmitter } from "node:events";

import t from "tap";

import { onRequest } from "../../src/sip/forget-caller.js";
import type { SrfDialog, SrfRequest } from "../../src/sip/srf.js";

const caller = "+4915223125678";

/** drachtio-srf's message as parsed from an INFO of the caller. */
function message(): { headers: Record<string, string>; method: string; raw: string; body: string } {
  const from = `<sip:${caller}@trunk.example>;tag=1`;
  return {
    headers: { from, "call-id": "1" },
    method: "INFO",
    raw: `INFO sip:us SIP/2.0\r\nFrom: ${from}`,
    body: caller,
  };
}

await t.test("a request in a dialog and its response are erased once the final response is sent", (t) => {
  const dialog = new EventEmitter();
  const request = { msg: message(), source_address: "192.0.2.1" };
  const response = Object.assign(new EventEmitter(), { msg: message() });
  let seen = "";
  onRequest(dialog as unknown as SrfDialog, "info", ({ msg }: SrfRequest) => {
    ({ from: seen = "" } = msg.headers);
  });
  dialog.emit("info", request, response);
  t.match(seen, caller, "the handler reads the request");
  t.match(JSON.stringify(request.msg), caller, "and may read it until it responds");
  response.emit("end");
  t.notMatch(JSON.stringify([request.msg, response.msg]), caller);
  t.equal(request.source_address, "192.0.2.1");
  t.end();
});
