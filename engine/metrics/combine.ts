import { ConfigError } from "../errors/index.ts";
import { choice, func, required, show, value } from "../params/index.ts";
import { defineMetric, type Metric, type MetricDefinition, type Sums } from "./definition.ts";

const isMetricLike = (given: unknown): boolean =>
  typeof ((given as Partial<Metric> | null)?.definition as Partial<MetricDefinition> | undefined)?.merge === "function";

/** The numbers of metric i among those of all. */
const own = (sums: Sums, i: number): Sums =>
  Object.fromEntries(
    Object.entries(sums).flatMap(([name, v]) => (name.startsWith(`${i} `) ? [[name.slice(`${i} `.length), v]] : [])),
  );

const together = <T>(parts: readonly Readonly<Record<string, T>>[]): Record<string, T> =>
  Object.fromEntries(parts.flatMap((part, i) => Object.entries(part).map(([name, v]) => [`${i} ${name}`, v])));

export const combine = defineMetric({
  summary: "One number made of several metrics, each exact over the whole set before it is combined.",
  params: {
    of: value<readonly Metric[], typeof required>(
      required,
      {
        type: "readonly Metric[]",
        noun: "a list of metrics, as [metrics.precision(), metrics.recall()]",
        accepts: (given) => Array.isArray(given) && given.length > 0 && given.every(isMetricLike),
      },
      "The metrics.",
    ),
    value: func<(values: readonly number[]) => number, typeof required>(
      required,
      "(values: readonly number[]) => number",
      "What their values, in this order, come to.",
    ),
    better: choice("higher", ["higher", "lower"], "Which values are good."),
  },
  better: "higher",
  betterOf: ({ better }) => better,
  collects: ({ of }) => of.some(({ definition, options }) => definition.collects(options)),
  batch: (scored, { of }) => together(of.map(({ definition, options }) => definition.batch(scored, options))),
  merge: (total, batch, { of }) =>
    together(of.map(({ definition, options }, i) => definition.merge(own(total, i), own(batch, i), options))),
  value: (sums, { of, value, name }) => {
    const made: unknown = value(of.map(({ definition, options }, i) => definition.value(own(sums, i), options)));
    if (typeof made === "number") return made;
    throw new ConfigError(`${name || "combine"}: value gave ${show(made)}, not a number`);
  },
});
