import { join } from "node:path";

import { ControlClient } from "../../../src/control/control-client.js";
import { type ControlHandlers, ControlServer } from "../../../src/control/control-server.js";
import { failure } from "../../../src/util/result.js";
import type { Owner } from "../../e2e/support/owner.js";
import { scratchFolder } from "../../e2e/support/scratch.js";

/** A control socket with the given handlers. */
export interface Instance {
  readonly socket: string;
  readonly client: ControlClient;
  readonly bugs: readonly unknown[];
  close(): Promise<void>;
}

/** @param handlers `undefined`: it is still starting */
export async function openInstance(owner: Owner, handlers: Partial<ControlHandlers> | undefined): Promise<Instance> {
  const socket = join(await scratchFolder(owner, "instance"), "control.sock");
  const bugs: unknown[] = [];
  const nothing: ControlHandlers = {
    status: () => ({}),
    drain: () => undefined,
    drainState: () => ({ isDraining: false, calls: 0 }),
    reloading: undefined,
    rooms: () => undefined,
    openRooms: () => Promise.resolve(failure("there is no store")),
  };
  const opened = await ControlServer.open({
    path: socket,
    handlers: () => (handlers === undefined ? undefined : { ...nothing, ...handlers }),
    onBug: (error) => {
      bugs.push(error);
    },
  });
  if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await opened.value.close();
  };
  owner.teardown(close);
  return { socket, client: new ControlClient(socket), bugs, close };
}
