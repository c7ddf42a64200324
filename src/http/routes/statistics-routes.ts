import type { DaySums } from "../../store/day-sums.js";
import { apiBase, statisticsAnswer, statisticsQuery } from "../api-schemas.js";
import { type Route, route } from "../route.js";
import type { ApiServices } from "../services.js";

/** Sums of calls, without personal data. */
export function statisticsRoutes({ statistics, live }: ApiServices, daySums: DaySums): readonly Route[] {
  return [
    route({
      method: "GET",
      path: `${apiBase}/statistics`,
      id: "getStatistics",
      summary: "Call statistics: now and by day",
      access: statistics === "public" ? "public" : "statistics:read",
      query: statisticsQuery,
      answers: {
        200: {
          description: "The sums.",
          schema: statisticsAnswer,
          headers: { "Cache-Control": "How long the response may be cached." },
        },
      },
      problems: ["store-unavailable"],
      handle: async ({ query }) => {
        const days = await daySums.latest(query.days);
        if (!days.ok) return { problem: "store-unavailable" };
        return {
          status: 200,
          headers: { "Cache-Control": statistics === "public" ? "public, max-age=10" : "private, max-age=10" },
          body: {
            callsNow: live.calls,
            conferencesWithCallers: live.conferences,
            days: days.value.map(({ day, calls, seconds }) => ({ day, calls, minutes: Math.round(seconds / 60) })),
          },
        };
      },
    }),
  ];
}
