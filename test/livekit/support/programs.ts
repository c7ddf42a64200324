import { missingIn } from "../../engines/programs.js";

/** What the tests against the real LiveKit need in the PATH. */
export function missingLiveKit(): string | undefined {
  return missingIn(["livekit-server", "livekit-sip", "redis-server"]);
}
