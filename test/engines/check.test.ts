import t from "tap";

import { CheckBench } from "../e2e/support/check-bench.js";
import { freePort } from "../e2e/support/ports.js";
import { missingEngines } from "./programs.js";
import { startRealWorld } from "./real-world.js";

await t.test("einwahl check at real BBB-like nodes", { skip: missingEngines() ?? false }, async (t) => {
  const { world, nodes, engines } = await startRealWorld(t, { line: "straight" });
  const bench = await CheckBench.at(t, world, await freePort());

  await t.test("no fault is reported when all is well", async (t) => {
    const before = await engines.media.channels();
    const { code, findings } = await bench.check(t, bench.settings);
    t.strictSame(
      findings.filter(({ severity }) => severity !== "ok"),
      [],
    );
    t.equal(code, 0);
    t.match(
      findings.find(({ path, message }) => path === "drachtio" && message.includes("tested")),
      { message: /0\.9\.10/ },
    );
    t.ok(
      findings.some(
        ({ path, message }) =>
          path === "media_servers[0]" && /^FreeSWITCH 1\.\d+\.\d+, which einwahl is tested with$/.test(message),
      ),
    );
    const [server] = world.einwahl.status().mediaServers;
    t.match(
      await engines.media.api("version"),
      `FreeSWITCH Version ${server?.version ?? "?"}`,
      "the status page shows the version",
    );
    t.strictSame([server?.unusable, server?.warnings], [null, []]);
    t.equal(await engines.media.channels(), before, "no channel was made");
  });

  await t.test("without --ca, FreeSWITCH's authorities apply to BBB servers", async (t) => {
    const { findings } = await bench.check(t, bench.settings, { args: [] });
    t.match(
      findings.filter(({ severity }) => severity !== "ok"),
      [{ severity: "warning", path: "drachtio", message: /certificate's CA is unknown/ }],
    );
    t.ok(
      findings.some(
        ({ path, message }) => path === "bbb_servers[0].sip" && message.includes("the certificate is valid until"),
      ),
    );
  });

  await t.test("a suspended BBB server accepts connections and does not respond", async (t) => {
    nodes[0].freeze();
    try {
      await bench.finds(t, {
        name: "",
        break: (settings) => settings,
        finds: [{ severity: "error", path: "bbb_servers[0].sip", message: /does not answer/, cure: /./ }],
      });
    } finally {
      nodes[0].wakeUp();
    }
  });

  await t.test("a suspended media server", async (t) => {
    engines.freeswitch.signalAll("SIGSTOP");
    try {
      await bench.finds(t, {
        name: "",
        break: (settings) => settings,
        finds: [
          {
            severity: "error",
            path: "media_servers[0].event_socket.port",
            message: /does not respond like FreeSWITCH/,
            cure: /./,
          },
        ],
      });
    } finally {
      engines.freeswitch.signalAll("SIGCONT");
    }
  });
});
