import type { Param } from "../params/index.ts";

/** What stands in for an option that must be given: by the option's name, or by a call's where that needs another. */
export const examples: Readonly<Record<string, string>> = {
  columns: "sets",
  embeddingDim: "32",
  hiddenSize: "64",
  factor: "(t) => 0.95 ** t",
  downscaleFactor: "2",
  gamma: "0.95",
  kernelSize: "3",
  maxLr: "0.01",
  milestones: "[30, 60]",
  numEmbeddings: "65",
  normType: "2",
  numGroups: "4",
  numHeads: "4",
  outChannels: "16",
  outFeatures: "10",
  inner: "schedule.cosine()",
  length: "5",
  schedules: '[schedule.linear({ totalIters: 5 }), schedule.cosine({ per: "epoch" })]',
  outputSize: "1",
  size: "5",
  sparsity: "0.9",
  stepSize: "10",
  t0: "10",
  threshold: "0.1",
  padding: "1",
  upscaleFactor: "2",
  value: "0",
  ...Object.fromEntries(
    ["avgPool", "lpPool", "maxPool"].flatMap((pool) => [1, 2, 3].map((n) => [`nn.${pool}${n}d kernelSize`, "2"])),
  ),
  "compareOptimizers optimizers": "{ sgd: optim.sgd({ lr: 0.1 }), adam: optim.adam() }",
  "compareSchedules schedules": "{ constant: null, cosine: schedule.cosine() }",
  "experiment optimizer": "optim.adam({ lr: 1e-3 })",
  "augment.normalize mean": "[0.4914, 0.4822, 0.4465]",
  "augment.normalize std": "[0.2023, 0.1994, 0.201]",
  "augment.rotation degrees": "15",
  "loss.sum terms": "[{ loss: loss.mse() }, { weight: 0.1, loss: loss.mae() }]",
  "metrics.combine of": "[metrics.precision(), metrics.recall()]",
  "metrics.combine value": "([p, r]) => Math.min(p, r)",
  "metrics.fBeta beta": "2",
  "metrics.topK k": "5",
  "nn.branches layers": "[nn.linear(8), nn.tanh()]",
  "nn.channelShuffle groups": "2",
  "nn.fold outputSize": "28",
  "nn.mlp sizes": "[128, 64, 10]",
  "nn.permute dims": "[0, 2, 1]",
  "nn.residual inner": "nn.sequential(nn.linear(10), nn.relu())",
  "nn.reshape shape": "[1, 28, 28]",
  "nn.transformerDecoder layer": "nn.transformerDecoderLayer(4)",
  "nn.transformerEncoder layer": "nn.transformerEncoderLayer(4)",
  "nn.unflatten unflattenedSize": "[2, -1]",
  "regularize.maxNorm norm": "3",
  "schedule.concat milestones": "[5]",
  "schedule.exponential gamma": "0.95",
  "schedule.multiplicative factor": "() => 0.95",
  "toy.race optimizers": "{ sgd: optim.sgd({ lr: 0.1 }), adam: optim.adam({ lr: 0.3 }) }",
  "toy.race surface": 'toy.surface("ravine")',
};

/** What one would write for an option that must be given; null where nothing is known of it. */
export const exampleOf = (call: string, name: string, param: Pick<Param, "kind" | "range">): string | null =>
  examples[`${call} ${name}`] ?? examples[name] ?? within(param) ?? null;

/** A number that an option takes, where nothing better is known of it. */
function within({ kind, range }: Pick<Param, "kind" | "range">): string | undefined {
  if (range === undefined || !/^(num|int)$/.test(kind)) return undefined;
  const [, open, low, high, close] = /^([[(])(\S+), (\S+)([\])])$/.exec(range) ?? [];
  const [least, most] = [Number(low), high === "inf" ? Number.POSITIVE_INFINITY : Number(high)];
  const fits = (x: number) => (open === "[" ? x >= least : x > least) && !(close === "]" ? x > most : x >= most);
  return [kind === "int" ? 8 : 1e-3, 1, 0.5, 5, least, most].find(fits)?.toString();
}
