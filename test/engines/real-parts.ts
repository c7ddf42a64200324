import type { Certificates } from "../../src/simulators/certificates.js";
import { countsOf, type MediaPart, type Part, type PartEngines } from "../e2e/support/parts/part.js";
import { host } from "./engine-program.js";
import { password, type RunningMedia, secret, startDrachtio, startMedia } from "./real-engines.js";

/** drachtio-server and FreeSWITCH from the PATH, as delivered, each of which a test can end and start again. */
export async function startRealParts(
  certificates: Certificates,
  soundsDirectory: string,
  mediaServers: number,
): Promise<PartEngines> {
  const drachtio = await startDrachtio(certificates, host);
  const closers: (() => Promise<void>)[] = [() => drachtio.engine.close()];
  const close = async (): Promise<void> => {
    await Promise.all(closers.map((closer) => closer()));
  };
  const media: (MediaPart & Countable)[] = [];
  const folders = [drachtio.engine.folder];
  try {
    for (let index = 1; index <= mediaServers; index++) {
      const running = await startMedia(certificates, soundsDirectory, {});
      closers.push(async () => {
        running.socket.close();
        await running.engine.close();
      });
      folders.push(running.engine.folder);
      media.push(mediaPart(`media-${index}`, running));
    }
  } catch (error) {
    await close();
    throw error;
  }
  const [first] = media;
  if (first === undefined) throw new Error("no media server");
  const signalling: Part = {
    name: "drachtio",
    end: async (signal) => {
      await drachtio.engine.end(signal);
    },
    start: async () => {
      await drachtio.engine.restart();
    },
  };
  return {
    kind: "real",
    control: { host, port: drachtio.control, secret },
    eventSocket: first.eventSocket,
    sip: { udp: drachtio.plain, tcp: drachtio.plain, tls: drachtio.tls },
    drachtio: signalling,
    killDrachtio: () => signalling.end("SIGKILL"),
    restartDrachtio: () => signalling.start(),
    media,
    folders,
    counts: async () => await countsOf(media),
    close,
  };
}

interface Countable {
  readonly isRunning: boolean;
  counts(): Promise<Readonly<Record<string, number>>>;
}

function mediaPart(name: string, { engine, socket, port }: RunningMedia): MediaPart & Countable {
  return {
    name,
    eventSocket: { host, port, password },
    get isRunning() {
      return !engine.program.isGone;
    },
    end: async (signal) => {
      socket.close();
      await engine.end(signal);
    },
    start: async () => {
      await engine.restart();
    },
    counts: async () => ({ "freeswitch.channels": await socket.channels() }),
  };
}
