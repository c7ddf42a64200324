import { Buffer } from "node:buffer";

import type { ControlClient } from "../../control/control-client.js";
import { explainControlFailure } from "../../control/explain-failure.js";
import { keepsNone } from "../../control/pin-routes.js";
import type { RemotePinBook } from "../../control/remote-pin-book.js";
import { failure, success } from "../../util/result.js";
import { type Permission, type Place, type Plant, plantWord } from "../place.js";
import type { Piece } from "../search.js";

const paths = ["/status", "/drain", "/pins.jsonl"] as const;

/** The data that the running einwahl exposes over its control socket. */
export function controlPlace(client: ControlClient, permits: Permission, plants: readonly Plant[]): Place {
  return {
    id: "control",
    name: "the control socket: status, and the PINs that are kept",
    when: "calls",
    permits,
    plants,
    begin: () => Promise.resolve(),
    look: async () => {
      const pieces: Piece[] = [];
      const unseen: string[] = [];
      for (const path of paths) {
        const answer = await client.askText({ method: "GET", path });
        if (answer.ok) pieces.push({ source: `control socket ${path}`, bytes: Buffer.from(answer.value) });
        else if (answer.failure.kind !== "refused" || answer.failure.status !== keepsNone)
          unseen.push(`${path}: ${explainControlFailure(answer.failure)}`);
      }
      return { pieces, unseen };
    },
  };
}

/** A room whose id contains the mark, released afterwards. */
export function plantRoom(pins: RemotePinBook): Plant {
  return {
    how: "as the id of a room with a PIN",
    put: async (mark) => {
      const room = `${plantWord}-${mark.reveal().replace("+", "")}`;
      const reserved = await pins.reserve(room);
      if (!reserved.ok) return failure(reserved.failure);
      return success({
        isGone: "at-once",
        remove: async () => {
          await pins.release(room);
        },
      });
    },
  };
}
