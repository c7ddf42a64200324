import type { HttpConfig } from "../../config/web-config.js";
import { type Route, route } from "../route.js";
import type { OperatorServices } from "../services.js";

/** The text format of Prometheus, to whose media type the character set is added. */
const metricsType = "text/plain; version=0.0.4";

/** What only operators are told, each of it if and to whom the configuration says. */
export function operatorRoutes({ metrics }: OperatorServices, config: Pick<HttpConfig, "metrics">): readonly Route[] {
  if (config.metrics === "off") return [];
  return [
    route({
      method: "GET",
      path: "/metrics",
      id: "getMetrics",
      summary: "Metrics in Prometheus' text format",
      access: config.metrics === "public" ? "public" : "metrics:read",
      ...(config.metrics !== "public" && { forOperators: config.metrics }),
      isDocumented: false,
      answers: { 200: { description: "All of them.", type: metricsType } },
      problems: [],
      handle: async () => ({ status: 200, text: await metrics.text() }),
    }),
  ];
}
