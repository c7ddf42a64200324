import { createHash } from "node:crypto";

import type { RegistrationConfig } from "../config/config.js";
import type { RegistrationRight, RightState, Succession } from "../trunk/registration-right.js";
import type { Clock } from "../util/clock.js";
import { sleep } from "../util/wait.js";
import type { Cluster } from "./cluster.js";

/** Waits for the registration of the instance that takes over: this often for so long, in milliseconds. */
const looks = 20;
const lookEveryMs = 250;

/** The same for all instances with this account at this registrar; a hash, because user names may be telephone numbers. */
export function registrationKey({ registrar, domain, username }: RegistrationConfig): string {
  const account = JSON.stringify([registrar.host, registrar.port, domain, username]);
  return `registration-${createHash("sha256").update(account).digest("hex").slice(0, 16)}`;
}

/** The right to register with this account: one instance of the cluster has it. */
export function registrationRight(registration: RegistrationConfig, cluster: Cluster, clock: Clock): RegistrationRight {
  const key = registrationKey(registration);
  const lease = cluster.lease(key);
  return {
    get state(): RightState {
      const { state } = lease;
      if (state.kind === "held") return { kind: "held" };
      return state.kind === "elsewhere" ? { kind: "elsewhere", instance: state.holder.name } : { kind: "open" };
    },
    onChange: (listener) => lease.onChange(listener),
    succession: async (contacts) => {
      for (let look = 0; look < looks; look += 1) {
        if (look > 0) await sleep(clock, lookEveryMs);
        await cluster.refresh();
        const succession = successionIn(cluster, { key, contacts });
        if (succession !== undefined) return succession;
      }
      return "none";
    },
  };
}

/** `undefined`: another instance is about to register. */
function successionIn(
  cluster: Cluster,
  { key, contacts }: { readonly key: string; readonly contacts: readonly string[] },
): Succession | undefined {
  const { state } = cluster.lease(key);
  const others = (cluster.instances ?? []).flatMap(({ id, isDraining, registrations }) => {
    const registration = registrations.find((each) => each.key === key);
    const isHolder = state.kind === "elsewhere" && state.holder.id === id;
    return id !== cluster.self.id && registration !== undefined && (!isDraining || isHolder) ? [registration] : [];
  });
  if (others.length === 0) return "none";
  if (others.some((other) => other.contacts.some((contact) => contacts.includes(contact)))) return "same-contact";
  return others.some(({ isRegistered }) => isRegistered) ? "other-contact" : undefined;
}
