import type { Loss } from "../losses/index.ts";
import { isLabels, type Metric, nameOf } from "../metrics/index.ts";
import {
  abs,
  add,
  broadcastTo,
  constant,
  div,
  equal,
  exp,
  input,
  mean,
  mul,
  reshape,
  select,
  slice,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
} from "../ops/index.ts";
import type { HostTensor } from "../tensor/index.ts";
import { described } from "./described.ts";
import { torchFunction } from "./function.ts";
import type { Compared } from "./losses.ts";
import { pythonNumbers } from "./numbers.ts";
import { indented, snake } from "./python.ts";

type Options = Readonly<Record<string, unknown>>;
type Sums = Readonly<Record<string, Tensor>>;

/** What a metric makes of the numbers of the whole set, as its `value` does, in tensors. */
type Figure = (sums: Sums, options: Options, labels: boolean) => Tensor;

const of = (sums: Sums, name: string): Tensor => sums[name] as Tensor;
const ratio =
  (part: string, whole: string): Figure =>
  (sums) =>
    div(sum(of(sums, part)), sum(of(sums, whole)));

interface Tables {
  readonly said: Tensor;
  readonly truth: Tensor;
  readonly tp: Tensor;
  readonly fp: Tensor;
  readonly fn: Tensor;
  readonly tn: Tensor;
}

function tablesOf(sums: Sums): Tables {
  const [tp, said, truth] = [of(sums, "hit"), of(sums, "said"), of(sums, "truth")];
  const [fp, fn] = [sub(said, tp), sub(truth, tp)];
  return { said, truth, tp, fp, fn, tn: sub(sub(of(sums, "all"), said), fn) };
}

/** part / whole, 0 without a whole. */
const share = (part: Tensor, whole: Tensor): Tensor =>
  select(equal(whole, 0), 0, div(part, select(equal(whole, 0), 1, whole)));

/** A figure of every class, as the option `average` makes one of them. */
const averaged =
  (figure: (t: Tables, options: Options) => Tensor): Figure =>
  (sums, options) => {
    const tables = tablesOf(sums);
    const only = options.class as number | null;
    if (only !== null) return reshape(slice(figure(tables, options), 0, only, only + 1), []);
    if (options.average === "micro") {
      const { said, truth, tp, fp, fn, tn } = tables;
      const [all, some] = [sum(said), sum(truth)];
      return figure({ said: all, truth: some, tp: sum(tp), fp: sum(fp), fn: sum(fn), tn: sum(tn) }, options);
    }
    const each = figure(tables, options);
    if (options.average === "macro") return mean(each);
    const often = tables.truth;
    return div(sum(mul(each, often)), sum(often));
  };

/** The mean of what is a number. */
function meanOfKnown(part: Tensor, whole: Tensor): Tensor {
  const none = equal(whole, 0);
  const values = div(part, select(none, 1, whole));
  return div(sum(select(none, 0, values)), sum(select(none, constant(0, none.shape), constant(1, none.shape))));
}

const root = (spread: Tensor, covariance: Tensor): Tensor =>
  select(equal(spread, 0), 0, div(covariance, sqrt(select(equal(spread, 0), 1, spread))));

