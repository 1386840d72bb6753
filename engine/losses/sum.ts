import { add, mul, type Tensor } from "../ops/index.ts";
import { type Checked, required, value } from "../params/index.ts";
import { type Loss, type LossDefinition, settleLoss, type Takes } from "./definition.ts";

/** One of several losses that are added up. */
export interface WeightedLoss {
  /** 1 when not given. */
  readonly weight?: number;
  readonly loss: Loss;
}

const params = {
  terms: value<readonly WeightedLoss[], typeof required>(
    required,
    {
      type: "readonly WeightedLoss[]",
      noun: "a list of { weight, loss }, as [{ weight: 0.5, loss: loss.mse() }]",
      accepts: (given) => Array.isArray(given) && given.length > 0 && given.every(isTerm),
    },
    "The losses of one output and one target, and how much each counts; 1 when nothing is said.",
  ),
} as const;

type Terms = Checked<typeof params>;

const isTerm = (given: unknown): boolean => {
  const { weight = 1, loss, ...more } = (given ?? {}) as Partial<WeightedLoss>;
  const isLoss = typeof (loss?.definition as Partial<LossDefinition> | undefined)?.ofSet === "function";
  return isLoss && Number.isFinite(weight) && Object.keys(more).length === 0;
};

/** weight_1 loss_1 + weight_2 loss_2 + ..., each reduced by itself. */
export const sum: LossDefinition<typeof params> & { readonly positional: "terms" } = {
  summary: "Several losses of one output and one target, each times a weight, added up.",
  rule: ["l = w_1 l_1 + w_2 l_2 + ..."],
  params,
  positional: "terms",
  takes: ({ terms }) => {
    const [first = [], ...others] = terms.map(({ loss }) => loss.definition.takes(loss.options));
    return first.filter((kind: Takes) => others.every((kinds) => kinds.includes(kind)));
  },
  gives: ({ terms: [first] }) => (first as WeightedLoss).loss.definition.gives((first as WeightedLoss).loss.options),
  settle: ({ terms }, counts) => ({
    terms: terms.map((term) => ({ ...term, loss: settleLoss(term.loss, counts) })),
  }),
  compute: (prediction, { terms }: Terms): Tensor =>
    terms
      .map(({ loss, weight = 1 }) => mul(loss.definition.compute(prediction, loss.options), weight))
      .reduce((a, b) => add(a, b)),
  sums: (prediction, { terms }) => terms.flatMap(({ loss }) => loss.definition.sums(prediction, loss.options)),
  width: ({ terms }) => terms.reduce((all, { loss }) => all + loss.definition.width(loss.options), 0),
  ofSet: (sums, { terms }) => {
    let [at, total] = [0, 0];
    for (const { loss, weight = 1 } of terms) {
      const width = loss.definition.width(loss.options);
      total += weight * loss.definition.ofSet(sums.slice(at, at + width), loss.options);
      at += width;
    }
    return total;
  },
};
