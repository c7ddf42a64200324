import { execFile } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import t from "tap";

import { inviteFault, inviteKey } from "../../src/media/invite-key.js";

const run = promisify(execFile);
const startScript = fileURLToPath(new URL("../../../freeswitch/start.sh", import.meta.url));
const password = "Event-Socket_1.~x";

/** The variables that start.sh passes to FreeSWITCH. */
async function started(
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly key: string; readonly hosts: string }> {
  const output = join(folder, "variables");
  writeFileSync(
    join(folder, "freeswitch"),
    `#!/bin/sh\nprintf '%s\\n%s\\n' "$EINWAHL_FS_KEY" "$EINWAHL_FS_CONTROL_HOSTS_PATTERN" > "${output}"\n`,
  );
  chmodSync(join(folder, "freeswitch"), 0o755);
  writeFileSync(join(folder, "ca.pem"), "");
  await run(startScript, {
    env: {
      PATH: `${folder}:${process.env["PATH"] ?? ""}`,
      EINWAHL_FS_EVENT_SOCKET_PASSWORD: password,
      EINWAHL_FS_STATE_DIR: join(folder, "state"),
      EINWAHL_FS_TLS_CA: join(folder, "ca.pem"),
      ...env,
    },
  });
  const [key = "", hosts = ""] = readFileSync(output, "utf8").split("\n");
  return { key, hosts };
}

await t.test("start.sh derives the same key, and the hosts that FreeSWITCH connects to", async (t) => {
  const folder = t.testdir();
  const usual = await started(folder, {});
  t.equal(usual.key, inviteKey(password));
  t.match(usual.key, /^[0-9a-f]{64}$/);
  const fault = (hosts: string, advertisedAddress: string): ReturnType<typeof inviteFault> =>
    inviteFault((name) => Promise.resolve(name === "einwahl_key" ? usual.key : hosts), { password, advertisedAddress });
  t.equal(await fault(usual.hosts, "127.0.0.1"), undefined);
  t.equal(await fault(usual.hosts, "10.0.0.5"), "address-not-allowed");
  const { hosts } = await started(folder, {
    EINWAHL_FS_CONTROL_HOSTS: "127.0.0.1, 10.0.0.5 einwahl.example.org fd00::5",
  });
  for (const address of ["127.0.0.1", "10.0.0.5", "einwahl.example.org", "fd00::5"]) {
    t.equal(await fault(hosts, address), undefined, address);
    t.match(`${address}:4711`, new RegExp(`^(?:${hosts}):[0-9]{1,5}$`), `${address}: and the dialplan lets it in`);
  }
  t.notMatch("10x0.0.5:4711", new RegExp(`^(?:${hosts}):[0-9]{1,5}$`));
  for (const hosts of ["10.0.0.5|.*", "a)(b", " ", "10.0.0.0/8"]) {
    t.match(
      await started(folder, { EINWAHL_FS_CONTROL_HOSTS: hosts }).catch((error: unknown) => error),
      { code: 78 },
      `refused: "${hosts}"`,
    );
  }
});

await t.test("faults in FreeSWITCH's variables", async (t) => {
  const fault = (variables: Readonly<Record<string, string | undefined>>): ReturnType<typeof inviteFault> =>
    inviteFault((name) => Promise.resolve(variables[name]), { password, advertisedAddress: "10.0.0.5" });
  t.equal(await fault({ einwahl_key: "" }), "no-key");
  t.equal(
    await fault({ einwahl_key: "(?!)", einwahl_control_hosts: "10[.]0[.]0[.]5" }),
    "other-key",
    "without start.sh",
  );
  t.equal(await fault({ einwahl_key: inviteKey("other") }), "other-key");
  t.equal(
    await fault({ einwahl_key: inviteKey(password), einwahl_control_hosts: "127[.]0[.]0[.]1" }),
    "address-not-allowed",
  );
  t.equal(
    await fault({ einwahl_key: inviteKey(password), einwahl_control_hosts: "127[.]0[.]0[.]1|10[.]0[.]0[.]5" }),
    undefined,
  );
  t.equal(await fault({}), undefined, "no answer is another fault");
});
