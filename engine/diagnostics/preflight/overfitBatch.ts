import { int, optional, required } from "../../params/index.ts";
import { overfitBatchPlot } from "../../plots/overfitBatch.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, Progress, ShownChart, showFindings } from "../showing.ts";
import { type Attempt, firstBatch, type Overfit, overfit } from "./overfit.ts";
import { overfitFinding } from "./overfitCheck.ts";

/** Examples of a batch at most when nothing is said: more take long to be learnt by heart, and show nothing more. */
const MOST = 128;

export const overfitBatch = defineDiagnostic({
  summary:
    "Trains a copy on one batch until its loss is next to nothing: a network that cannot has a bug or a bottleneck.",
  paper:
    "Karpathy 2019, A Recipe for Training Neural Networks; Goodfellow, Bengio & Courville 2016, Deep Learning, section 11.5",
  params: {
    examples: optional(
      int(
        required,
        "[1, 4096]",
        "Size of the batch, the first that training would see; the experiment's, up to 128, when not given.",
      ),
    ),
    steps: int(1000, "[10, 100000]", "Steps that it may take at each of three rates."),
  },
  of: ["experiment"],
  inspects: false,
  cost: "some hundred steps with one batch, up to 3,000 where it fails",
  measure: async ({ experiment, name }, { examples, steps }, context): Promise<Overfit> => {
    const set = firstBatch(experiment, examples ?? Math.min(MOST, experiment.options.batchSize));
    const progress = new Progress(context, { total: 100, unit: "%", message: `overfitting ${set.size} examples` });
    const chart = new ShownChart(context, overfitBatchPlot);
    const state = ({ losses, lr, target }: Attempt) => ({ name, examples: set.size, losses: [...losses], lr, target });
    const found = await overfit(experiment, { set, steps }, context, (share, attempt) => {
      const drawn = attempt && attempt.losses.length > 0 ? attempt : null;
      // a chart that nobody draws on any more is over
      if (progress.stopped && drawn) chart.end({ ...state(drawn), reached: null });
      progress.check(Math.round(100 * share));
      if (drawn) chart.live(() => ({ ...state(drawn), reached: null }));
    });
    chart.end({ ...state(found), reached: found.reached });
    const finding = overfitFinding(found);
    const verdict = found.reached ? "passed" : "failed";
    showFindings(context, `${name}: ${verdict}: ${finding.title}`, [finding]);
    return measured(found, `${name}: ${verdict}: ${finding.title}; ${finding.saw}`);
  },
});
