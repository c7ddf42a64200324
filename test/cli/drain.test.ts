import t from "tap";

import type { Clock } from "../../src/util/clock.js";
import { openInstance } from "../control/support/instance.js";
import type { Owner } from "../e2e/support/owner.js";
import { type Outcome, typed, type TypedOptions } from "./support/typed.js";

/** A clock on which every wait ends at once. */
function hurriedClock(): Clock & { readonly waited: number } {
  let now = 0;
  return {
    now: () => now,
    get waited() {
      return now;
    },
    after(ms, callback) {
      const timer = setImmediate(() => {
        now += ms;
        callback();
      });
      return () => {
        clearImmediate(timer);
      };
    },
  };
}

/** An instance in which one call ends at each query. */
async function draining(
  owner: Owner,
  calls: number,
  args: readonly string[],
  options: TypedOptions = {},
): Promise<Outcome & { readonly told: readonly boolean[] }> {
  const told: boolean[] = [];
  let left = calls + 1;
  const { socket } = await openInstance(owner, {
    drain: (isOn) => {
      told.push(isOn);
    },
    drainState: () => ({ isDraining: told.at(-1) ?? false, calls: (left = Math.max(0, left - 1)) }),
  });
  return { ...(await typed(["drain", "--socket", socket, ...args], { clock: hurriedClock(), ...options })), told };
}

await t.test("waits until the last call has ended", async (t) => {
  const { code, output, errors, told } = await draining(t, 3, []);
  t.strictSame(told, [true]);
  t.equal(code, 0);
  t.equal(output, "New calls are refused; no call is active.\n");
  t.equal(errors, "");
});

await t.test("progress on a terminal", async (t) => {
  const { errors, output } = await draining(t, 2, [], { isTerminal: true });
  t.match(errors, /2 calls are active; Ctrl-C.*\r.*1 call is active; /);
  t.match(output, "no call is active");
});

await t.test("the wait ends at --within", async (t) => {
  const clock = hurriedClock();
  const { code, output } = await draining(t, 100, ["--within", "5s"], { clock });
  t.equal(code, 1);
  t.equal(clock.waited, 5_000);
  t.equal(output, "New calls are refused; 95 calls are active.\n");
  const atOnce = hurriedClock();
  t.match(await draining(t, 100, ["--within=0s", "--json"], { clock: atOnce }), {
    code: 1,
    output: '{"isDraining":true,"calls":100}\n',
  });
  t.equal(atOnce.waited, 0);
});

await t.test("--undo: calls are accepted again", async (t) => {
  const { code, output, told } = await draining(t, 4, ["--undo"]);
  t.strictSame(told, [false]);
  t.match({ code, output }, { code: 0, output: "Calls are accepted; 4 calls are active.\n" });
  const ending = await openInstance(t, { drainState: () => ({ isDraining: true, calls: 2 }) });
  t.match(
    await typed(["drain", "-s", ending.socket, "--undo"]),
    { code: 1, output: "New calls are refused; 2 calls are active.\n" },
    "an instance that is shutting down still refuses calls",
  );
});

await t.test("the wait ends if another command accepts calls again or the instance stops", async (t) => {
  let asked = 0;
  const undone = await openInstance(t, { drainState: () => ({ isDraining: (asked += 1) < 3, calls: 2 }) });
  t.match(await typed(["drain", "-s", undone.socket], { clock: hurriedClock() }), {
    code: 1,
    output: "Calls are accepted again; 2 calls are active.\n",
  });
  const gone = await openInstance(t, {
    drainState: () => {
      setImmediate(() => {
        gone.close().catch((error: unknown) => {
          t.fail(String(error));
        });
      });
      return { isDraining: true, calls: 1 };
    },
  });
  t.match(await typed(["drain", "-s", gone.socket]), {
    code: 0,
    output: "New calls are refused; no call is active.\n",
  });
});

await t.test("invalid durations are rejected", async (t) => {
  for (const within of ["soon", "-5m", "49h"])
    t.match(await typed(["drain", `--within=${within}`]), { code: 64, errors: /90s, 10m or 2h/ });
});
