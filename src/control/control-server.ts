import Fastify, { type FastifyError, type FastifyInstance } from "fastify";
import { ZodError } from "zod";

import type { RoomStore } from "../store/room-store.js";
import { failure, type Result, success } from "../util/result.js";
import { type DrainAnswer, drainAnswer, reloadAnswer } from "./answers.js";
import { addLogRoutes, type LogControl } from "./log-routes.js";
import { addPinRoutes } from "./pin-routes.js";
import type { Reloading } from "./reloading.js";
import { SocketFile } from "./socket-file.js";

/** The requests that the running instance handles. */
export interface ControlHandlers {
  /** The status report as JSON. */
  status(): unknown;
  /** Stops or resumes the admission of new calls. */
  drain(isOn: boolean): void;
  drainState(): DrainAnswer;
  /** `undefined`: this instance does not support reloads. */
  readonly reloading: Reloading | undefined;
  /** `undefined`: this instance has no PIN store open. */
  rooms(): RoomStore | undefined;
  /** The same, opened if necessary in order to write; the failure is one readable line. */
  openRooms(): Promise<Result<RoomStore, string>>;
  /** `undefined`: this instance does not support log control. */
  readonly log?: LogControl;
}

export interface ControlServerOptions {
  /** The path of the socket. */
  readonly path: string;
  /** `undefined` while the instance is starting. */
  readonly handlers: () => ControlHandlers | undefined;
  readonly onBug: (error: unknown) => void;
}

const starting = 503;
const cannot = 501;

/** The Unix socket between the command line and the running instance; only its owner can connect. */
export class ControlServer {
  readonly #server: FastifyInstance;
  readonly #file: SocketFile;

  private constructor(server: FastifyInstance, file: SocketFile) {
    this.#server = server;
    this.#file = file;
  }

  /** @returns `held`: another instance listens on it; `why`: the reason why the socket can't be created, in one line */
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
          ? "this version of einwahl does not understand the request"
          : status === 500
            ? "unexpected error, see the log"
            : error.message,
    });
  });
  server.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ reason: "this version of einwahl does not know this request" }),
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
      return await reply.code(cannot).send({ reason: "this instance can't reload its configuration: restart it" });
    return reloadAnswer.parse(await reloading.reload());
  });
  addPinRoutes(server, now);
  addLogRoutes(server, () => {
    const { log } = now();
    if (log === undefined)
      throw Object.assign(new Error("this instance does not support log control"), { statusCode: 404 });
    return log;
  });
}
