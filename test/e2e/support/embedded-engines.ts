import type { Certificates } from "../../../src/simulators/certificates.js";
import { EmbeddedDrachtio } from "../../../src/simulators/drachtio/embedded-drachtio.js";
import {
  EmbeddedFreeSwitch,
  type EmbeddedFreeSwitchOptions,
} from "../../../src/simulators/freeswitch/embedded-freeswitch.js";
import { type Engines, prefixed } from "./engines.js";

const host = "127.0.0.1";

export async function startEmbeddedEngines(
  certificates: Certificates,
  soundsDirectory: string,
  media: Partial<EmbeddedFreeSwitchOptions> = {},
  trunkAddress = host,
): Promise<Engines> {
  const { key, cert, ca } = certificates;
  const secret = "test-drachtio";
  const password = "test-event-socket";
  const drachtio = await EmbeddedDrachtio.start({
    control: { address: host, port: 0, secret },
    sip: [
      { transport: "udp", address: host, port: 0 },
      { transport: "tcp", address: host, port: 0 },
      { transport: "tls", address: trunkAddress, port: 0 },
    ],
    tls: { key, cert, ca },
  });
  const freeswitch = await EmbeddedFreeSwitch.start({
    eventSocket: { address: host, port: 0, password },
    sip: { address: host, port: 0 },
    rtp: { address: host },
    tls: { ca, verify: true },
    soundsDir: soundsDirectory,
    ...media,
  }).catch(async (error: unknown) => {
    await drachtio.close();
    throw error;
  });
  const port = (transport: string): number =>
    drachtio.addresses.find((address) => address.transport === transport)?.port ?? 0;
  return {
    kind: "embedded",
    control: { host, port: drachtio.controlPort, secret },
    eventSocket: { host, port: freeswitch.eventSocketPort, password },
    sip: { udp: port("udp"), tcp: port("tcp"), tls: port("tls") },
    counts: () =>
      Promise.resolve({ ...prefixed("drachtio", drachtio.counts()), ...prefixed("freeswitch", freeswitch.counts()) }),
    close: async () => {
      await Promise.all([drachtio.close(), freeswitch.close()]);
    },
  };
}
