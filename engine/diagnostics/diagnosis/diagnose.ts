import { evidencePlot } from "../../plots/evidence.ts";
import type { Finding } from "../../protocol/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, Progress, showChart, showFindings } from "../showing.ts";
import { type Evidence, gather } from "./evidence/evidence.ts";
import { type Judged, judge } from "./judge.ts";
import { type Regime, regimeOf } from "./regime.ts";
import { rules } from "./rules/all.ts";
import { num, percent } from "./words.ts";

/** What a diagnosis returns: its findings, causes first. */
export interface Diagnosis {
  /** Rule of the first cause; null when nothing wrong was found. */
  readonly cause: string | null;
  /** Learning rate that the loss curve is shaped as at: "very high", "high", "low", "good"; null when that cannot be told. */
  readonly regime: Regime | null;
  /** Causes, then what follows from them, each as information with the name of its cause. */
  readonly findings: readonly (Finding & { readonly explainedBy: string | null })[];
  /** Names of all rules that were judged. */
  readonly checked: readonly string[];
}

export const diagnose = defineDiagnostic({
  summary:
    "Says in words what is wrong with a run, why it matters and what to try, with the evidence marked on a chart.",
  params: {},
  of: ["experiment", "run"],
  inspects: false,
  cost: "two passes over 256 examples, an evaluation of all parts, and short trainings at other rates where the run did not settle: at most about 4 seconds on a small network",
  measure: async ({ experiment, run }, _options, context): Promise<Diagnosis> => {
    const subject = run ?? experiment.lastRun ?? null;
    const progress = new Progress(context, { total: 5, unit: "looks", message: "diagnosis" });
    const evidence = await gather(experiment, subject, context, (done) => progress.check(done));
    const judged = judge(evidence);
    const name = subject?.name ?? experiment.name;
    const findings = judged.length > 0 ? judged.map(({ finding }) => finding) : [sound(evidence)];
    const title = titleOf(name, judged, subject === null);
    showFindings(context, title, findings);
    if (judged.some(({ finding }) => finding.mark !== undefined))
      showChart(context, evidencePlot, stateOf(name, evidence, judged));
    const [first] = judged;
    return measured(
      {
        cause: first && first.finding.severity !== "info" ? first.finding.rule : null,
        regime: regimeOf(evidence, judged),
        findings: judged.map(({ finding, explainedBy }) => ({ ...finding, explainedBy })),
        checked: rules.map((rule) => rule.name),
      },
      title,
    );
  },
});

function titleOf(name: string, judged: readonly Judged[], untrained: boolean): string {
  const before = untrained ? "before training, " : "";
  const causes = judged.filter(({ explainedBy, finding }) => explainedBy === null && finding.severity !== "info");
  const [first] = causes;
  if (!first) return `${name}: ${before}nothing wrong found by ${rules.length} rules`;
  const symptoms = judged.filter(({ explainedBy }) => explainedBy !== null).length;
  const more = [
    ...(causes.length > 1 ? [`${causes.length - 1} more finding${causes.length > 2 ? "s" : ""}`] : []),
    ...(symptoms > 0
      ? [`${symptoms} thing${symptoms > 1 ? "s" : ""} that follow${symptoms > 1 ? "" : "s"} from it`]
      : []),
  ];
  return `${name}: ${before}${first.finding.title}${more.length > 0 ? `; ${more.join(" and ")}` : ""}`;
}

/** What was looked at when no rule applies. */
function sound({ experiment, initial, expected, data, ran, missing }: Evidence): Finding {
  const right = experiment.splits.train.task === "regression" ? "of the variance explained" : "right";
  const score = (part: { score: number | null } | null | undefined, name: string) =>
    part && part.score !== null ? [`${percent(part.score)} ${right} in ${name}`] : [];
  const saw = [
    `initial loss ${num(initial.loss)} (${num(expected.value)} expected)`,
    ...(ran?.curve ? [`training loss ${num(ran.curve.end)} after ${ran.run.steps} steps`] : []),
    ...score(ran?.outcome.train, "training"),
    ...score(ran?.outcome.valid, "validation"),
    `${data.features.count} features with a root mean square of ${num(data.features.rms)}`,
    ...missing,
  ];
  return {
    rule: "sound",
    severity: "pass",
    title: "every figure is as it should be",
    saw: `${saw.join("; ")}; looked for: ${rules.map(({ name }) => name.replaceAll("-", " ")).join(", ")}`,
    why: "",
    tries: [],
  };
}

function stateOf(name: string, evidence: Evidence, judged: readonly Judged[]) {
  const { ran, initial } = evidence;
  const regime = regimeOf(evidence, judged);
  const label = (path: string) => `${path} ${initial.layers.find((l) => l.path === path)?.type ?? ""}`.trim();
  return {
    name,
    findings: judged.map(({ finding, where }) => ({
      title: finding.title,
      mark: finding.mark ?? null,
      steps: where.steps ?? null,
      layers: (where.layers ?? []).map(label),
    })),
    curve: ran?.curve
      ? { step: ran.curve.steps, loss: ran.curve.loss, smoothed: ran.curve.smoothed, first: initial.loss, regime }
      : null,
    layers: initial.layers.map((l) => {
      const after = ran?.final.layers.find(({ path }) => path === l.path);
      return {
        layer: label(l.path),
        gradient: l.gradient,
        gradientAfter: after?.gradient ?? null,
        lost: l.dead ?? l.saturated,
        lostAfter: after ? (after.dead ?? after.saturated) : null,
      };
    }),
  };
}
