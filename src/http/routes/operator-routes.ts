import type { Language } from "../../caller/language.js";
import type { HttpConfig } from "../../config/config.js";
import { type Route, route } from "../route.js";
import type { OperatorServices } from "../services.js";
import { statusRoute } from "../status/status-route.js";

/** The text format of Prometheus; the router adds the character set to the media type. */
const metricsType = "text/plain; version=0.0.4";

/** The routes for operators, as far as the configuration enables them. */
export function operatorRoutes(
  { metrics, status }: OperatorServices,
  config: Pick<HttpConfig, "metrics" | "status">,
  language: Language,
): readonly Route[] {
  return [
    ...(config.metrics === "off" ? [] : [metricsRoute(metrics, config.metrics)]),
    ...(config.status === "off" ? [] : [statusRoute({ status, access: config.status, language })]),
  ];
}

function metricsRoute(metrics: OperatorServices["metrics"], access: "token" | "local" | "public"): Route {
  return route({
    method: "GET",
    path: "/metrics",
    id: "getMetrics",
    summary: "Metrics in the Prometheus text format",
    access: access === "public" ? "public" : "metrics:read",
    ...(access !== "public" && { forOperators: access }),
    isDocumented: false,
    answers: { 200: { description: "All metrics.", type: metricsType } },
    problems: [],
    handle: async () => ({ status: 200, text: await metrics.text() }),
  });
}
