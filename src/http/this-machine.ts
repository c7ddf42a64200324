import { BlockList, isIPv6 } from "node:net";
import type { FastifyRequest } from "fastify";
import type { HttpConfig } from "../config/web-config.js";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** What reverse proxies add, each kind its own. */
const forwardingHeaders = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

/**
 * Whether a program of this machine asks for itself. A reverse proxy on this machine connects from loopback too, so
 * three more things are looked at: that no header tells of a proxy; that the name asked for is this machine's, which
 * also keeps out pages whose name somebody has pointed at 127.0.0.1; and that an operator who has a proxy, as
 * `http.public_url` says, has told by `http.trusted_proxies` which one sends X-Forwarded-For. Without that, a proxy
 * that adds no header would open to everybody what is this machine's.
 */
export function isFromThisMachine(request: Pick<FastifyRequest, "headers" | "socket">, config: Pick<HttpConfig, "publicUrl" | "trustedProxies">): boolean {
  if (!isLoopback(request.socket.remoteAddress ?? "")) return false;
  if (forwardingHeaders.some((name) => request.headers[name] !== undefined)) return false;
  if (config.publicUrl !== undefined && config.trustedProxies.length === 0) return false;
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
