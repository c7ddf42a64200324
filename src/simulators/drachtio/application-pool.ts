import type { Application } from "./application.js";

/** The applications that accept requests, by method. */
export class ApplicationPool {
  readonly #routes = new Map<string, Application[]>();
  /** Round-robin index per method. */
  readonly #turns = new Map<string, number>();

  /** @param method in lower case */
  route(method: string, application: Application): void {
    const takers = this.#routes.get(method) ?? [];
    // drachtio-srf repeats its routes with each new one; drachtio-server would then give it a double share.
    if (!takers.includes(application)) takers.push(application);
    this.#routes.set(method, takers);
  }

  /** Removes the application from every method, as drachtio-server does, whatever method `remove_route` names. */
  remove(application: Application): void {
    for (const [method, takers] of this.#routes) {
      const rest = takers.filter((taker) => taker !== application);
      if (rest.length === 0) this.#routes.delete(method);
      else this.#routes.set(method, rest);
    }
  }

  /** The next application for a request of that method, or undefined without a route. */
  next(method: string): Application | undefined {
    const key = method.toLowerCase();
    const takers = (this.#routes.get(key) ?? []).filter((taker) => taker.connected);
    const turn = this.#turns.get(key) ?? 0;
    this.#turns.set(key, turn + 1);
    return takers[turn % Math.max(takers.length, 1)];
  }
}