const figures: Readonly<Record<string, Figure>> = {
  accuracy: (sums, _, labels) => {
    const { tp, tn } = tablesOf(sums);
    if (!labels) return div(sum(tp), of(sums, "all"));
    return div(sum(add(tp, tn)), mul(of(sums, "all"), tp.size));
  },
  balancedAccuracy: (sums, _, labels) => {
    const { truth: yes, tp, fp, tn } = tablesOf(sums);
    if (!labels) return meanOfKnown(tp, yes);
    const no = add(tn, fp);
    const [recall, specificity] = [share(tp, yes), share(tn, no)];
    const one = (t: Tensor) => select(equal(t, 0), constant(0, t.shape), constant(1, t.shape));
    return mean(div(add(recall, specificity), add(one(yes), one(no))));
  },
  cosineSimilarity: ratio("sum", "count"),
  ece: (sums) => div(sum(abs(sub(of(sums, "right"), of(sums, "predicted")))), sum(of(sums, "count"))),
  exactMatch: ratio("right", "all"),
  f1: averaged(({ tp, said, truth }) => share(mul(tp, 2), add(said, truth))),
  fBeta: averaged(({ tp, said, truth }, { beta }) => {
    const b = (beta as number) ** 2;
    return share(mul(tp, 1 + b), add(mul(truth, b), said));
  }),
  kappa: (sums, _, labels) => {
    const { said, truth, tp, fp, fn, tn } = tablesOf(sums);
    const all = of(sums, "all");
    const beyond = (seen: Tensor, chance: Tensor) => div(sub(seen, chance), sub(1, chance));
    if (!labels) return beyond(div(sum(tp), all), div(sum(mul(said, truth)), square(all)));
    const whole = (t: Tensor) => broadcastTo(t, tp.shape);
    const chance = add(mul(said, truth), mul(add(tn, fn), add(tn, fp)));
    return mean(beyond(div(add(tp, tn), whole(all)), div(chance, whole(square(all)))));
  },
  mae: ratio("sum", "count"),
  matthews: (sums, _, labels) => {
    const { said, truth, tp, fp, fn, tn } = tablesOf(sums);
    if (labels) {
      const spread = mul(mul(said, truth), mul(add(tn, fp), add(tn, fn)));
      return mean(root(spread, sub(mul(tp, tn), mul(fp, fn))));
    }
    const all = of(sums, "all");
    const spread = mul(sub(square(all), sum(square(said))), sub(square(all), sum(square(truth))));
    return root(spread, sub(mul(all, sum(tp)), sum(mul(said, truth))));
  },
  mse: ratio("sum", "count"),
  perplexity: (sums) => exp(div(of(sums, "sum"), of(sums, "count"))),
  precision: averaged(({ tp, said }) => share(tp, said)),
  r2: (sums) => mean(sub(1, div(of(sums, "errors"), of(sums, "squares")))),
  recall: averaged(({ tp, truth }) => share(tp, truth)),
  rmse: (sums) => sqrt(div(of(sums, "sum"), of(sums, "count"))),
  specificity: averaged(({ tn, fp }) => share(tn, add(tn, fp))),
  topK: ratio("right", "all"),
};

/** Figures of rankings of one class, which sort: their names, and what one class has. */
const rankings: Readonly<Record<string, readonly [name: string, text: string]>> = {
  auc: [
    "auc_of",
    `def auc_of(truth, score):
    """Area under the ROC curve of one class, from the ranks of its examples."""
    _, place, count = torch.unique(score, return_inverse=True, return_counts=True)
    rank = (count.cumsum(0) - (count - 1) / 2)[place]
    positive = truth.sum()
    above = rank[truth == 1].sum() - positive * (positive + 1) / 2
    return above / (positive * (len(truth) - positive))`,
  ],
  averagePrecision: [
    "average_precision_of",
    `def average_precision_of(truth, score):
    """Precision at every threshold, weighted by the recall that it adds."""
    score, order = score.sort(descending=True)
    last = torch.cat((score[1:] != score[:-1], torch.ones(1, dtype=torch.bool, device=score.device)))
    found = truth[order].cumsum(0)[last]
    said = torch.arange(1, len(score) + 1, device=score.device)[last]
    recall = found / found[-1]
    return (found / said * torch.diff(recall, prepend=recall.new_zeros(1))).sum()`,
  ],
};

export interface TorchMetric {
  readonly name: string;
  /** The function's name, of (output, target). */
  readonly call: string;
  readonly text: string;
  /** What it uses. */
  readonly helper?: string;
}

