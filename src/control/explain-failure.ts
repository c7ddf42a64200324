import type { ControlFailure } from "./control-client.js";

/** Explains a failed control request in one readable line. */
export function explainControlFailure(fault: ControlFailure): string {
  switch (fault.kind) {
    case "not-running":
      return "einwahl is not running";
    case "not-allowed":
      return "the control socket belongs to another user: use that user's account, or root's";
    case "refused":
    case "broken":
      return fault.reason;
  }
}
