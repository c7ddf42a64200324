import { z } from "zod";

import { fields } from "./fields.js";

/** The control socket between the command line and the running instance. */
export const control = z
  .strictObject({
    socket: fields.socket
      .optional()
      .describe(
        "The Unix socket that connects `einwahl status`, `reload` and `drain` to the running instance. A relative path starts at the directory of this file. Default: control.sock in the directory of rooms.store, or /run/einwahl/control.sock with Redis.",
      ),
  })
  .prefault({})
  .describe("The control socket of the running instance.");
