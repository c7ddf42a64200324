import { isIP } from "node:net";

import type { z } from "zod";

import { type Language, languages } from "../../caller/language.js";
import type { Provider } from "../../config/config.js";
import { closestTo } from "../../config/fault.js";
import { fields } from "../../config/fields.js";
import { presets, providers, type TrunkPreset } from "../../config/presets.js";
import type { Environment } from "../../config/references.js";
import { failure, type Result, success } from "../../util/result.js";
import type { Asker, Question } from "./asker.js";

/** The facts of an installation that only the operator knows. */
export interface Installation {
  readonly language: Language;
  readonly provider: Provider;
  /** E.164 with +. */
  readonly numbers: readonly string[];
  readonly line: RegisteringLine | FixedLine;
  /** The public address behind NAT; `undefined`: no NAT. */
  readonly publicAddress: string | undefined;
  readonly bbb: { readonly name: string; readonly apiUrl: string; readonly secret: string };
}

interface RegisteringLine {
  readonly kind: "registers";
  /** `undefined`: the provider's preset. */
  readonly registrar: string | undefined;
  readonly username: string;
  readonly password: string;
}

interface FixedLine {
  readonly kind: "fixed";
  readonly sources: readonly string[];
}

/** The answers given as options. */
export interface GivenAnswers {
  readonly provider: string | undefined;
  readonly number: readonly string[];
  readonly registrar: string | undefined;
  readonly username: string | undefined;
  readonly source: readonly string[];
  readonly "public-address": string | undefined;
  readonly "bbb-url": string | undefined;
  readonly language: string | undefined;
}

/** The environment variables for passwords. */
const variables = { trunk: "EINWAHL_TRUNK_PASSWORD", bbb: "EINWAHL_BBB_SECRET" } as const;
const none = "none";

/** A missing or invalid answer. Thrown and caught in this file only. */
class Unanswered extends Error {}

/** Asks for all missing answers; the failure is a sentence. */
export async function askInstallation(
  asker: Asker,
  given: GivenAnswers,
  environment: Environment,
): Promise<Result<Installation, string>> {
  const ask = async (question: Question): Promise<string> => {
    const answer = await asker.ask(question);
    if (!answer.ok) throw new Unanswered(answer.failure);
    return answer.value;
  };
  try {
    return success(await askAll(ask, given, environment));
  } catch (error) {
    if (error instanceof Unanswered) return failure(error.message);
    throw error;
  }
}

type Ask = (question: Question) => Promise<string>;

async function askAll(ask: Ask, given: GivenAnswers, environment: Environment): Promise<Installation> {
  const provider = await askChoice<Provider>(
    ask,
    {
      text: `Provider of the trunk (${providers.join(", ")})`,
      name: "--provider",
      given: given.provider,
      fallback: "easybell",
    },
    providers,
  );
  const numbers = await ask({
    text: "Numbers that callers dial, with + and country code, separated by commas",
    name: "--number",
    given: joined(given.number),
    fallback: undefined,
    read: listOf(readNumber),
  });
  const line = await askLine(ask, provider, given, environment);
  const publicAddress = await ask({
    text: `Public address of this host, if it is behind NAT, or ${none}`,
    name: "--public-address",
    given: given["public-address"],
    fallback: none,
    read: orNone(readWith(fields.address)),
  });
  const apiUrl = await ask({
    text: "API of a BBB server, as bbb-conf --secret shows it",
    name: "--bbb-url",
    given: given["bbb-url"],
    fallback: undefined,
    read: readApiUrl,
  });
  const secret = await ask({
    text: "Its secret",
    name: variables.bbb,
    given: environment[variables.bbb],
    fallback: undefined,
    isSecret: true,
    read: readSecret,
  });
  const language = await askChoice<Language>(
    ask,
    {
      text: "Language of the greeting (de, en)",
      name: "--language",
      given: given.language,
      fallback: "de",
    },
    languages,
  );
  return {
    language,
    provider,
    numbers: numbers.split(","),
    line,
    publicAddress: publicAddress === none ? undefined : publicAddress,
    bbb: { name: serverName(apiUrl), apiUrl, secret },
  };
}

