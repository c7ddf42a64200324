import { readFileSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";

import { readWav } from "../../softphone/rtp/wav.js";
import { type AudioSource, PcmSource, SequenceSource, SilenceSource } from "./audio-source.js";
import { renderToneScript } from "./tone-script.js";

const maxFileBytes = 32 * 1024 * 1024;
const maxCachedSamples = 16 * 1024 * 1024;
const maxParts = 1000;

/** Notes of the generated hold music, used without a recording, in Hz; half a second each. */
const melody =
  "%(480,20,392,196)%(480,20,494,196)%(480,20,587,196)%(480,20,494,196)%(480,20,440,220)%(480,20,523,220)%(480,20,659,220)%(480,20,523,220)";

export interface SoundLibraryOptions {
  /** Base of relative paths if the channel has no sound_prefix. */
  readonly soundsDir: string | undefined;
  readonly unsupported: (what: string) => void;
}

interface Recording {
  readonly modified: number;
  readonly pcm: Int16Array;
}

/** Opens the audio of a `playback` argument. WAV files must be 8 kHz mono: no resampling. */
export class SoundLibrary {
  readonly #soundsDir: string | undefined;
  readonly #unsupported: (what: string) => void;
  readonly #recordings = new Map<string, Recording>();
  readonly #tones = new Map<string, Int16Array>();
  #cachedSamples = 0;

  constructor(options: SoundLibraryOptions) {
    this.#soundsDir = options.soundsDir;
    this.#unsupported = options.unsupported;
  }

  /** @param prefix the channel's sound_prefix. @param start first sample (`file@@start`). Undefined: not found. */
  open(name: string, prefix?: string, start = 0): AudioSource | undefined {
    // Parameters of the file, which FreeSWITCH passes to its format (switch_core_perform_file_open).
    if (name.startsWith("{") && name.includes("}")) return this.open(name.slice(name.indexOf("}") + 1), prefix, start);
    const scheme = /^([a-z_]+):\/\/(.*)$/s.exec(name);
    const rest = scheme?.[2] ?? "";
    switch (scheme?.[1]) {
      case undefined:
        return this.#openFile(name, prefix, start);
      case "silence_stream":
        return openSilence(rest);
      case "tone_stream":
        return this.#openTones(rest);
      case "file_string":
        return this.#openSequence(rest, prefix);
      case "local_stream":
        return this.#openMusic(rest, prefix);
      default:
        this.#unsupported(`audio from ${scheme?.[1] ?? ""}://`);
        return undefined;
    }
  }

  /** FreeSWITCH opens a part when its turn comes; only a string without a playable first part fails. */
  #openSequence(list: string, prefix: string | undefined): AudioSource | undefined {
    const parts = list
      .split("!")
      .filter((part) => part !== "")
      .slice(0, maxParts);
    const firstPlayable = parts.findIndex((part) => this.open(part, prefix) !== undefined);
    if (firstPlayable < 0) return undefined;
    return new SequenceSource(parts.slice(firstPlayable).map((part) => () => this.open(part, prefix)));
  }

  #openTones(text: string): AudioSource | undefined {
    const [script = "", loops] = text.split(";loops=");
    const pcm = this.#tones.get(script) ?? renderToneScript(script);
    if (pcm === undefined) {
      this.#unsupported("this tone_stream");
      return undefined;
    }
    if (this.#tones.size < 32) this.#tones.set(script, pcm);
    const count = loops === undefined ? 1 : Number.parseInt(loops, 10);
    return new PcmSource(pcm, count < 0 ? Infinity : Math.max(1, count || 1));
  }

  #openMusic(name: string, prefix: string | undefined): AudioSource | undefined {
    const recording = /^[\w-]+$/.test(name) ? this.#read(this.#path(`music/${name}.wav`, prefix)) : undefined;
    return recording === undefined ? this.#openTones(`v=-17;${melody};loops=-1`) : new PcmSource(recording, Infinity);
  }

  #openFile(name: string, prefix: string | undefined, start: number): AudioSource | undefined {
    const pcm = this.#read(this.#path(name, prefix));
    return pcm === undefined ? undefined : new PcmSource(pcm, 1, start);
  }

  #path(name: string, prefix: string | undefined): string {
    const directory = prefix ?? this.#soundsDir;
    return isAbsolute(name) || directory === undefined ? name : join(directory, name);
  }

  #read(path: string): Int16Array | undefined {
    try {
      const { mtimeMs, size } = statSync(path);
      const known = this.#recordings.get(path);
      if (known?.modified === mtimeMs) return known.pcm;
      if (size > maxFileBytes) {
        this.#unsupported("a sound file this large");
        return undefined;
      }
      const wav = readWav(readFileSync(path));
      if (!wav.ok) {
        this.#unsupported(
          `a sound file that is not an 8 kHz mono WAV (${wav.failure.kind === "unsupported" ? wav.failure.detail : wav.failure.kind})`,
        );
        return undefined;
      }
      this.#remember(path, { modified: mtimeMs, pcm: wav.value });
      return wav.value;
    } catch {
      return undefined;
    }
  }

  #remember(path: string, recording: Recording): void {
    if (this.#cachedSamples + recording.pcm.length > maxCachedSamples) {
      this.#recordings.clear();
      this.#cachedSamples = 0;
    }
    this.#recordings.set(path, recording);
    this.#cachedSamples += recording.pcm.length;
  }
}

/** `silence_stream://ms[,level]`: 0 or less: endless; the comfort noise level is ignored. */
function openSilence(argument: string): AudioSource {
  const milliseconds = Number.parseInt(argument, 10);
  return new SilenceSource(milliseconds > 0 ? milliseconds : Infinity);
}
