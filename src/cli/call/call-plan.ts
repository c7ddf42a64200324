import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { localAddressTowards } from "../../probe/local-address.js";
import type { ProbePlan } from "../../probe/probe-plan.js";
import { type KnownPrompt, readPrompts } from "../../softphone/prompt-library.js";
import { readWav } from "../../softphone/rtp/wav.js";
import { WavFile } from "../../softphone/wav-file.js";
import { failure, type Result, success } from "../../util/result.js";
import type { CallRequest } from "./call-request.js";

const ownPrompts = join(fileURLToPath(new URL("../../../../", import.meta.url)), "freeswitch", "sounds");
/** einwahl answers immediately, a carrier on the path may take longer. */
const answerTimeoutMs = 40_000;
const maxAuthorityBytes = 1_048_576;

/** Reads the input files of the call and opens the recording; the failure is a sentence. */
export async function planCall(request: CallRequest): Promise<Result<ProbePlan, string>> {
  const { target, tls } = request;
  const localAddress = await localAddressTowards(target.host);
  if (localAddress === undefined) return failure(`${target.host} is unreachable: check that the name resolves`);
  const ca = tls.caFile === undefined ? success(undefined) : await readAuthorities(tls.caFile);
  if (!ca.ok) return ca;
  const prompts = await recordings(request.prompts ?? ownPrompts);
  if (!prompts.ok) return prompts;
  const play = await readPlay(request.play);
  if (!play.ok) return play;
  const recording = request.record === undefined ? success(undefined) : await WavFile.create(request.record);
  if (!recording.ok) return failure(`${request.record ?? ""} can't be written: ${recording.failure}`);
  const serverName = tls.serverName ?? (isIP(target.host) === 0 ? target.host : undefined);
  return success({
    phone: {
      transport: target.transport,
      localAddress,
      userAgent: "einwahl call",
      tls: {
        verify: tls.verify,
        ...(ca.value !== undefined && { ca: ca.value }),
        ...(serverName !== undefined && { serverName }),
      },
    },
    dial: {
      uri: target.uri,
      nextHop: { transport: target.transport, address: target.host, port: target.port },
      // RFC 3323 section 4.1.1.3
      ...(request.from === undefined
        ? { number: "anonymous", fromHost: "anonymous.invalid" }
        : { number: request.from }),
      ...(request.suites === undefined ? { srtp: "none" } : { srtp: "mandatory", suites: request.suites }),
      codecs: request.codecs,
    },
    answerTimeoutMs,
    pin: request.pin,
    language: request.language,
    prompts: prompts.value,
    play: play.value,
    expectTone: request.expectTone,
    recording: recording.value,
    stayMs: request.stayMs,
  });
}

async function readAuthorities(path: string): Promise<Result<string, string>> {
  const file = await contents(path);
  if (!file.ok) return file;
  const text = file.value.toString("latin1", 0, maxAuthorityBytes);
  return text.includes("-----BEGIN CERTIFICATE-----") ? success(text) : failure(`${path} contains no PEM certificate`);
}

async function recordings(folder: string): Promise<Result<readonly KnownPrompt[], string>> {
  const prompts = await readPrompts(folder);
  return prompts.ok ? prompts : failure(`${prompts.failure.path} can't be used: ${prompts.failure.reason}`);
}

async function readPlay(play: CallRequest["play"]): Promise<Result<ProbePlan["play"], string>> {
  if (play === undefined || "hz" in play) return success(play);
  const file = await contents(play.file);
  if (!file.ok) return file;
  const wav = readWav(file.value);
  if (wav.ok) return success({ pcm: wav.value });
  return failure(
    `${play.file} can't be played: ${wav.failure.kind === "unsupported" ? wav.failure.detail : wav.failure.kind}; it must be WAV, 8 kHz, mono, 16 bit`,
  );
}

async function contents(path: string): Promise<Result<Buffer, string>> {
  try {
    return success(await readFile(path));
  } catch (error) {
    return failure(
      `${path} can't be read: ${error instanceof Error && "code" in error ? String(error.code) : String(error)}`,
    );
  }
}
