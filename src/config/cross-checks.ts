import { isIP } from "node:net";

import { isTrue, isUnencrypted, optOut, optsOut } from "./encryption.js";
import type { Finding, Path } from "./fault.js";
import { durationMs } from "./fields.js";
import { entryOf, isMap, itemsOf, type Tree } from "./tree.js";
import { checkTrunk, registers } from "./trunk-checks.js";

/**
 * Faults between settings. Works on the raw tree, not on validated settings, so that these faults are
 * reported together with those of single settings. Values of the wrong type are skipped.
 */
export function crossCheck(tree: Tree): readonly Finding[] {
  const trunks = mapsIn(tree, "trunks");
  const servers = mapsIn(tree, "bbb_servers");
  return [
    ...["media_servers", "trunks", "bbb_servers"].flatMap((section) =>
      repeated(
        namesIn(tree, section),
        "is a duplicate name",
        "choose a unique name: logs and metrics tell them apart by it",
      ),
    ),
    ...repeated(
      trunks.flatMap(([place, trunk]) => numbersOf(trunk, ["trunks", place])),
      "is already used by another trunk or entry",
      "list each number once, under one trunk",
    ),
    ...repeated(
      servers.map(([place, server]) => textAt(server, ["bbb_servers", place], "api_url")),
      "is already used by another server",
      "list each server once; otherwise every PIN of it would be found twice",
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

/** One fault for each repeated text. */
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
      message: "is not encrypted, and the SRTP keys are sent over it",
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
      message: "is not encrypted, and the SRTP keys are sent over it",
      hint: optOut,
    });
  const bridge = entryOf(server, "audio_bridge");
  if (livekit !== undefined && (bridge === undefined || bridge === "auto")) {
    findings.push({
      path: [...path, "audio_bridge"],
      message: "can't be auto together with livekit_sip",
      hint: "remove livekit_sip, so that the server's FreeSWITCH is queried (freeswitch/bbb-node/README.md), or write freeswitch or livekit for meetings that no webhook has reported",
    });
  }
  const { text: url } = textAt(server, path, "api_url");
  if (url !== undefined && isOpenHttp(url) && !isTrue(entryOf(server, "allow_http"))) {
    findings.push({
      path: [...path, "api_url"],
      message: "is not encrypted, and participants' names are sent over it",
      hint: "use https, or write allow_http: true if the network is private",
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
      hint: "FreeSWITCH can't connect to listen_address: write an address of this machine",
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
      hint: "add it there, or choose one of the languages listed there",
    });
  }
  const pin = entryOf(calls, "pin");
  const [first, total] = [msOf(entryOf(pin, "first_digit_timeout")), msOf(entryOf(pin, "total_timeout"))];
  if (first !== undefined && total !== undefined && first >= total) {
    findings.push({
      path: ["calls", "pin", "first_digit_timeout"],
      message: "is not shorter than total_timeout",
      hint: "shorten it: otherwise the dialogue ends before this timeout does",
    });
  }
  for (const scope of ["number", "withheld"]) {
    const limits = entryOf(entryOf(calls, "guessing"), scope);
    const [slow, refuse] = [entryOf(limits, "slow"), entryOf(limits, "refuse")];
    if (typeof slow === "number" && typeof refuse === "number" && refuse <= slow) {
      findings.push({
        path: ["calls", "guessing", scope, "refuse"],
        message: "is not greater than slow",
        hint: "raise refuse, or lower slow: callers are slowed first and refused later",
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
      message: "is the same as the other port of http",
      hint: "use two ports: port is for people and front ends, operators_port (default 8079) for this machine only",
    },
  ];
}

function checkTokens(tree: Tree): readonly Finding[] {
  const tokens = itemsOf(entryOf(entryOf(tree, "http"), "tokens")).filter(([, item]) => isMap(item));
  const places = (key: string): readonly Place[] =>
    tokens.map(([place, token]) => textAt(token, ["http", "tokens", place], key));
  return [
    ...repeated(places("name"), "is a duplicate name", "choose a unique name: logs tell tokens apart by it"),
    ...repeated(
      places("sha256"),
      "is the hash of another token in the list",
      "list the token once with all its scopes, or create another token",
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
        ? ofTrunk("is not the name of a trunk", "write a name from trunks")
        : registers(trunk)
          ? []
          : ofTrunk(
              "names a trunk that does not register",
              "remove it, and synthetic calls go directly to drachtio: without a registration einwahl has no user name to call with",
            );
  return [
    ...badTrunk,
    ...itemsOf(entryOf(section, "servers")).flatMap(([place, name]) =>
      typeof name !== "string" || names.includes(name)
        ? []
        : [
            {
              path: ["synthetic_call", "servers", place],
              message: "is not the name of a BBB server",
              hint: "write a name from bbb_servers",
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
