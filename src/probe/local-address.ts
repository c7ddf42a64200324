import { createSocket } from "node:dgram";

/** The local IPv4 address for packets to `host`; the failure is the system's error code. Sends nothing. */
export async function localAddressTowards(host: string): Promise<string | undefined> {
  const socket = createSocket("udp4");
  try {
    return await new Promise((resolve) => {
      const none = (): void => {
        resolve(undefined);
      };
      socket.once("error", none);
      // Connecting a UDP socket only performs a route lookup; the port is arbitrary.
      socket.connect(5061, host, () => {
        socket.off("error", none);
        resolve(socket.address().address);
      });
    });
  } finally {
    socket.close();
  }
}
