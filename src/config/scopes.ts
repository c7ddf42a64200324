/** The permissions of a token; the OpenAPI document lists them for each route. */
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
