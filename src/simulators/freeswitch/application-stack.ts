import type { Channel } from "./channel.js";
import type { EventHeaders } from "./event.js";
import { Execution } from "./execution.js";

/** A `sendmsg` request with `call-command: execute`. */
export interface ExecuteRequest {
  readonly application: string;
  readonly argument: string;
  /** Becomes Application-UUID. */
  readonly uuid: string;
  readonly uuidName: string | undefined;
  /** Other requests wait until this one has completed. */
  readonly lock: boolean;
  /** Called with the application's response at its end. */
  readonly onDone?: (response: string) => void;
}

/** FreeSWITCH's SWITCH_MAX_STACKS. */
const maxDepth = 16;
const maxQueued = 1000;

/**
 * The running applications of a channel. As in FreeSWITCH, a request during an application is executed nested in it:
 * the outer one is suspended until the inner one completes. With `event-lock` the request waits instead.
 */
export class ApplicationStack {
  readonly #channel: Channel;
  readonly #running: Execution[] = [];
  readonly #queue: ExecuteRequest[] = [];
  readonly #idleWaiters: (() => void)[] = [];
  /** Completed executions with a nested one still running. */
  readonly #finished = new Map<Execution, ExecuteRequest>();
  #locks = 0;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  get innermost(): Execution | undefined {
    return this.#running.at(-1);
  }

  get isIdle(): boolean {
    return this.#running.length === 0;
  }

  get digitTaker(): Execution["digitTaker"] {
    return this.innermost?.digitTaker;
  }

  /** False if the queue is full. */
  request(request: ExecuteRequest): boolean {
    if (this.#queue.length >= maxQueued || this.#channel.isDown) return false;
    this.#queue.push(request);
    this.#drain();
    return true;
  }

  /** uuid_break: ends all breakable applications of the stack. `all` also drops queued requests. */
  break(all: boolean): void {
    if (all) this.#queue.length = 0;
    for (const execution of [...this.#running].reverse()) execution.break();
  }

  /** A transfer: drops the queued requests and ends all running applications. */
  interrupt(): void {
    this.break(true);
  }

  /** Resolves when no application runs; at once if none does. */
  idle(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  #drain(): void {
    while (this.#locks === 0 && this.#running.length < maxDepth && this.#channel.isReady) {
      const request = this.#queue.shift();
      if (request === undefined) break;
      this.#run(request);
    }
  }

  #run(request: ExecuteRequest): void {
    const channel = this.#channel;
    const application = channel.engine.applications.get(request.application);
    if (application === undefined) {
      // FreeSWITCH logs "Invalid Application" and hangs up (switch_core_session_execute_application_get_flags).
      channel.engine.unsupported(`application ${request.application}`);
      channel.hangUp("DESTINATION_OUT_OF_ORDER");
      return;
    }
    const argument = channel.expand(request.argument);
    const execution = new Execution(channel, this, argument);
    this.#running.push(execution);
    if (request.lock) this.#locks += 1;
    channel.setVariable("current_application", request.application);
    channel.setVariable("current_application_data", argument);
    channel.setVariable("current_application_response", undefined);
    channel.fire("CHANNEL_EXECUTE", headersOf(request, argument));
    const done = application(execution);
    if (done === undefined) this.#complete(request, execution);
    else
      channel.engine.inBackground(
        done.then(() => {
          this.#complete(request, execution);
        }),
      );
  }

  #complete(request: ExecuteRequest, execution: Execution): void {
    const channel = this.#channel;
    this.#finished.set(execution, request);
    for (let top = this.innermost; top !== undefined; top = this.innermost) {
      const done = this.#finished.get(top);
      if (done === undefined) break;
      this.#finished.delete(top);
      this.#running.pop();
      if (done.lock) this.#locks -= 1;
      const response = channel.variable("current_application_response") ?? "_none_";
      channel.fire("CHANNEL_EXECUTE_COMPLETE", headersOf(done, top.argument, response));
      channel.digits.drain();
      done.onDone?.(response);
    }
    this.#drain();
    if (!this.isIdle) return;
    for (const waiter of this.#idleWaiters.splice(0)) waiter();
  }
}

function headersOf(request: ExecuteRequest, argument: string, response?: string): EventHeaders {
  return [
    ["Application", request.application],
    ...(argument === "" ? [] : [["Application-Data", argument] as const]),
    ...(response === undefined ? [] : [["Application-Response", response] as const]),
    ["Application-UUID", request.uuid],
    ...(request.uuidName === undefined ? [] : [["Application-UUID-Name", request.uuidName] as const]),
  ];
}
