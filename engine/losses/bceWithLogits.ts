import { ConfigError } from "../errors/index.ts";
import { add, logOnePlusExp, mul, neg, sub } from "../ops/index.ts";
import { optional, value } from "../params/index.ts";
import { defineLoss } from "./definition.ts";
import { reduction } from "./reduction.ts";
import { labelTarget } from "./values.ts";
import { elementWeights, type Nested, repeated } from "./weights.ts";

/**
 * output x, plain scores, and target t in [0, 1] of one shape: labels [N, K], or classes 0 and 1 [N] for scores [N] or [N, 1]:
 *
 *   w (posWeight t log(1 + e^-x) + (1 - t) log(1 + e^x))
 */
export const bceWithLogits = defineLoss({
  summary: "Binary cross entropy of sigmoid(output), for yes or no and for several labels at once.",
  rule: ["l = y log(1 + e^-x) + (1 - y) log(1 + e^x)"],
  params: {
    posWeight: optional(
      value<Nested | "balanced", Nested | "balanced">(
        [],
        {
          type: 'Nested | "balanced"',
          noun: 'one number per label, none negative, or "balanced"',
          accepts: (given) =>
            given === "balanced" ||
            [given].flat(Number.POSITIVE_INFINITY).every((w) => typeof w === "number" && w >= 0),
        },
        'Weight of the positive examples of each label; "balanced" counts the training data: negatives / positives.',
      ),
    ),
    weight: elementWeights("Weight of each label, or of each element of a batch."),
    reduction,
  },
  takes: ["label", "value"],
  gives: "scores",
  settle: (options, { of, name, counts: all, examples }) => {
    if (options.posWeight !== "balanced") return options;
    // of two classes one score says whether it is the second
    const counts = of === "classes" && all.length === 2 ? all.slice(1) : all;
    const none = counts.indexOf(0);
    if (none >= 0) {
      throw new ConfigError(
        `bceWithLogits: posWeight "balanced" divides by how often a label holds, and label ${none} of ${name} never does; give numbers`,
      );
    }
    return { ...options, posWeight: counts.map((count) => (examples - count) / count) };
  },
  terms: ({ output: x, target }, { posWeight, weight }) => {
    if (posWeight === "balanced") {
      throw new ConfigError(
        'bceWithLogits: posWeight "balanced" is counted from the training data of an experiment; give numbers',
      );
    }
    const t = labelTarget("bceWithLogits", x, target);
    const yes = mul(t, logOnePlusExp(neg(x)));
    const heavy = posWeight === null ? yes : mul(yes, repeated("bceWithLogits", "posWeight", posWeight, x.shape));
    const each = add(heavy, mul(sub(1, t), logOnePlusExp(x)));
    return { each: weight === null ? each : mul(each, repeated("bceWithLogits", "weight", weight, x.shape)) };
  },
});
