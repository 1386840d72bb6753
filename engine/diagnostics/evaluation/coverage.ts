import { riskCoverage } from "../../metrics/exact/index.ts";
import { coveragePlot } from "../../plots/coverage.ts";
import { percent } from "../../plots/format.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, showChart } from "../showing.ts";
import { onParam } from "./parts.ts";
import { classScores, labelParam } from "./scores.ts";

export interface Coverage {
  readonly part: string;
  readonly count: number;
  /** Probability of the predicted class, falling: answering from here up ... */
  readonly threshold: readonly number[];
  /** ... answers this share of the examples ... */
  readonly coverage: readonly number[];
  /** ... with this accuracy. */
  readonly accuracy: readonly number[];
  /** Largest share of the examples that can be answered with at least 95, 99 and 99.9 % right; 0 when none can. */
  readonly coverageFor: Readonly<Record<"0.95" | "0.99" | "0.999", number>>;
}

export const coverage = defineDiagnostic({
  summary: "Accuracy when only what the model is sure of is answered, against the share that is answered.",
  paper: "El-Yaniv & Wiener 2010, On the foundations of noise-free selective classification",
  params: { on: onParam, label: labelParam },
  of: ["run"],
  inspects: true,
  cost: "a forward pass over the part that is evaluated",
  measure: async (subject, { on, label }, context): Promise<Coverage> => {
    const { part, classes, labels, probs, confidence, count } = await classScores(
      subject,
      on,
      context,
      "inspect.coverage",
      label,
    );
    const risk = riskCoverage(labels, probs, classes.length);
    const threshold = Array.from(confidence).sort((a, b) => b - a);
    // examples of one confidence are answered together or not at all
    const ends = threshold.map((_, i) => i).filter((i) => threshold[i] !== threshold[i + 1]);
    const points = {
      threshold: ends.map((i) => threshold[i] as number),
      coverage: ends.map((i) => (i + 1) / count),
      accuracy: ends.map((i) => 1 - (risk[i] as number)),
    };
    const most = (wanted: number) =>
      points.coverage.reduce((best, c, i) => ((points.accuracy[i] as number) >= wanted ? Math.max(best, c) : best), 0);
    const coverageFor = { "0.95": most(0.95), "0.99": most(0.99), "0.999": most(0.999) };
    const found = { part, count, ...points, coverageFor };
    showChart(context, coveragePlot, { name: subject.name, ...found });
    const lines = Object.entries(coverageFor).map(([wanted, share]) =>
      share === 0
        ? `  ${percent(Number(wanted))} right: not at any threshold`
        : `  ${percent(Number(wanted))} right: answer the surest ${percent(share)}`,
    );
    return measured(
      found,
      [`${part} data: ${percent(points.accuracy.at(-1) as number)} right when all is answered`, ...lines].join("\n"),
    );
  },
});
