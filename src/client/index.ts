/**
 * The client of einwahl's API for front ends: numbers, permanent PINs and texts to show.
 * Needs only `fetch`. Keep the token on your server.
 */
export { EinwahlClient, type EinwahlClientOptions, type NumbersFilter } from "./client.js";
export { type ClientFailure, describeFailure } from "./failure.js";
export { type CreateParameters, createParameters } from "./create-parameters.js";
export type {
  DialInNumber,
  ImportReport,
  Problem,
  Room,
  RoomCalls,
  RoomStatus,
  RoomSummary,
  Statistics,
} from "../http/api-schemas.js";
export type { Result } from "../util/result.js";
