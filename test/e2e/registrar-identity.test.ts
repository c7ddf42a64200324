import t, { type Test } from "tap";

import { type Certificates, makeCertificates } from "../../src/simulators/certificates.js";
import { timeoutMs } from "../support/deadline.js";
import { Kamailio } from "./support/kamailio.js";
import { missingPrograms } from "./support/missing-programs.js";
import { type Settings, World } from "./support/world.js";

interface Impostor {
  readonly what: string;
  /** The server at the registrar's address, and the trunk's settings. */
  readonly certificates: (ours: Certificates) => Promise<Certificates>;
  readonly trunk: Settings;
  readonly realm?: string;
  readonly why: RegExp;
  /** The most that the registrar may receive. */
  readonly sees: RegExp;
}

const impostors: readonly Impostor[] = [
  {
    what: "certificate of another authority",
    certificates: async () => await makeCertificates(),
    trunk: {},
    why: /no valid certificate for 127\.0\.0\.1: the certificate's authority is not known here/,
    sees: /^ready$/,
  },
  {
    what: "certificate for another name",
    certificates: async (ours) => await Promise.resolve(ours),
    trunk: { certificate_name: "registrar.example.net" },
    why: /no valid certificate for registrar\.example\.net: the certificate is for another name/,
    sees: /^ready$/,
  },
  {
    what: "challenge in another realm",
    certificates: async (ours) => await Promise.resolve(ours),
    trunk: {},
    realm: "impostor.example",
    why: /password not sent: the registrar's realm is "impostor\.example"/,
    sees: /^(?:ready|challenged)/,
  },
];

/** Waits until the trunk's state has a matching reason. */
async function faultOf(world: World, why: RegExp): Promise<string | null | undefined> {
  await world.log.next(
    `not registered: ${why.source}`,
    (line) => line.includes("trunk not registered") && why.test(line.replaceAll('\\"', '"')),
    { ms: timeoutMs, past: true, evidence: () => world.tail() },
  );
  return world.einwahl.status().trunks[0]?.fault;
}

async function isRefused(t: Test, { what, certificates, trunk, realm, why, sees }: Impostor): Promise<void> {
  const ours = await makeCertificates();
  const registrar = await Kamailio.start(t, {
    certificates: await certificates(ours),
    ...(realm !== undefined && { realm }),
  });
  const world = await World.start(t, { certificates: ours, carrier: registrar, trunk, waitUntilReady: false });
  t.match(await faultOf(world, why), why, what);
  t.strictSame(await registrar.registrations(), [], "nothing is registered");
  t.strictSame(
    registrar.events.filter((event) => !sees.test(event)),
    [],
    "and the registrar has received no more than that",
  );
  await world.stopEinwahl();
  t.strictSame(
    registrar.events.filter((event) => !sees.test(event)),
    [],
    "nor at the end",
  );
  t.strictSame(world.complaints([registrar.password]), []);
}

await t.test(
  "a registrar with a wrong identity gets no password",
  { skip: missingPrograms("kamailio"), timeout: 120_000 },
  async (t) => {
    for (const impostor of impostors)
      await t.test(`${impostor.what}: not registered, and no password is sent`, async (t) => {
        await isRefused(t, impostor);
      });

    await t.test("at a renewal: another registrar at the same address", async (t) => {
      const ours = await makeCertificates();
      const registrar = await Kamailio.start(t, { certificates: ours });
      const world = await World.start(t, { certificates: ours, carrier: registrar });
      t.equal((await registrar.registrations()).length, 1);
      await registrar.stop();
      await registrar.useCertificate(await makeCertificates());
      const before = registrar.events.length;
      await registrar.resume();
      t.match(await faultOf(world, /authority is not known here/), /no valid certificate for 127\.0\.0\.1/);
      t.strictSame(
        registrar.events.slice(before).filter((event) => event !== "ready"),
        [],
        "it gets no REGISTER",
      );
      await registrar.stop();
      await registrar.useCertificate(ours);
      await registrar.resume();
      await registrar.event(/^registered /, { past: true });
      t.pass("the right one is back: registered");
    });
  },
);
