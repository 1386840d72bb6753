import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Dataset, data as sources } from "../../../engine/data/index.ts";
import { measureHealth } from "../../../engine/diagnostics/initialization/health.ts";
import { loss } from "../../../engine/losses/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import * as ops from "../../../engine/ops/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { buildPlan } from "../../../engine/plan/index.ts";
import { DeviceModel } from "../../../engine/session/device.ts";
import { pass, passBuffers } from "../../../engine/session/forward.ts";
import { Experiment } from "../../../engine/session/index.ts";
import { initialWeights } from "../../../engine/session/model.ts";
import { type Case, type Numbers, Unsupported } from "../case.ts";
import type { Given } from "../compare.ts";
import type { Bench, Runner } from "../run.ts";
import { parseCall, torchLayer } from "../torch.ts";

/** One forward and backward pass at given weights: `measureHealth`, and the share beyond a bound that is the case's own. */
export const diagnosticsGroup: Runner = async (c, bench) => {
  if (c.op !== "init_health") throw new Unsupported(`op ${c.op}`);
  const { config } = c;
  const train = await rowsOf(c, bench);
  const names = config.layers as string[];
  const experiment = new Experiment({
    data: train,
    model: nn.sequential(
      Object.fromEntries(names.map((name) => [name, torchLayer(parseCall(config.architecture[name]))])),
    ),
    loss: train.task === "regression" ? loss.mse() : loss.crossEntropy(),
    optimizer: optim.sgd({ lr: 0.1 }),
    batchSize: train.size,
    shuffle: false,
  });
  const { model } = experiment.config;
  const weights = initialWeights(model, 0);
  for (const { name, offset } of model.parameters.slices) {
    weights.parameters.set((c.inputs[`param.${name}`] as Numbers).data, offset);
  }
  const device = new DeviceModel(bench.backend, experiment.config);
  try {
    const data = device.upload("train", train);
    device.setOrder(experiment.epochOrder(0));
    const health = await measureHealth(device, { data, batch: train.size, weights, seed: 0 });
    const byPath = new Map(health.layers.map((layer) => [layer.path, layer]));
    const layers = names.map((name) => {
      const found = byPath.get(name);
      if (!found) throw new Unsupported(`layer ${name}`);
      return found;
    });
    const gradients = (kind: string) =>
      health.parameters.filter(({ name }) => name.endsWith(`.${kind}`)).map(({ gradientNorm }) => gradientNorm);
    const bounds = Object.keys(c.outputs).flatMap((name) => /^fraction_abs_gt_([\d.]+)$/.exec(name)?.[1] ?? []);
    const shares = await Promise.all(
      bounds.map((bound) => sharesBeyond(device, data, train.size, names, Number(bound))),
    );
    return {
      loss: [health.loss],
      layer_stats: layers.flatMap(({ activation }) => [activation.mean, activation.std, activation.zero]),
      dead_unit_fraction: layers.map(({ dead }) => dead),
      weight_grad_norms: gradients("weight"),
      bias_grad_norms: gradients("bias"),
      ...Object.fromEntries(bounds.map((bound, i) => [`fraction_abs_gt_${bound}`, shares[i] as number[]])),
    } satisfies Given;
  } finally {
    device.dispose();
  }
};

async function sharesBeyond(
  device: DeviceModel,
  data: ReturnType<DeviceModel["upload"]>,
  batch: number,
  names: readonly string[],
  bound: number,
): Promise<number[]> {
  const program = await device.program(`beyond ${bound}`, (maxBuffersPerLaunch) => {
    const { activations, places } = pass(device.config, data, batch, { training: true, ordered: true });
    const share = (y: ops.Tensor) => ops.mean(ops.cast(ops.greater(ops.abs(y), bound), "f32"));
    return buildPlan({
      label: "share beyond a bound",
      buffers: passBuffers(device.config, data),
      inputs: places,
      stages: [{ rows: names.map((name) => ({ name, value: share(activations[name] as ops.Tensor) })) }],
      maxBuffersPerLaunch,
    });
  });
  const rows = await program.run([{ hyper: {}, cursor: 0, noiseSeed: 0, noiseStep: 1 }]);
  return names.map((name) => rows[name]?.[0] as number);
}

/** "first 128 training rows of digits, x/16", or "standardized". */
async function rowsOf({ config }: Case, { data: folder }: Bench): Promise<Dataset> {
  const [, count, part, name, scale] =
    /^(?:first (\d+)|all(?: \d+)?) (training |test )?rows of (\w+)(?:, (.+))?$/.exec(String(config.rows)) ?? [];
  if (!name) throw new Unsupported(`rows ${config.rows}`);
  let set = await sources.csv(join(folder, `${name}.csv`), {
    target: "y",
    task: name === "diabetes" ? "regression" : "classification",
  });
  if (scale === "x/16") set = set.normalize({ scale: 1 / 16 });
  else if (scale?.startsWith("standard")) set = set.normalize("standardize");
  else if (scale !== undefined) throw new Unsupported(`scale ${scale}`);
  const image = (config.input_shape as (number | string)[]).slice(1).filter((d) => typeof d === "number");
  if (image.length > 1) set = set.reshape(image);
  const order = join(folder, `${name}_perm.json`);
  const perm = existsSync(order)
    ? (JSON.parse(readFileSync(order, "utf8")) as { perm: number[] }).perm
    : Array.from({ length: set.size }, (_, i) => i);
  // the file says so: the first 1437 rows train, the others test
  const rows = part === undefined ? perm : part === "test " ? perm.slice(1437) : perm.slice(0, 1437);
  return set.rows(rows.slice(0, count === undefined ? undefined : Number(count)));
}
