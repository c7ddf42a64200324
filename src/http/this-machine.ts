import { BlockList, isIPv6 } from "node:net";

import type { FastifyRequest } from "fastify";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Headers that the various reverse proxies add. */
const forwardingHeaders = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

/**
 * Whether a request on the operators listener is from a program on this machine. Proxy headers reveal a reverse proxy
 * in front of the listener; the check of `Host` keeps out web pages whose name resolves to 127.0.0.1 (DNS rebinding).
 */
export function isFromThisMachine(request: Pick<FastifyRequest, "headers" | "socket">): boolean {
  if (!isLoopback(request.socket.remoteAddress ?? "")) return false;
  if (forwardingHeaders.some((name) => request.headers[name] !== undefined)) return false;
  return isLoopbackName(request.headers.host ?? "");
}

function isLoopback(address: string): boolean {
  if (address === "") return false;
  return loopback.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

function isLoopbackName(host: string): boolean {
  const name = host.replace(/:[0-9]{1,5}$/, "");
  if (name === "localhost" || name === "[::1]") return true;
  return /^127(\.[0-9]{1,3}){3}$/.test(name);
}
