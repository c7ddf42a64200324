import t from "tap";

import { missingOutputs } from "../../src/cli/prove/prove-places.js";
import { type ProveOptions, readProveRequest } from "../../src/cli/prove/prove-request.js";

const nothing: ProveOptions = {
  config: undefined,
  log: [],
  without: [],
  "freeswitch-files": [],
  also: [],
  "token-file": undefined,
  "raise-engines": false,
  server: undefined,
  "plain-port": undefined,
  ca: undefined,
  "server-name": undefined,
  insecure: false,
  bbb: undefined,
  prompts: undefined,
  json: false,
};

function read(options: Partial<ProveOptions>): ReturnType<typeof readProveRequest> {
  return readProveRequest({ ...nothing, ...options });
}

await t.test("options are parsed", (t) => {
  t.match(
    read({ log: ["einwahl=/a=b", "/x=y", "-"], also: ["/etc/x", "http://127.0.0.1:9091/metrics"], without: ["bbb"] }),
    {
      ok: true,
      value: {
        logs: [
          { part: "einwahl", path: "/a=b" },
          { part: undefined, path: "/x=y" },
          { part: undefined, path: "-" },
        ],
        files: ["/etc/x"],
        urls: ["http://127.0.0.1:9091/metrics"],
        plainPort: 5_060,
      },
    },
  );
  t.match(read({ "plain-port": "off" }), { ok: true, value: { plainPort: undefined } });
  for (const [wrong, why] of [
    [{ without: ["everything"] }, /--without must be one of/],
    [{ "plain-port": "0" }, /--plain-port/],
    [{ "plain-port": "x" }, /--plain-port/],
    [{ also: ["http://"] }, /--also/],
  ] as const)
    t.match(read(wrong), { ok: false, failure: why });
  t.end();
});

await t.test("each component's output must be given, or excluded with --without", (t) => {
  const missing = (options: Partial<ProveOptions>): readonly string[] => {
    const request = read(options);
    return request.ok ? missingOutputs(request.value).map((text) => text.split(" ")[3] ?? "") : [];
  };
  t.strictSame(missing({}), ["einwahl", "drachtio", "freeswitch"]);
  t.strictSame(missing({ log: ["all.log"] }), []);
  t.strictSame(missing({ log: ["drachtio=x"], without: ["freeswitch-output"] }), ["einwahl"]);
  t.end();
});
