import { Buffer } from "node:buffer";

import { z } from "zod";

import type { LoggingConfig, MediaServerConfig } from "../../config/config.js";
import type { ControlClient } from "../../control/control-client.js";
import { explainControlFailure } from "../../control/explain-failure.js";
import { EventSocketSession } from "../../media/event-socket-session.js";
import { DayNames } from "../../monitoring/log/day-names.js";
import type { Clock } from "../../util/clock.js";
import { failure, success } from "../../util/result.js";
import { rawInvite } from "../calls/raw-invite.js";
import type { CallRoute } from "../calls/route.js";
import { sendRaw } from "../calls/tls-line.js";
import {
  answerTimeoutMs,
  type Look,
  maxPlaceBytes,
  type Place,
  type PlaceId,
  type Plant,
  plantWord,
} from "../place.js";
import { FileTails } from "./file-tails.js";

/** einwahl itself writes the mark to its log and to standard error. */
export function plantByEinwahl(client: ControlClient): Plant {
  return {
    how: "by einwahl itself, on request over its control socket",
    put: async (mark) => {
      const body = { type: "application/json", text: JSON.stringify({ text: `${plantWord} ${mark.reveal()}` }) };
      const sent = await client.ask({ method: "POST", path: "/log/planted", body }, z.object({ level: z.string() }));
      return sent.ok ? success(undefined) : failure(explainControlFailure(sent.failure));
    },
  };
}

/** At every log level drachtio prints a header line without a colon and responds 400. */
export function plantByDrachtio(route: CallRoute, clock: Clock): Plant {
  return {
    how: "by drachtio, with a request that contains an invalid header line",
    put: async (mark) => {
      const message = rawInvite(route, { number: "anonymous", name: plantWord }, [`${plantWord} ${mark.reveal()}`]);
      const answer = await sendRaw(route, route.phone.tls, message, clock);
      return answer.ok ? success(undefined) : failure(`it gives no answer (${answer.failure})`);
    },
  };
}

/** FreeSWITCH logs an unknown endpoint type as an error, before it places a call (switch_core_session.c). */
export function plantByFreeSwitch(
  { name, eventSocket: { host, port, password } }: MediaServerConfig,
  clock: Clock,
): Plant {
  return {
    how: `by FreeSWITCH ${name}, with an originate to an unknown endpoint type`,
    put: async (mark) => {
      const session = await EventSocketSession.open(
        { host, port, password: password.reveal() },
        clock,
        answerTimeoutMs,
      );
      if (!session.ok) return failure(`its event socket can't be used (${session.failure.kind})`);
      try {
        const answer = await session.value.api(`originate ${plantWord}${mark.reveal().replace("+", "")}/x &hangup`);
        return answer.ok ? success(undefined) : answer;
      } finally {
        session.value.close();
      }
    },
  };
}

/** The files of `logging.file`. */
export function logFilesPlace(file: NonNullable<LoggingConfig["file"]>, plant: Plant): Place {
  const names = new DayNames(file);
  const tails = new FileTails(
    [names.directory],
    (path) => names.dayOf(path.slice(names.directory.length + 1)) !== undefined,
  );
  return {
    id: "einwahl-log",
    name: "einwahl's log (logging.file)",
    when: "afterwards",
    permits: () => undefined,
    plants: [plant],
    begin: () => tails.begin(),
    look: () => tails.look(),
  };
}

export interface OutputOptions {
  readonly id: PlaceId;
  readonly name: string;
  readonly paths: readonly string[];
  /** Also reads standard input. */
  readonly input: InputReader | undefined;
  readonly plants: readonly Plant[];
}

/** The standard output and standard error of a component, from the operator's file. */
export function outputPlace({ id, name, paths, input, plants }: OutputOptions): Place {
  const tails = new FileTails(paths);
  return {
    id,
    name,
    when: "afterwards",
    permits: () => undefined,
    plants,
    begin: () => tails.begin(),
    look: async () => {
      const look = await tails.look();
      return input === undefined
        ? look
        : { pieces: [...look.pieces, ...input.look().pieces], unseen: [...look.unseen, ...input.look().unseen] };
    },
  };
}

/** Buffers standard input, such as the output of `docker compose logs -f`. */
export class InputReader {
  readonly #stream: AsyncIterable<Buffer | string>;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #fault: string | undefined;

  constructor(stream: AsyncIterable<Buffer | string>) {
    this.#stream = stream;
  }

  /** Reads until the input ends or exceeds the limit; never rejects. */
  async read(): Promise<void> {
    try {
      for await (const chunk of this.#stream) {
        const bytes = Buffer.from(chunk);
        this.#bytes += bytes.length;
        if (this.#bytes > maxPlaceBytes) {
          this.#fault = "standard input: it is too much";
          return;
        }
        this.#chunks.push(bytes);
      }
    } catch {
      this.#fault = "standard input can't be read";
    }
  }

  look(): Look {
    return {
      pieces: [{ source: "standard input", bytes: Buffer.concat(this.#chunks) }],
      unseen: this.#fault === undefined ? [] : [this.#fault],
    };
  }
}
