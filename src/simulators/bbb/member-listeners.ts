import type { Member, MemberInfo } from "./member.js";

export type MemberListener = (member: MemberInfo) => void;

/** Returns an unsubscribe function. */
export function subscribe(listeners: Set<MemberListener>, listener: MemberListener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

export function notify(listeners: ReadonlySet<MemberListener>, member: Member): void {
  const { info } = member;
  for (const listener of [...listeners]) listener(info);
}