/** A metric as a function of all outputs and targets of a set; null where it is a function of the user's over others. */
export function torchMetric(
  metric: Metric,
  compared: Compared,
  loss: Loss,
  table: (host: HostTensor) => string,
): TorchMetric | null {
  const { type, definition, options } = metric;
  const { output, target, dtype, axis } = compared;
  const gives = loss.definition.gives(loss.options as never);
  const call = snake(nameOf(metric))
    .replace(/\W/g, "_")
    .replace(/^(?=\d)/, "_");
  const about = described({
    family: "metrics",
    type,
    definition,
    options: { ...(options as Options), name: undefined },
  });
  const labels = isLabels({ output: input("o", [7, ...output]), target: input("t", [7, ...target], dtype) });
  const own = options as Options;
  if (type === "accuracy" && !labels && own.ignoreIndex === null)
    return {
      name: nameOf(metric),
      call,
      text: `def ${call}(output, target):\n    return (output.argmax(dim=${axis ?? 1}) == target).float().mean()`,
    };
  if (type === "combine") return combined(metric, call, about, compared, loss, table);
  const ranking = rankings[type];
  if (ranking) {
    const probs = gives === "scores" && !labels ? `torch.softmax(output, dim=${axis ?? 1})` : "output";
    const width = labels ? (output.length === 0 ? 1 : (output.at(-1) as number)) : (output[(axis ?? 1) - 1] as number);
    const rows = labels ? `output.reshape(-1, ${width})` : `${probs}.movedim(${axis ?? 1}, -1).reshape(-1, ${width})`;
    const truth =
      labels && dtype === "f32"
        ? `target.reshape(-1, ${width}).float()`
        : labels && width === 1
          ? `target.reshape(-1, 1).float()`
          : `F.one_hot(target.flatten(), ${width}).float()`;
    const picked = own.class !== null ? String(own.class) : width === 2 && !labels ? "1" : width === 1 ? "0" : null;
    const body =
      picked !== null
        ? [`return ${ranking[0]}(truth[:, ${picked}], scores[:, ${picked}])`]
        : [
            `each = torch.stack([${ranking[0]}(truth[:, k], scores[:, k]) for k in range(${width})])`,
            ...(own.average === "weighted"
              ? [
                  "known, often = ~each.isnan(), truth.sum(dim=0)",
                  "return (each * often)[known].sum() / often[known].sum()",
                ]
              : ["return each.nanmean()"]),
          ];
    return {
      ...{ name: nameOf(metric), call, helper: ranking[1] },
      text: `def ${call}(output, target):\n${indented(`"""${about}"""`)}\n    scores = ${rows}\n    truth = ${truth}\n    ${body.join("\n    ")}`,
    };
  }
  const figure = figures[type];
  if (!figure) return null;
  const text = torchFunction({
    ...{ name: call, input, table, where: `metrics.${type}`, doc: about },
    args: [
      { name: "output", shape: output, dtype: "f32", perExample: true },
      { name: "target", shape: target, dtype, perExample: true },
    ],
    trace: ([scores, goal]) => [
      figure(
        definition.batch({ output: scores as Tensor, target: goal as Tensor, gives }, options as never),
        own,
        labels,
      ),
    ],
  });
  return { name: nameOf(metric), call, text };
}

/** A figure made of others by a function of the user's; null for one that does more than compute. */
function combined(
  metric: Metric,
  call: string,
  about: string,
  compared: Compared,
  loss: Loss,
  table: (host: HostTensor) => string,
): TorchMetric | null {
  const { of: all, value } = metric.options as unknown as {
    of: readonly Metric[];
    value: (...given: never[]) => unknown;
  };
  const parts = all.map((one, i) => {
    const name = `${nameOf(metric)}_${nameOf(one)}${all.findIndex((other) => nameOf(other) === nameOf(one)) === i ? "" : i + 1}`;
    return torchMetric(
      { ...one, definition: one.definition, options: { ...one.options, name } } as Metric,
      compared,
      loss,
      table,
    );
  });
  const expression = pythonNumbers(
    value,
    parts.map((_, i) => `v${i}`),
  );
  if (expression === null || parts.some((part) => part === null)) return null;
  const known = parts as readonly TorchMetric[];
  const values = known.map((part, i) => `    v${i} = ${part.call}(output, target)`);
  return {
    ...{ name: nameOf(metric), call },
    helper: [...new Set(known.flatMap(({ helper }) => helper ?? [])), ...known.map(({ text }) => text)].join("\n\n\n"),
    text: `def ${call}(output, target):\n${indented(`"""${about}"""`)}\n${values.join("\n")}\n    return ${expression}`,
  };
}
