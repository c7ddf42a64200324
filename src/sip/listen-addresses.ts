import type { ListenAddress } from "../trunk/listen-address.js";

/** Reads `tls/198.51.100.1:5061,udp/...`, as drachtio reports its contacts. */
export function readListenAddresses(hostPorts: string): ListenAddress[] {
  return hostPorts.split(",").flatMap((hostPort) => {
    const [, transport, host, port] = /^(udp|tcp|tls)\/(\[[^\]]+\]|[^:]+):(\d+)$/.exec(hostPort.trim()) ?? [];
    if (transport === undefined || host === undefined) return [];
    return [{ transport: transport as ListenAddress["transport"], host, port: Number(port) }];
  });
}
