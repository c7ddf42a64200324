import { z } from "zod";

import { webFields } from "./web-fields.js";

/** How the command line reaches the running instance. */
export const control = z
  .strictObject({
    socket: webFields.socket
      .optional()
      .describe(
        "The Unix socket by which `einwahl status`, `reload` and `drain` speak with the running instance, from the directory of this file on. Default: control.sock in the directory of rooms.store, or /run/einwahl/control.sock with Redis.",
      ),
  })
  .prefault({})
  .describe("How the command line reaches the running instance.");
