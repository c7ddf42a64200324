import { z } from "zod";

import { isLanguage, type Language, languages } from "../../caller/language.js";
import { type StatusReport, statusReport } from "../../monitoring/status/status-report.js";
import { firstOf, wishedLanguages, wishedType } from "../negotiate.js";
import { type Answer, type Route, route } from "../route.js";
import { renderStatus } from "./status-page.js";
import { statusStyleSource } from "./status-style.js";

export interface StatusRouteOptions {
  readonly status: () => StatusReport;
  readonly access: "token" | "local";
  /** The default language. */
  readonly language: Language;
}

const refreshSeconds = 15;

/** Accepts any query: the page ignores invalid values instead of failing. */
const query = z.object({ lang: z.unknown(), refresh: z.unknown() }).partial();

const policy = `default-src 'none'; style-src ${statusStyleSource}; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'`;

/** The status report, as a page for operators or as JSON. */
export function statusRoute({ status, access, language: usual }: StatusRouteOptions): Route {
  return route({
    method: "GET",
    path: "/status",
    id: "getStatus",
    summary: "The state of everything, for operators",
    access: "status:read",
    forOperators: access,
    isDocumented: false,
    query,
    answers: { 200: { description: "The page, or the report as JSON." } },
    problems: [],
    handle: ({ query, accept, acceptLanguage }): Answer => {
      const report = statusReport.parse(status());
      const headers = { Vary: "Accept, Accept-Language, Authorization" };
      if (wishedType(accept, ["text/html", "application/json"]) === "application/json")
        return { status: 200, text: JSON.stringify(report), headers };
      const asked = typeof query.lang === "string" && isLanguage(query.lang) ? query.lang : undefined;
      const language = asked ?? firstOf(wishedLanguages(acceptLanguage), languages) ?? usual;
      const refreshes = query.refresh !== "off";
      const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
      return {
        status: 200,
        type: "text/html",
        text: renderStatus({ report, language, timeZone, refreshSeconds: refreshes ? refreshSeconds : undefined }),
        headers: {
          ...headers,
          "Content-Security-Policy": policy,
          "Content-Language": language,
          // Like `<meta http-equiv="refresh">`; absent if the refresh is paused.
          ...(refreshes && { Refresh: String(refreshSeconds) }),
        },
      };
    },
  });
}
