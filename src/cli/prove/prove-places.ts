import { type Config, needsStore } from "../../config/config.js";
import type { ControlClient } from "../../control/control-client.js";
import { RemotePinBook } from "../../control/remote-pin-book.js";
import type { CallRoute } from "../../prove/calls/route.js";
import type { Place, PlaceId, Plant } from "../../prove/place.js";
import { bbbPlace, plantConference } from "../../prove/places/bbb.js";
import { controlPlace, plantRoom } from "../../prove/places/control.js";
import { directoryPlace, plantFile } from "../../prove/places/directories.js";
import { channelsPlace, freeSwitchFilesPlace } from "../../prove/places/freeswitch.js";
import { httpPlace } from "../../prove/places/http.js";
import {
  type InputReader,
  logFilesPlace,
  outputPlace,
  plantByDrachtio,
  plantByEinwahl,
  plantByFreeSwitch,
} from "../../prove/places/logs.js";
import { redisPlace } from "../../prove/places/redis.js";
import type { Permissions } from "../../prove/prove.js";
import type { Clock } from "../../util/clock.js";
import { type LogPart, logParts, type ProveOptions, type ProveRequest } from "./prove-request.js";

export interface PlaceTools {
  readonly config: Config;
  readonly options: Pick<ProveOptions, "freeswitch-files">;
  readonly request: ProveRequest;
  readonly route: CallRoute;
  readonly client: ControlClient;
  readonly token: string | undefined;
  /** Standard input, for a log named `-`. */
  readonly input: InputReader | undefined;
  readonly clock: Clock;
}

/** All places of this installation, except those that the operator leaves out. */
export async function provePlaces(
  tools: PlaceTools,
  permits: Permissions,
  newPin: () => string,
): Promise<readonly Place[]> {
  const { config, options, request, client, token, clock } = tools;
  const { mediaServers, http, bbbServers, logging, rooms } = config;
  const room = needsStore(config) ? [plantRoom(new RemotePinBook(client))] : [];
  const places: readonly Place[] = [
    ...(logging.file === undefined ? [] : [logFilesPlace(logging.file, plantByEinwahl(client))]),
    ...logParts.flatMap((part) => outputOf(part, tools)),
    channelsPlace(mediaServers, clock, permits.dialled),
    ...(request.without.has("freeswitch-files")
      ? []
      : [await freeSwitchFilesPlace(mediaServers, options["freeswitch-files"], permits.dialled, clock)]),
    httpPlace({ config: http, token, urls: request.urls, permits: permits.kept, plants: room }),
    controlPlace(client, permits.kept, room),
    ...(needsStore(config) ? [storeOf(rooms, permits, clock)] : []),
    bbbPlace(
      bbbServers,
      permits.hosted,
      bbbServers.map((server) => plantConference(server, newPin)),
    ),
    ...(request.files.length === 0
      ? []
      : [
          directoryPlace({
            id: "files",
            name: "files that the operator names",
            directories: request.files,
            permits: () => undefined,
            plants: [],
          }),
        ]),
  ];
  return places.filter(({ id }) => !request.without.has(id));
}

/** The output of each component is required, and only the operator knows where it is stored. */
export function missingOutputs({ logs, without }: ProveRequest): readonly string[] {
  return logParts
    .filter((part) => !without.has(outputId(part)) && !logs.some((log) => log.part === undefined || log.part === part))
    .map((part) => `the output of ${part} can't be searched: give --log ${part}=FILE, or --without ${outputId(part)}`);
}

function outputId(part: LogPart): PlaceId {
  return `${part}-output`;
}

function outputOf(part: LogPart, tools: PlaceTools): readonly Place[] {
  const { request, input } = tools;
  const logs = request.logs.filter((log) => log.part === undefined || log.part === part);
  if (logs.length === 0) return [];
  const paths = logs.map(({ path }) => path).filter((path) => path !== "-");
  return [
    outputPlace({
      id: outputId(part),
      name: `the output of ${part}`,
      paths,
      input: paths.length < logs.length ? input : undefined,
      plants: plantsOf(part, tools),
    }),
  ];
}

function plantsOf(part: LogPart, { config, client, route, clock }: PlaceTools): readonly Plant[] {
  switch (part) {
    case "einwahl":
      return [plantByEinwahl(client)];
    case "freeswitch":
      return config.mediaServers.map((server) => plantByFreeSwitch(server, clock));
    case "drachtio":
      return [plantByDrachtio(route, clock)];
  }
}

function storeOf({ store }: Config["rooms"], { kept }: Permissions, clock: Clock): Place {
  if (store.kind === "redis") return redisPlace(store, kept, clock);
  const { directory } = store;
  return directoryPlace({
    id: "store",
    name: "the store of PINs (rooms.store)",
    directories: [directory],
    permits: kept,
    plants: [plantFile(directory)],
  });
}
