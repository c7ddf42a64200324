/** What a token may do; the API's document says it of each route. */
export const scopes = [
  "rooms:read",
  "rooms:write",
  "rooms:list",
  "rooms:import",
  "statistics:read",
  "metrics:read",
  "status:read",
] as const;

export type Scope = (typeof scopes)[number];
