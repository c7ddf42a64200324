import type { Certificates } from "../../../src/simulators/certificates.js";
import { EmbeddedDrachtio } from "../../../src/simulators/drachtio/embedded-drachtio.js";
import {
  EmbeddedFreeSwitch,
  type EmbeddedFreeSwitchOptions,
} from "../../../src/simulators/freeswitch/embedded-freeswitch.js";
import { type Engines, prefixed } from "./engines.js";

const host = "127.0.0.1";

/** The simulators, of which a test can strain the media server. */
export interface EmbeddedEngines extends Engines {
  readonly strain: EmbeddedFreeSwitch["strain"];
}

interface Ports {
  readonly control: number;
  readonly udp: number;
  readonly tcp: number;
  readonly tls: number;
}

export async function startEmbeddedEngines(
  certificates: Certificates,
  soundsDirectory: string,
  media: Partial<EmbeddedFreeSwitchOptions> = {},
  trunkAddress = host,
): Promise<EmbeddedEngines> {
  const { key, cert, ca } = certificates;
  const secret = "test-drachtio";
  const password = "test-event-socket";
  const startDrachtio = async (ports: Ports): Promise<EmbeddedDrachtio> =>
    await EmbeddedDrachtio.start({
      control: { address: host, port: ports.control, secret },
      sip: [
        { transport: "udp", address: host, port: ports.udp },
        { transport: "tcp", address: host, port: ports.tcp },
        { transport: "tls", address: trunkAddress, port: ports.tls },
      ],
      tls: { key, cert, ca },
    });
  let drachtio = await startDrachtio({ control: 0, udp: 0, tcp: 0, tls: 0 });
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
  const ports: Ports = { control: drachtio.controlPort, udp: port("udp"), tcp: port("tcp"), tls: port("tls") };
  return {
    kind: "embedded",
    control: { host, port: ports.control, secret },
    eventSocket: { host, port: freeswitch.eventSocketPort, password },
    sip: ports,
    strain: freeswitch.strain,
    counts: () =>
      Promise.resolve({ ...prefixed("drachtio", drachtio.counts()), ...prefixed("freeswitch", freeswitch.counts()) }),
    killDrachtio: () => drachtio.close(),
    restartDrachtio: async () => {
      drachtio = await startDrachtio(ports);
    },
    close: async () => {
      await Promise.all([drachtio.close(), freeswitch.close()]);
    },
  };
}
