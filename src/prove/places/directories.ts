import { randomBytes } from "node:crypto";
import { unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { faultCode } from "../../util/network-fault.js";
import { failure, success } from "../../util/result.js";
import type { Permission, Place, PlaceId, Plant } from "../place.js";
import { FileTails } from "./file-tails.js";

/** A separate file in the directory, removed afterwards. */
export function plantFile(directory: string): Plant {
  return {
    how: `as a file in ${directory}`,
    put: async (mark) => {
      const path = join(directory, `prove-${randomBytes(6).toString("hex")}`);
      try {
        await writeFile(path, `${mark.reveal()}\n`, { flag: "wx", mode: 0o600 });
        return success({
          isGone: "at-once",
          remove: async () => {
            await unlink(path);
          },
        });
      } catch (error) {
        return failure(`${directory} can't be written (${faultCode(error)})`);
      }
    },
  };
}

export interface DirectoryOptions {
  readonly id: PlaceId;
  readonly name: string;
  readonly directories: readonly string[];
  readonly permits: Permission;
  readonly plants: readonly Plant[];
}

/** All files below some directories, completely: a database writes to any position of its file. */
export function directoryPlace({ id, name, directories, permits, plants }: DirectoryOptions): Place {
  const files = new FileTails(directories);
  return { id, name, when: "afterwards", permits, plants, begin: () => Promise.resolve(), look: () => files.look() };
}
