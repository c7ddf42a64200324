/** Which running process a call belongs to. A process is named by its random id, which each start draws. */
export interface Ownership {
  /** The id of this process, for the records of its calls. */
  readonly self: string;
  /**
   * Whether this process takes over the call; if so, no other one does until `release`. False for a call of this process
   * or of a living one, and while Redis is unavailable: ask again later.
   *
   * @param owner the id in the record of the call
   * @param channelId the UUID of the caller's channel at FreeSWITCH
   */
  mayAdopt(owner: string, channelId: string): Promise<boolean>;
  /** The call has ended, or is left to others. */
  release(channelId: string): void;
  /**
   * Calls back when another instance stops or dies, and when the instances can be read again after a fault of Redis: its
   * calls may be adopted then.
   *
   * @returns a function that removes the listener
   */
  onInstanceLost(listener: () => void): () => void;
}
