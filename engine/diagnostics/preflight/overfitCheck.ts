import { int } from "../../params/index.ts";
import type { Finding } from "../../protocol/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { num } from "../diagnosis/words.ts";
import { measured, Progress, showFindings } from "../showing.ts";
import { type Overfit, overfit, someOf } from "./overfit.ts";

export const overfitCheck = defineDiagnostic({
  summary: "Sees whether the network can learn a few examples by heart, as anything that works can.",
  paper:
    "Goodfellow, Bengio & Courville 2016, Deep Learning, section 11.5; Karpathy 2019, A Recipe for Training Neural Networks",
  params: {
    examples: int(8, "[1, 256]", "Training examples to be learnt, of as many classes as possible."),
    steps: int(400, "[10, 20000]", "Steps that it may take."),
  },
  of: ["experiment"],
  inspects: false,
  cost: "up to 1,000 steps with a batch of 8",
  measure: async ({ experiment, name }, { examples, steps }, context): Promise<Overfit> => {
    const progress = new Progress(context, { total: 100, unit: "%", message: "overfitting a few examples" });
    const set = someOf(experiment.splits.train, examples);
    const found = await overfit(experiment, { set, steps }, context, (share) =>
      progress.check(Math.round(100 * share)),
    );
    const finding = overfitFinding(found);
    showFindings(context, `${name}: ${finding.title}`, [finding]);
    return measured(found, `${name}: ${finding.title}`);
  },
});

/** The check as a line of a table. */
export function overfitFinding({ examples, reached, loss, target, steps, lr, losses }: Overfit): Finding {
  const how = `with Adam at ${num(lr)} (of eight rates the one that came furthest in 24 steps), without dropout and weight decay`;
  const found = {
    rule: "overfit-check",
    saw: `loss from ${num(losses[0] ?? Number.NaN)} to ${num(loss)} in ${steps} steps ${how}; ${num(target)} is to be reached`,
  };
  if (reached)
    return { ...found, severity: "pass", title: `${examples} examples can be learnt by heart`, why: "", tries: [] };
  const almost = loss < 10 * target;
  return {
    ...found,
    severity: almost ? "warning" : "error",
    title: almost
      ? `${examples} examples are learnt by heart only slowly`
      : `${examples} examples cannot be learnt by heart`,
    why: "A network that cannot even remember a few examples has a bug or a bottleneck: no data and no rate will help.",
    tries: [
      { text: "check that x and y belong together: the same rows in the same order, after every split and shuffle" },
      {
        text: "look for layers that let nothing through: units dead or saturated from the start, weights of 0, a layer of one or two units",
      },
      { text: "end in plain scores: no activation before loss.crossEntropy(), none but identity before loss.mse()" },
      { text: "scale inputs and targets to deviation 1" },
    ],
    paper: "Goodfellow, Bengio & Courville 2016, Deep Learning, section 11.5",
  };
}
