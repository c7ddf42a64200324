import { isIP } from "node:net";

import { isTrue, isUnencrypted, optOut, optsOut } from "./encryption.js";
import type { Finding, Path } from "./fault.js";
import { durationMs } from "./fields.js";
import { entryOf, isMap, itemsOf, type Tree } from "./tree.js";
import { checkTrunk, registers } from "./trunk-checks.js";

/**
 * Faults that lie between settings. Looks at the tree and not at validated settings, so that these faults are
 * reported together with those of single settings; where a value is of the wrong kind it says nothing.
 */
export function crossCheck(tree: Tree): readonly Finding[] {
  const trunks = mapsIn(tree, "trunks");
  const servers = mapsIn(tree, "bbb_servers");
  return [
    ...["media_servers", "trunks", "bbb_servers"].flatMap((section) =>
      repeated(
        namesIn(tree, section),
        "is a name that is there already",
        "every one needs a name of its own, by which logs and metrics tell them apart",
      ),
    ),
    ...repeated(
      trunks.flatMap(([place, trunk]) => numbersOf(trunk, ["trunks", place])),
      "is a number that another trunk or entry has already",
      "a number belongs to one trunk",
    ),
    ...repeated(
      servers.map(([place, server]) => textAt(server, ["bbb_servers", place], "api_url")),
      "is an address that another server has already",
      "every PIN of it would be found twice",
    ),
    ...trunks.flatMap(([place, trunk]) => checkTrunk(trunk, ["trunks", place])),
    ...servers.flatMap(([place, server]) => checkBbbServer(server, ["bbb_servers", place])),
    ...mapsIn(tree, "media_servers").flatMap(([place, server]) => checkMediaServer(server, ["media_servers", place])),
    ...checkCalls(tree),
    ...checkTokens(tree),
    ...checkPorts(tree),
    ...checkSyntheticCall(tree, servers, trunks),
  ];
}

interface Place {
  readonly path: Path;
  readonly text: string | undefined;
}

function mapsIn(tree: Tree, section: string): readonly (readonly [number, Tree])[] {
  return itemsOf(entryOf(tree, section)).filter(([, item]) => isMap(item));
}

function textAt(value: Tree, path: Path, key: string): Place {
  const text = entryOf(value, key);
  return { path: [...path, key], text: typeof text === "string" ? text : undefined };
}

function namesIn(tree: Tree, section: string): readonly Place[] {
  return mapsIn(tree, section).map(([place, item]) => textAt(item, [section, place], "name"));
}

function numbersOf(trunk: Tree, path: Path): readonly Place[] {
  return itemsOf(entryOf(trunk, "numbers")).map(([place, number]) =>
    textAt(number, [...path, "numbers", place], "number"),
  );
}

/** One finding for each text that has come before. */
function repeated(places: readonly Place[], message: string, hint: string): readonly Finding[] {
  const seen = new Set<string>();
  return places.flatMap(({ path, text }) => {
    if (text === undefined) return [];
    if (seen.has(text)) return [{ path, message, hint }];
    seen.add(text);
    return [];
  });
}

function checkBbbServer(server: Tree, path: Path): readonly Finding[] {
  const findings: Finding[] = [];
  const sip = entryOf(server, "sip");
  if (isUnencrypted(sip) && !optsOut(sip))
    findings.push({
      path: [...path, "sip", "transport"],
      message: "is not encrypted, and the keys of the audio travel in it",
      hint: optOut,
    });
  if (entryOf(sip, "srtp") !== undefined && optsOut(sip))
    findings.push({
      path: [...path, "sip", "allow_unencrypted"],
      message: "contradicts srtp",
      hint: "remove one of the two",
    });
  const livekit = entryOf(server, "livekit_sip");
  if (isUnencrypted(livekit) && !optsOut(livekit))
    findings.push({
      path: [...path, "livekit_sip", "transport"],
      message: "is not encrypted, and the keys of the audio travel in it",
      hint: optOut,
    });
  const bridge = entryOf(server, "audio_bridge");
  if (livekit !== undefined && (bridge === undefined || bridge === "auto")) {
    findings.push({
      path: [...path, "audio_bridge"],
      message: "can't be auto beside livekit_sip",
      hint: "remove livekit_sip, so that the server's FreeSWITCH finds out (freeswitch/bbb-node/README.md), or write freeswitch or livekit for the meetings of which no webhook tells it",
    });
  }
  const { text: url } = textAt(server, path, "api_url");
  if (url !== undefined && isOpenHttp(url) && !isTrue(entryOf(server, "allow_http"))) {
    findings.push({
      path: [...path, "api_url"],
      message: "is not encrypted, and names of participants travel in it",
      hint: "use https, or write allow_http: true for a network that nobody else is on",
    });
  }
  return findings;
}

