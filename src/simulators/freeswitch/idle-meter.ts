import { cpus } from "node:os";

/** CPU idle time since the last reading, in percent. */
export class IdleMeter {
  #last = times();

  percent(): number {
    const now = times();
    const idle = now.idle - this.#last.idle;
    const all = now.all - this.#last.all;
    this.#last = now;
    return all <= 0 ? 100 : (100 * idle) / all;
  }
}

function times(): { idle: number; all: number } {
  let idle = 0;
  let all = 0;
  for (const { times: each } of cpus()) {
    idle += each.idle;
    all += each.user + each.nice + each.sys + each.idle + each.irq;
  }
  return { idle, all };
}
