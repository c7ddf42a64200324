import { createSocket } from "node:dgram";

/** The IPv4 address of this machine that packets to `host` leave from; the failure is the system's code. Sends nothing. */
export async function localAddressTowards(host: string): Promise<string | undefined> {
  const socket = createSocket("udp4");
  try {
    return await new Promise((resolve) => {
      const none = (): void => {
        resolve(undefined);
      };
      socket.once("error", none);
      // Connecting a UDP socket asks the system for the way and sends nothing; the port is any.
      socket.connect(5061, host, () => {
        socket.off("error", none);
        resolve(socket.address().address);
      });
    });
  } finally {
    socket.close();
  }
}
