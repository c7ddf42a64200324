import t from "tap";

import { settingFindings } from "../../src/check/settings.js";
import { warningsOf } from "../../src/monitoring/status/build-status.js";
import { loaded, minimal } from "./support.js";

const far = {
  drachtio: "{ host: 192.0.2.21, secret: a-secret-word }",
  media_servers:
    "[{ name: near, event_socket: { password: a-word } }, { name: far, event_socket: { host: media.example.org, password: a-word } }]",
  rooms: "{ store: 'redis://:a-word@192.0.2.23:6379' }",
};

await t.test("connections that leave this machine without TLS are reported by status and check", (t) => {
  const config = loaded(minimal(far));
  t.strictSame(warningsOf({ config }), [
    { code: "drachtio-plain", subject: "" },
    { code: "event-socket-plain", subject: "far" },
    { code: "redis-plain", subject: "" },
  ]);
  const faults = settingFindings(config).filter(({ cure }) => /tunnel/.test(cure));
  t.match(faults, [
    { severity: "warning", path: "drachtio.host", message: /without TLS: numbers, PINs/, cure: /WireGuard/ },
    {
      severity: "warning",
      path: "media_servers[1].event_socket.host",
      message: /event socket leaves this machine without TLS/,
      cure: /WireGuard/,
    },
    { severity: "warning", path: "rooms.store", message: /Redis leaves this machine without TLS/, cure: /rediss:\/\// },
  ]);
  t.equal(faults.length, 3);
  t.notMatch(JSON.stringify(faults), "a-word");
  t.end();
});

await t.test("local connections, and Redis over TLS, are not reported", (t) => {
  t.strictSame(
    warningsOf({
      config: loaded(
        minimal({
          ...far,
          drachtio: "{ host: '::1', secret: a-secret-word }",
          media_servers: "[{ name: near, event_socket: { host: localhost, password: a-word } }]",
          rooms: "{ store: 'rediss://redis.example.org' }",
        }),
      ),
    }),
    [],
  );
  t.strictSame(warningsOf({ config: loaded(minimal({ rooms: "{ store: 'redis://[::1]:6379' }" })) }), []);
  t.end();
});
