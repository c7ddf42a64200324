import t from "tap";

import { buildStatus } from "../../../src/monitoring/status/build-status.js";
import { CallBoard } from "../../../src/monitoring/status/call-board.js";
import { statusIssuesOf } from "../../../src/monitoring/status/status-issues.js";
import type { StatusReport } from "../../../src/monitoring/status/status-report.js";
import { fakeParts } from "./support/fake-parts.js";

/** The status with these engine versions. */
function statusWith(mediaServer: string | undefined, drachtio = "v0.9.10"): StatusReport {
  const parts = fakeParts();
  return buildStatus(
    {
      ...parts,
      signalling: { ...parts.signalling, version: drachtio },
      mediaServers: parts.mediaServers.map((server) => ({ ...server, version: mediaServer })),
    },
    {
      version: "0.1.0",
      startedAt: 0,
      now: 1_700_000_000_000,
      clockNow: 0,
      board: new CallBoard(() => 1_700_000_000_000),
    },
  );
}

for (const { version, unusable, warnings } of [
  { version: "1.10.12-release", unusable: null, warnings: [] },
  { version: "1.11.3-dev", unusable: null, warnings: [] },
  {
    version: "1.11.2-release",
    unusable:
      "FreeSWITCH 1.11.2 must not be used: a call hangs after one stray RTP packet; use FreeSWITCH 1.10.12 or 1.11.3, which einwahl is tested with",
    warnings: [],
  },
  { version: "1.11.20-release", unusable: null, warnings: ["einwahl is not tested with FreeSWITCH 1.11.20"] },
  { version: "", unusable: null, warnings: ["FreeSWITCH reports an unreadable version: "] },
  { version: undefined, unusable: null, warnings: [] },
]) {
  await t.test(`FreeSWITCH ${version ?? "that has not answered yet"}`, (t) => {
    const report = statusWith(version);
    t.match(report.mediaServers, [{ version: version ?? null, unusable, warnings }]);
    t.equal(report.state, "ready", "calls get through");
    t.strictSame(
      statusIssuesOf(report).filter(({ severity }) => severity !== "insecure"),
      unusable === null
        ? []
        : [{ severity: "impaired", code: "media-server-unusable", subject: "media", detail: unusable }],
    );
    t.end();
  });
}

await t.test("drachtio", (t) => {
  t.strictSame(statusWith("1.10.12").drachtio.warnings, []);
  t.strictSame(statusWith("1.10.12", "v0.8.25").drachtio.warnings, ["einwahl is not tested with drachtio 0.8.25"]);
  t.end();
});
