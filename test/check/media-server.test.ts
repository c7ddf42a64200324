import { createServer } from "node:net";
import { join } from "node:path";

import t, { type Test } from "tap";

import type { Check, CheckTools } from "../../src/check/check.js";
import { mediaServerCheck } from "../../src/check/media-server.js";
import { loadConfig } from "../../src/config/load.js";
import { inviteKey } from "../../src/media/invite-key.js";
import { systemResolver } from "../../src/trunk/system-resolver.js";
import { systemClock } from "../../src/util/clock.js";

const tools: CheckTools = {
  clock: systemClock,
  epochMs: Date.now,
  resolver: systemResolver(systemClock),
  authorities: undefined,
};
const profiles =
  "\t     drachtio_mrf\tprofile\t sip:mod_sofia@127.0.0.1:5080\tRUNNING (0)\n\t              bbb\tprofile\t sip:mod_sofia@127.0.0.1:5071\tRUNNING (0) (TLS)\n";

/** Output of FreeSWITCH 1.10.12. */
const status = "UP 0 years, 0 days\nFreeSWITCH (Version 1.10.12 -release 64bit) is ready\n1000 session(s) max\n";
const asItShouldBe = {
  "sofia status": profiles,
  status: status,
  "global_getvar einwahl_key": inviteKey("event-word"),
  "global_getvar einwahl_control_hosts": "127[.]0[.]0[.]1",
};

/** A FreeSWITCH with the test's answers, and `true` to all other commands. */
async function freeswitch(t: Test, answers: Readonly<Record<string, string>>): Promise<Check> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.write("Content-Type: auth/request\n\n");
    socket.on("data", (chunk: Buffer) => {
      const line = chunk.toString().trim();
      if (line.startsWith("auth ")) {
        socket.write("Content-Type: command/reply\nReply-Text: +OK accepted\n\n");
        return;
      }
      const body =
        Object.entries({ ...asItShouldBe, ...answers }).find(([start]) => line.startsWith(`api ${start}`))?.[1] ??
        "true";
      socket.write(`Content-Type: api/response\nContent-Length: ${body.length}\n\n${body}`);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  t.teardown(() => {
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const file = join(
    t.testdir({
      "einwahl.yaml": JSON.stringify({
        drachtio: { secret: "drachtio-word" },
        media_servers: [{ name: "media-1", event_socket: { port, password: "event-word" } }],
        trunks: [
          {
            name: "line",
            provider: "generic",
            sources: ["192.0.2.1"],
            numbers: [{ number: "+493023125001", languages: ["de"] }],
          },
        ],
        bbb_servers: [{ name: "bbb-1", api_url: "https://bbb.example.org/bigbluebutton/api", secret: "bbb-word" }],
        prompts: { directory: "/sounds" },
      }),
    }),
    "einwahl.yaml",
  );
  const loaded = loadConfig(file, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.failure));
  return mediaServerCheck(loaded.value, 0, loaded.value.mediaServers[0], tools);
}

for (const { name, answers, finds } of [
  {
    name: "English recordings are missing, but no number is English",
    answers: { "file_exists /sounds/en/": "false" },
    finds: [],
  },
  {
    name: "the profile for BBB servers is missing",
    answers: { "sofia status": profiles.replace("bbb\t", "other\t") },
    finds: [
      {
        severity: "error",
        path: "media_servers[0]",
        message: /no running sofia profile bbb: it can't call BBB servers/,
        cure: /certificates/,
      },
    ],
  },
  {
    name: "both profiles are down",
    answers: { "sofia status": profiles.replaceAll("RUNNING", "DOWN") },
    finds: [
      { severity: "error", path: "media_servers[0].sip_profile", message: /drachtio_mrf/ },
      { severity: "error", path: "media_servers[0]", message: /bbb/ },
    ],
  },
  {
    name: "a module is not loaded",
    answers: { "module_exists mod_sndfile": "false" },
    finds: [
      {
        severity: "error",
        path: "media_servers[0]",
        message: /has not loaded mod_sndfile: prompts are WAV files/,
        cure: /modules\.conf\.xml/,
      },
    ],
  },
  {
    name: "FreeSWITCH 1.11.2, on which calls hang",
    answers: { status: status.replace("1.10.12", "1.11.2") },
    finds: [
      {
        severity: "error",
        path: "media_servers[0]",
        message: /^FreeSWITCH 1\.11\.2 must not be used: a call hangs/,
        cure: /use FreeSWITCH 1\.10\.12 or 1\.11\.3,/,
      },
    ],
  },
  {
    name: "an untested version",
    answers: { status: status.replace("1.10.12", "1.10.120") },
    finds: [
      {
        severity: "warning",
        path: "media_servers[0]",
        message: /not tested with FreeSWITCH 1\.10\.120/,
        cure: /use FreeSWITCH 1\.10\.12 or/,
      },
    ],
  },
  {
    name: "the newest tested version, built from source",
    answers: { status: status.replace("1.10.12 -release", "1.11.3-dev git cc93a68 2026-08-19 11:15:40Z") },
    finds: [],
  },
  {
    name: "an unreadable version",
    answers: { status: "1000 session(s) max\n" },
    finds: [
      {
        severity: "warning",
        path: "media_servers[0]",
        message: /reports an unreadable version/,
        cure: /1\.10\.12/,
      },
    ],
  },
  {
    name: "13 of 36 recordings are missing",
    answers: { "file_exists /sounds/de/key-": "false", "file_exists /sounds/music/": "false" },
    finds: [
      {
        severity: "error",
        path: "prompts.directory",
        message: /lacks 13 of 36 recordings: de\/key-0\.wav, .*de\/key-4\.wav and 8 more$/,
        cure: /each language of your numbers \(de\)/,
      },
    ],
  },
  {
    name: "FreeSWITCH does not know file_exists",
    answers: { file_exists: "-ERR file_exists Command not found!\n" },
    finds: [{ severity: "warning", path: "prompts.directory", message: /does not report/, cure: /mod_commands/ }],
  },
] as const) {
  const outcome = finds.map(({ severity }) => severity).join(", ");
  await t.test(`${name}: ${outcome === "" ? "no finding" : outcome}`, async (t) => {
    const check = await freeswitch(t, answers);
    const faults = (await check.run()).filter(({ severity }) => severity !== "ok");
    t.match(faults, finds, JSON.stringify(faults));
    t.equal(faults.length, finds.length);
  });
}
