/**
 * Loaded with `--import` into the process that is measured, with `--expose-gc`: answers questions about its memory at a Unix
 * socket, whose path is in MEMORY_PROBE_SOCKET. One question and one answer, a line of JSON, per connection.
 */
import { createServer } from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";
import { writeHeapSnapshot } from "node:v8";

const path = process.env["MEMORY_PROBE_SOCKET"] ?? "";

function answer(question: string): string {
  const [verb = "", argument = ""] = question.split(" ");
  // Twice: weak references and finalisers of the first collection free more at the second.
  if (verb === "settled") for (let time = 0; time < 2; time++) globalThis.gc?.();
  if (verb === "snapshot") return JSON.stringify(writeHeapSnapshot(argument));
  return JSON.stringify(process.memoryUsage());
}

const server = createServer((socket) => {
  socket.on("error", () => {
    socket.destroy();
  });
  createInterface({ input: socket }).once("line", (question) => {
    socket.end(`${answer(question)}\n`);
  });
});
server.listen(path);
// It does not keep the measured process alive.
server.unref();
