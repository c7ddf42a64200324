import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");

/** A full garbage collection: memory in use without it depends on the version of Node. */
export const collectGarbage = runInNewContext("gc") as () => void;