function checkMediaServer(server: Tree, path: Path): readonly Finding[] {
  const address = entryOf(server, "listen_address");
  if ((address !== "0.0.0.0" && address !== "::") || entryOf(server, "advertised_address") !== undefined) return [];
  return [
    {
      path: [...path, "advertised_address"],
      message: "is missing",
      hint: "listen_address is no address that FreeSWITCH can connect to: name one of this machine",
    },
  ];
}

function checkCalls(tree: Tree): readonly Finding[] {
  const findings: Finding[] = [];
  const calls = entryOf(tree, "calls");
  const language = entryOf(tree, "language");
  const offered = entryOf(calls, "languages");
  if (typeof language === "string" && Array.isArray(offered) && !offered.includes(language)) {
    findings.push({
      path: ["language"],
      message: "is not among calls.languages",
      hint: "add it there, or choose one of those",
    });
  }
  const pin = entryOf(calls, "pin");
  const [first, total] = [msOf(entryOf(pin, "first_digit_timeout")), msOf(entryOf(pin, "total_timeout"))];
  if (first !== undefined && total !== undefined && first >= total) {
    findings.push({
      path: ["calls", "pin", "first_digit_timeout"],
      message: "is not shorter than total_timeout",
      hint: "callers would be cut off while they are waited for",
    });
  }
  for (const scope of ["number", "withheld"]) {
    const limits = entryOf(entryOf(calls, "guessing"), scope);
    const [slow, refuse] = [entryOf(limits, "slow"), entryOf(limits, "refuse")];
    if (typeof slow === "number" && typeof refuse === "number" && refuse <= slow) {
      findings.push({
        path: ["calls", "guessing", scope, "refuse"],
        message: "is not more than slow",
        hint: "callers are slowed first, and refused when that does not stop them",
      });
    }
  }
  return findings;
}

function checkPorts(tree: Tree): readonly Finding[] {
  const http = entryOf(tree, "http");
  const [port, operatorsPort] = [entryOf(http, "port") ?? 8080, entryOf(http, "operators_port") ?? 8079];
  if (port !== operatorsPort) return [];
  return [
    {
      path: ["http", entryOf(http, "operators_port") === undefined ? "port" : "operators_port"],
      message: "is the other port of http too",
      hint: "port is for people and front ends, operators_port (8079 by default) for this machine only: give each its own",
    },
  ];
}

function checkTokens(tree: Tree): readonly Finding[] {
  const tokens = itemsOf(entryOf(entryOf(tree, "http"), "tokens")).filter(([, item]) => isMap(item));
  const places = (key: string): readonly Place[] =>
    tokens.map(([place, token]) => textAt(token, ["http", "tokens", place], key));
  return [
    ...repeated(
      places("name"),
      "is a name that is there already",
      "every token needs a name of its own, by which logs tell them apart",
    ),
    ...repeated(
      places("sha256"),
      "is a token that is there already",
      "give one token all its scopes, or make another one",
    ),
  ];
}

function checkSyntheticCall(
  tree: Tree,
  servers: readonly (readonly [number, Tree])[],
  trunks: readonly (readonly [number, Tree])[],
): readonly Finding[] {
  const section = entryOf(tree, "synthetic_call");
  const names = servers.map(([, server]) => entryOf(server, "name"));
  const wanted = entryOf(section, "trunk");
  const trunk = trunks.find(([, each]) => entryOf(each, "name") === wanted)?.[1];
  const ofTrunk = (message: string, hint: string): readonly Finding[] => [
    { path: ["synthetic_call", "trunk"], message, hint },
  ];
  const badTrunk =
    typeof wanted !== "string"
      ? []
      : trunk === undefined
        ? ofTrunk("is the name of no trunk", "write a name that stands in trunks")
        : registers(trunk)
          ? []
          : ofTrunk(
              "is a trunk that does not register",
              "einwahl has no user name to call with; leave it out, and the calls go straight to drachtio",
            );
  return [
    ...badTrunk,
    ...itemsOf(entryOf(section, "servers")).flatMap(([place, name]) =>
      typeof name !== "string" || names.includes(name)
        ? []
        : [
            {
              path: ["synthetic_call", "servers", place],
              message: "is the name of no BBB server",
              hint: "write a name that stands in bbb_servers",
            },
          ],
    ),
  ];
}

function msOf(value: Tree): number | undefined {
  return typeof value === "string" || typeof value === "number" ? durationMs(value) : undefined;
}

function isOpenHttp(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  const isLoopback =
    hostname === "localhost" || hostname === "[::1]" || (isIP(hostname) === 4 && hostname.startsWith("127."));
  return protocol === "http:" && !isLoopback;
}
