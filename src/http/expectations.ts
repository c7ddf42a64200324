import type { FastifyInstance } from "fastify";

/**
 * Handles `Expect` (RFC 9110 section 10.1.1). Sends 100 Continue only once nothing but the body is left to read: clients
 * refused with 401, 404 or 413 would otherwise see the connection closed while sending (curl, Guzzle: "Broken pipe").
 */
export function addExpectations(server: FastifyInstance): void {
  const http = server.server;
  // Without these listeners Node sends 100 Continue at once, and refuses any other expectation with an empty 417.
  for (const event of ["checkContinue", "checkExpectation"] as const) {
    http.on(event, (request, response) => {
      http.emit("request", request, response);
    });
  }
  server.addHook("preParsing", (request, reply, payload, done) => {
    const { expect = "", "content-length": length = "0" } = request.headers;
    const fits = Number(length) <= request.routeOptions.bodyLimit;
    if (expect.toLowerCase() === "100-continue" && request.raw.httpVersion === "1.1" && fits) reply.raw.writeContinue();
    done(null, payload);
  });
}
