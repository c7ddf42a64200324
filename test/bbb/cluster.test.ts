import { randomInt } from "node:crypto";

import { pino } from "pino";
import t, { type Test } from "tap";

import { bbbServerMaker, makeDirectory } from "../../src/app/bbb.js";
import { Secret } from "../../src/caller/secret.js";
import type { BbbServerConfig } from "../../src/config/config.js";
import { SampleBbb } from "../../src/simulators/bbb/sample-bbb.js";
import { makeCertificates } from "../../src/simulators/certificates.js";
import { Pacer } from "../../src/softphone/rtp/pacer.js";
import { MeetingAudio } from "../../src/store/meeting-audio.js";
import { systemClock } from "../../src/util/clock.js";
import { fakePin } from "../support/fake-directory.js";

const nodes = 20;
const meetingsEach = 100;
const lookUps = 500;
const [dead, hanging, rubbish] = [3, 8, 14];

function configOf(node: SampleBbb): BbbServerConfig {
  return {
    name: node.name,
    apiUrl: node.apiUrl,
    secret: Secret.of("cluster-secret"),
    checksum: "sha256",
    sip: { host: "127.0.0.1", port: node.sipPort, transport: "tls", srtp: "mandatory" },
    livekitSip: undefined,
    audioBridge: "freeswitch",
    webhooks: false,
    pollIntervalMs: 2_000,
  };
}

/** Each PIN with its server's name; 5 to 9 digits, half of them with leading zeros. */
function fill(cluster: readonly SampleBbb[]): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const node of cluster) {
    for (let number = 0; number < meetingsEach;) {
      const length = randomInt(5, 10);
      const digits = String(randomInt(10 ** (number % 2 === 0 ? length : length - 2))).padStart(length, "0");
      if (digits === "99999" || owners.has(digits)) continue;
      const meeting = node.createMeeting({
        meetingID: `${node.name}-${number}`,
        name: `<b>R&D</b> "${number}" ]]>`,
        voiceBridge: digits,
      });
      for (let guest = 0; guest < number % 4; guest++)
        node.joinWeb(meeting.meetingID, `Ümläut </attendees> & ${guest}`);
      owners.set(digits, node.name);
      number += 1;
    }
  }
  return owners;
}

async function startCluster(t: Test): Promise<readonly SampleBbb[]> {
  const tls = await makeCertificates();
  const pacer = new Pacer(systemClock);
  return await Promise.all(
    Array.from({ length: nodes }, async (_, at) => {
      const node = await SampleBbb.start({
        name: `bbb-${at + 1}`,
        http: { address: "127.0.0.1", port: 0 },
        secret: "cluster-secret",
        sip: { address: "127.0.0.1", port: 0 },
        tls,
        srtp: "mandatory",
        pacer,
      });
      t.teardown(() => node.close());
      return node;
    }),
  );
}

await t.test(
  "20 servers with 2,000 meetings, one dead, one hanging, one sending garbage",
  { timeout: 120_000 },
  async (t) => {
    const cluster = await startCluster(t);
    const owners = fill(cluster);
    t.equal(owners.size, nodes * meetingsEach);
    const told: string[] = [];
    const directory = makeDirectory(
      cluster.map((each) => configOf(each)).map(bbbServerMaker(systemClock)),
      { rooms: () => undefined, audioBridges: new MeetingAudio(() => undefined) },
      pino(
        { level: "warn" },
        {
          write: (line: string) => {
            told.push(line);
          },
        },
      ),
      systemClock,
    );
    await directory.open();
    t.teardown(() => {
      directory.close();
    });

    const pins = [...owners.keys()];
    const check = async (why: string): Promise<void> => {
      const wrong: string[] = [];
      let [withZero, longest] = [0, 0];
      for (let round = 0; round < lookUps; round++) {
        const digits = pins[randomInt(pins.length)] ?? "";
        const begun = performance.now();
        const found = await directory.lookUp(fakePin(digits));
        longest = Math.max(longest, performance.now() - begun);
        if (digits.startsWith("0")) withZero += 1;
        if (found.kind !== "open" || found.conference.node.name !== owners.get(digits)) wrong.push(found.kind);
      }
      t.strictSame(
        wrong,
        [],
        `${lookUps} PINs, ${withZero} of them with a zero in front, the longest look-up ${longest.toFixed(1)} ms: ${why}`,
      );
      t.ok(withZero > 20);
    };
    await check("all is well");

    const down = [cluster[dead], cluster[hanging], cluster[rubbish]];
    await down[0]?.close();
    if (down[1] !== undefined) down[1].api.mode = "hang";
    if (down[2] !== undefined) down[2].api.mode = "invalid";
    const names = down.map((node) => node?.name);
    const faulty = (): readonly string[] => directory.servers.filter(({ answers }) => !answers).map(({ name }) => name);
    // A lookup polls all servers; the hanging one times out after five seconds.
    const deadline = performance.now() + 30_000;
    while (faulty().length < names.length && performance.now() < deadline) await directory.lookUp(fakePin("99998"));
    t.strictSame(faulty(), names, "these three, and no other");
    await check("the last poll of those three still counts");
    t.equal((await directory.lookUp(fakePin("99998"))).kind, "unavailable", "no PIN can be called wrong");
    t.equal(
      directory.servers.filter(({ state }) => state.fault === undefined && state.meetings === meetingsEach).length,
      nodes - 3,
      "the others have all of theirs",
    );

    const log = told.join("");
    for (const [at, fault] of [
      [0, /^nothing listens on that port/],
      [1, /^it accepts connections, but sends no answer/],
      [2, /^the response is /],
    ] as const) {
      const { name, state } = directory.servers.find((server) => server.name === names[at]) ?? {};
      t.match(state?.fault, fault, `the status page shows the fault of ${name ?? "none"}`);
      t.match(
        told.find((line) => line.includes(`"server":"${name ?? ""}"`)),
        new RegExp(`"fault":"${fault.source.slice(1)}.*"msg":"BBB API poll failed"`),
        "and the log has it",
      );
    }
    t.notMatch(log, /Ümläut|R&D/, "and no name of anybody in the log");

    if (down[1] !== undefined) down[1].api.mode = "normal";
    if (down[2] !== undefined) down[2].api.mode = "normal";
  },
);
