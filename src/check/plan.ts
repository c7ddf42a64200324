import { type Config, needsStore } from "../config/config.js";
import { bbbApiCheck } from "./bbb-api.js";
import { BbbFamilies } from "./bbb-families.js";
import { bbbSipCheck } from "./bbb-sip.js";
import type { Check, CheckTools } from "./check.js";
import { drachtioCheck } from "./drachtio.js";
import { DrachtioLogin } from "./drachtio-greeting.js";
import { httpPortChecks, publicUrlCheck } from "./http.js";
import { mediaServerCheck } from "./media-server.js";
import { MediaTrust } from "./media-trust.js";
import { pinStrengthCheck } from "./pin-strength.js";
import { runningCheck, RunningInstance } from "./running.js";
import { logFileCheck, storeCheck } from "./store.js";
import { trunkCheck } from "./trunk.js";

/** All checks beyond the file itself, in the order of the file. */
export function checksOf(config: Config, tools: CheckTools): readonly Check[] {
  const instance = new RunningInstance(config);
  const login = new DrachtioLogin(config, tools);
  const media = {
    trust: new MediaTrust(config.mediaServers, tools),
    families: new BbbFamilies(config.mediaServers, tools),
  };
  const {
    http: { publicUrl },
    logging: { file },
  } = config;
  return [
    runningCheck(config, instance),
    drachtioCheck(config, login, tools),
    ...config.mediaServers.map((server, index) => mediaServerCheck(config, index, server, tools)),
    ...config.trunks.map((trunk, index) => trunkCheck(index, trunk, login, tools)),
    ...config.bbbServers.flatMap((server, index) => {
      const apiHost = new URL(server.apiUrl).hostname.replace(/^\[|\]$/g, "");
      const path = `bbb_servers[${index}]`;
      return [
        bbbApiCheck(index, server, tools),
        bbbSipCheck(
          {
            path: `${path}.sip`,
            sip: server.sip,
            apiHost,
            callerName: config.label.anonymous[config.language],
            handsOn: server.livekitSip === undefined && server.audioBridge !== "freeswitch",
          },
          media,
          tools,
        ),
        ...(server.livekitSip === undefined
          ? []
          : [
              bbbSipCheck(
                { path: `${path}.livekit_sip`, sip: server.livekitSip, apiHost, callerName: undefined, handsOn: false },
                media,
                tools,
              ),
            ]),
      ];
    }),
    ...httpPortChecks(config, instance),
    ...(publicUrl === undefined ? [] : [publicUrlCheck(publicUrl, instance, tools)]),
    pinStrengthCheck(config, instance),
    ...(needsStore(config) ? [storeCheck(config, instance, tools)] : []),
    ...(file === undefined ? [] : [logFileCheck(file)]),
  ];
}
