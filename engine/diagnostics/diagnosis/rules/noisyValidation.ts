import { median } from "../../../tensor/median.ts";
import { defineRule, type Verdict } from "../rule.ts";
import { num, percent } from "../words.ts";

/** Fewer examples than this, and one more right or wrong is over ten points. */
const FEW = 10;

export const noisyValidation = defineRule({
  name: "noisy-validation",
  title: "validation figures are mostly noise",
  summary:
    "Fewer than 10 validation examples; or, in the second half of the run, the validation loss changes by over half of its level from one epoch to the next while the training loss changes by less than 15 %.",
  why: "Which epoch or setting is best cannot be told from figures that move more by chance than by what was changed.",
  paper: "Bouthillier et al. 2021, Accounting for Variance in Machine Learning Benchmarks, arXiv:2103.03098",
  judge: ({ ran, experiment }): Verdict | null => {
    const { valid } = experiment.splits;
    if (!ran || !valid) return null;
    const { history } = ran.run;
    const jitter = (values: readonly number[] | undefined) => {
      const half = (values ?? []).filter((v) => !Number.isNaN(v)).slice((values?.length ?? 0) >> 1);
      if (half.length < 4) return 0;
      return median(half.slice(1).map((v, i) => Math.abs(v - (half[i] as number)))) / Math.abs(median(half));
    };
    const [validJitter, trainJitter] = [jitter(history.valid.loss), jitter(history.train.loss)];
    const few = valid.size < FEW;
    if (!few && !(validJitter > 0.5 && trainJitter < 0.15)) return null;
    return {
      severity: "warning",
      saw: few
        ? `${valid.size} validation examples: one more right or wrong is ${percent(1 / valid.size)}`
        : `the validation loss changes by ${percent(validJitter)} of its level from epoch to epoch, the training loss by ${percent(trainJitter)}, on ${num(valid.size)} validation examples`,
      tries: [
        { text: "keep more examples for validation: data.split({ valid: 0.2 })" },
        { text: "compare over several seeds and splits, and give their spread" },
        { text: "lower the learning rate towards the end: schedule.cosine() or schedule.oneCycle()" },
      ],
    };
  },
});
