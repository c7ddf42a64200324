import { missingIn } from "../../engines/programs.js";

/** The programs in the PATH for tests against the real LiveKit. */
export function missingLiveKit(): string | undefined {
  return missingIn(["livekit-server", "livekit-sip", "redis-server"]);
}
