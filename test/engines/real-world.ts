import { type Certificates, makeCertificates } from "../../src/simulators/certificates.js";
import type { Owner } from "../e2e/support/owner.js";
import { type Settings, World, type WorldOptions } from "../e2e/support/world.js";
import { BbbLike } from "./bbb-like.js";
import { type RealEngines, startRealEngines } from "./real-engines.js";

/** The application with real engines: drachtio, the media server, and a BBB-like FreeSWITCH behind each sample BBB API. */
export interface RealWorld {
  readonly world: World;
  readonly engines: RealEngines;
  readonly nodes: readonly [BbbLike, BbbLike];
}

export interface RealWorldOptions extends WorldOptions {
  /** Log level of the BBB servers' FreeSWITCH; default debug, which logs everything. */
  readonly nodeLogLevel?: string;
  /** More variables of freeswitch/conf/vars.xml for the media server. */
  readonly mediaEnv?: Readonly<Record<string, string>>;
}

export async function startRealWorld(owner: Owner, options: RealWorldOptions = {}): Promise<RealWorld> {
  const certificates = options.certificates ?? (await makeCertificates());
  const nodes = await startNodes(owner, certificates, options.nodeLogLevel ?? "debug");
  let engines: RealEngines | undefined;
  const world = await World.start(owner, {
    ...options,
    certificates,
    engines: async (given, soundsDirectory) =>
      (engines = await startRealEngines(given, soundsDirectory, options.mediaEnv)),
    settings: (settings) => {
      const redirected = towards(nodes, settings);
      return options.settings?.(redirected) ?? redirected;
    },
  });
  if (engines === undefined) throw new Error("a world has engines");
  return { world, engines, nodes };
}

async function startNodes(
  owner: Owner,
  certificates: Certificates,
  logLevel: string,
): Promise<readonly [BbbLike, BbbLike]> {
  const start = async (name: string): Promise<BbbLike> => {
    const node = await BbbLike.start({ name, certificates, logLevel });
    owner.teardown(() => node.close());
    return node;
  };
  return await Promise.all([start("bbb-like-1"), start("bbb-like-2")]);
}

/** The conferences stay on their sample BBB servers; only the SIP port is the real FreeSWITCH's. */
function towards(nodes: readonly [BbbLike, BbbLike], settings: Settings): Settings {
  const servers = settings["bbb_servers"] as readonly { readonly sip: { readonly host: string } }[];
  return {
    ...settings,
    bbb_servers: servers.map((server, index) => ({
      ...server,
      sip: { ...server.sip, port: nodes[index === 0 ? 0 : 1].sipPort },
    })),
  };
}
