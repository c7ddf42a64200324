import Fastify, { type FastifyError, type FastifyInstance } from "fastify";
import { ZodError } from "zod";

import type { RoomStore } from "../store/room-store.js";
import { failure, type Result, success } from "../util/result.js";
import { type DrainAnswer, drainAnswer, reloadAnswer } from "./answers.js";
import { addLogRoutes, type LogControl } from "./log-routes.js";
import { addPinRoutes } from "./pin-routes.js";
import type { Reloading } from "./reloading.js";
import { SocketFile } from "./socket-file.js";

/** What the running instance can be asked to do. */
export interface ControlHandlers {
  /** How everything is, as JSON. */
  status(): unknown;
  /** Admits no new calls, or admits them again. */
  drain(isOn: boolean): void;
  drainState(): DrainAnswer;
  /** `undefined`: this instance can't read its configuration again. */
  readonly reloading: Reloading | undefined;
  /** `undefined`: this instance keeps no PINs so far. */
  rooms(): RoomStore | undefined;
  /** The same, opened for what is to be kept; the failure is a line for people. */
  openRooms(): Promise<Result<RoomStore, string>>;
  /** `undefined`: the log of this instance can't be worked on. */
  readonly log?: LogControl;
}

export interface ControlServerOptions {
  /** Where the socket is. */
  readonly path: string;
  /** `undefined` while the instance starts. */
  readonly handlers: () => ControlHandlers | undefined;
  readonly onBug: (error: unknown) => void;
}

const starting = 503;
const cannot = 501;

/** The Unix socket by which the command line speaks with the running instance; only its owner can connect. */
export class ControlServer {
  readonly #server: FastifyInstance;
  readonly #file: SocketFile;

  private constructor(server: FastifyInstance, file: SocketFile) {
    this.#server = server;
    this.#file = file;
  }

  /** @returns `held`: another instance listens there; `why`: the socket can't be made, in one line */
  static async open(options: ControlServerOptions): Promise<Result<ControlServer, "held" | { readonly why: string }>> {
    const server = Fastify({ logger: false, forceCloseConnections: true });
    addRoutes(server, options);
    const file = await SocketFile.take(options.path, async (path) => {
      await server.listen({ path });
    });
    if (file.ok) return success(new ControlServer(server, file.value));
    await server.close();
    return failure(file.failure);
  }

  async close(): Promise<void> {
    await this.#file.release();
    await this.#server.close();
  }
}

function addRoutes(server: FastifyInstance, { handlers, onBug }: ControlServerOptions): void {
  server.setErrorHandler<FastifyError>((error, _request, reply) => {
    const status = error instanceof ZodError ? 400 : (error.statusCode ?? 500);
    if (status >= 500 && status !== starting) onBug(error);
    return reply.code(status).send({
      reason:
        error instanceof ZodError
          ? "the request makes no sense to this version of einwahl"
          : status === 500
            ? "a bug, see the log"
            : error.message,
    });
  });
  server.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ reason: "this version of einwahl does not know that" }),
  );
  const now = (): ControlHandlers => {
    const ready = handlers();
    if (ready === undefined) throw Object.assign(new Error("it is starting"), { statusCode: starting });
    return ready;
  };
  server.get("/status", () => now().status());
  server.get("/drain", () => drainAnswer.parse(now().drainState()));
  const setDrain = (isOn: boolean): DrainAnswer => {
    now().drain(isOn);
    return drainAnswer.parse(now().drainState());
  };
  server.post("/drain", () => setDrain(true));
  server.delete("/drain", () => setDrain(false));
  server.post("/reload", async (_request, reply) => {
    const { reloading } = now();
    if (reloading === undefined)
      return await reply.code(cannot).send({ reason: "this instance can't read its configuration again: restart it" });
    return reloadAnswer.parse(await reloading.reload());
  });
  addPinRoutes(server, now);
  addLogRoutes(server, () => {
    const { log } = now();
    if (log === undefined)
      throw Object.assign(new Error("the log of this instance can't be worked on"), { statusCode: 404 });
    return log;
  });
}