async function askLine(
  ask: Ask,
  provider: Provider,
  given: GivenAnswers,
  environment: Environment,
): Promise<RegisteringLine | FixedLine> {
  const registrar = await askRegistrar(ask, presets[provider], given.registrar);
  if (registrar === none) {
    const sources = await ask({
      text: "Addresses, networks or names that the provider's calls come from, separated by commas",
      name: "--source",
      given: joined(given.source),
      fallback: undefined,
      read: listOf(readWith(fields.source)),
    });
    return { kind: "fixed", sources: sources.split(",") };
  }
  const username = await ask({
    text: "User name of the trunk",
    name: "--username",
    given: given.username,
    fallback: undefined,
    read: readWith(fields.userName),
  });
  const password = await ask({
    text: "Its password",
    name: variables.trunk,
    given: environment[variables.trunk],
    fallback: undefined,
    isSecret: true,
    read: readSecret,
  });
  return { kind: "registers", registrar, username, password };
}

/** A host, `none`, or `undefined` to keep the provider's preset. */
async function askRegistrar(
  ask: Ask,
  { registrar }: TrunkPreset,
  given: string | undefined,
): Promise<string | undefined> {
  if (registrar?.host !== undefined && given === undefined) return undefined;
  const example = registrar?.example === undefined ? "" : `, such as ${registrar.example}`;
  const text =
    registrar === undefined
      ? `Registrar of the trunk, or ${none} for one that sends calls to a fixed address`
      : `Registrar, which differs for each customer${example}`;
  return await ask({
    text,
    name: "--registrar",
    given,
    fallback: registrar === undefined ? none : undefined,
    read: orNone(readWith(fields.host)),
  });
}

async function askChoice<Choice extends string>(
  ask: Ask,
  question: Omit<Question, "read">,
  choices: readonly Choice[],
): Promise<Choice> {
  const answer = await ask({
    ...question,
    read: (text) => (choices.some((choice) => choice === text) ? success(text) : failure(notAmong(text, choices))),
  });
  const chosen = choices.find((choice) => choice === answer);
  if (chosen === undefined) throw new Error(`${question.name} was let through`);
  return chosen;
}

function notAmong(text: string, choices: readonly string[]): string {
  const meant = closestTo(text, choices);
  return meant === undefined
    ? `must be one of ${choices.join(", ")}`
    : `must be one of ${choices.join(", ")}; did you mean ${meant}?`;
}

function joined(texts: readonly string[]): string | undefined {
  return texts.length === 0 ? undefined : texts.join(",");
}

type Read = (text: string) => Result<string, string>;

function orNone(read: Read): Read {
  return (text) => (text === none ? success(none) : read(text));
}

/** Applies a rule to each part of a comma-separated text. */
function listOf(read: Read): Read {
  return (text) => {
    const parts = text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "")
      .map(read);
    for (const part of parts) if (!part.ok) return part;
    const values = [...new Set(parts.flatMap((part) => (part.ok ? [part.value] : [])))];
    return values.length === 0 ? failure("is empty") : success(values.join(","));
  };
}

/** Validates an answer like the setting itself. */
function readWith(field: z.ZodType): Read {
  return (text) => {
    const checked = field.safeParse(text);
    if (checked.success) return success(text);
    const [issue] = checked.error.issues;
    const hint =
      issue !== undefined && "params" in issue && typeof issue.params?.["hint"] === "string"
        ? `: ${issue.params["hint"]}`
        : "";
    return failure(`${issue?.message ?? "is invalid"}${hint}`);
  };
}

const readSecret = readWith(fields.secret);

function readNumber(text: string): Result<string, string> {
  return readWith(fields.phoneNumber)(text.replace(/[ ()/.-]/g, "").replace(/^00/, "+"));
}

/** Also accepts the server's name without a path. */
function readApiUrl(text: string): Result<string, string> {
  const url = text.includes("://") ? text : `https://${text}`;
  if (!URL.canParse(url)) return readWith(fields.apiUrl)(url);
  const { pathname, protocol } = new URL(url);
  if (protocol === "http:") return failure("is not encrypted: use https, or edit the file by hand");
  return readWith(fields.apiUrl)(pathname === "/" ? `${url.replace(/\/$/, "")}/bigbluebutton/api` : url);
}

function serverName(apiUrl: string): string {
  const { hostname } = new URL(apiUrl);
  const [label = ""] = hostname.split(".");
  return isIP(hostname) === 0 && fields.name.safeParse(label).success ? label : "bbb-1";
}
