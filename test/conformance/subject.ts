import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Dataset, data as sources } from "../../engine/data/index.ts";
import { loss } from "../../engine/losses/index.ts";
import { metrics } from "../../engine/metrics/index.ts";
import { nn } from "../../engine/nn/index.ts";
import { optim } from "../../engine/optim/index.ts";
import { Experiment } from "../../engine/session/index.ts";
import type { Layout } from "../../engine/session/layout.ts";
import { initialWeights, type Weights } from "../../engine/session/model.ts";
import { HostTensor } from "../../engine/tensor/index.ts";
import { type Case, Unsupported } from "./case.ts";
import type { Bench } from "./run.ts";
import { parseCall, torchLayer } from "./torch.ts";

/** The experiment of a case that trains nothing: its architecture, its data as one batch, and its loss. */
export async function experimentOf({ config }: Case, bench: Bench): Promise<Experiment> {
  const set = await dataset(config.dataset, config.input_shape, bench);
  const names = config.layers as string[];
  return new Experiment({
    data: set,
    model: nn.sequential(
      Object.fromEntries(names.map((name) => [name, torchLayer(parseCall(config.architecture[name]))])),
    ),
    loss: lossOf(config.loss, set),
    metrics: set.task === "classification" ? [metrics.accuracy()] : [],
    optimizer: optim.sgd({ lr: 1 }),
    batchSize: set.size,
  });
}

/** "cross_entropy mean", "mse mean", or by the data when nothing is said. */
export function lossOf(text: string | undefined, set: Dataset) {
  const [name = "", reduction = "mean"] = (text ?? "").split(" ");
  if (reduction !== "mean") throw new Unsupported(`loss ${text}`);
  if (name === "cross_entropy" || (name === "" && set.task === "classification")) return loss.crossEntropy();
  if (name === "mse" || name === "") return loss.mse();
  throw new Unsupported(`loss ${text}`);
}

/** Weights from the inputs named `PREFIX.NAME`, running statistics from `PREFIX.NAME` or `buffer.NAME` where they are given. */
export function weightsOf({ inputs }: Case, { config }: Experiment, prefix: string): Weights {
  const { parameters, running } = config.model;
  const weights = initialWeights(config.model, 0);
  weights.parameters.set(flatten(parameters, (name) => inputs[`${prefix}.${name}`]?.data));
  for (const { name, offset, size, dtype } of running.slices) {
    const given = (inputs[`${prefix}.${name}`] ?? inputs[`buffer.${name}`])?.data;
    if (!given) continue;
    const words = weights.running.subarray(offset, offset + size);
    if (dtype === "f32") new Float32Array(words.buffer, words.byteOffset, size).set(given);
    else words.set(given);
  }
  return weights;
}

/** A flat vector from one tensor for each parameter. */
export function flatten(layout: Layout, tensor: (name: string) => ArrayLike<number> | undefined): Float32Array {
  const out = new Float32Array(layout.words);
  for (const { name, offset, size } of layout.slices) {
    const data = tensor(name);
    if (data?.length !== size) throw new Unsupported(`no values for ${name}`);
    out.set(data, offset);
  }
  return out;
}

/** "iris standardized", "digits x/16, first 200 test rows", "diabetes standardized, y/100": a data set, its scale, which rows. */
export async function dataset(
  text: string,
  shape: readonly (number | string)[],
  { data: folder }: Bench,
): Promise<Dataset> {
  const [, name = "", rest = ""] = /^(\w+)[ ,]*(.*)$/.exec(text) ?? [];
  const file = join(folder, `${name}.csv`);
  if (!existsSync(file)) throw new Unsupported(`data ${text}`);
  const task = name === "diabetes" ? "regression" : "classification";
  let set = await sources.csv(file, { target: "y", task });
  let rows = rowsOf(folder, name, undefined, set.size);
  for (const word of rest.split(",").map((part) => part.trim())) {
    const [, axis, divisor] = /^([xy])\/(\d+)$/.exec(word) ?? [];
    const [isRows, count, part] =
      /^(?:first (\d+) |all )?(?:(test|training|train) )?(?:rows|examples)$/.exec(word) ?? [];
    if (axis === "x") set = set.normalize({ scale: 1 / Number(divisor) });
    else if (axis === "y") set = set.with({ y: scaledBy(set.y, 1 / Number(divisor)) });
    else if (word.startsWith("standardized")) set = set.normalize("standardize");
    else if (isRows)
      rows = rowsOf(folder, name, part, set.size).slice(0, count === undefined ? undefined : Number(count));
    else if (word !== "" && word !== "unscaled") throw new Unsupported(`data ${text}`);
  }
  const image = shape.filter((d): d is number => typeof d === "number");
  const taken = set.rows(rows);
  return image.length > 1 ? taken.reshape(image) : taken;
}

const scaledBy = ({ shape, data }: HostTensor, factor: number): HostTensor =>
  new HostTensor(
    shape,
    "f32",
    Float32Array.from(data, (x) => x * factor),
  );

/** Rows of a part in the order that goes with the data; without a part, all as they lie. */
function rowsOf(folder: string, name: string, part: string | undefined, size: number): number[] {
  if (part === undefined) return Array.from({ length: size }, (_, i) => i);
  const file = join(folder, `${name}_perm.json`);
  if (!existsSync(file)) throw new Unsupported(`the order of ${name}`);
  const { perm } = JSON.parse(readFileSync(file, "utf8")) as { perm: number[] };
  // the file says so: the first 1437 rows train, the others test
  return part === "test" ? perm.slice(1437) : perm.slice(0, 1437);
}

/** Tensors of a flat vector by name. */
export const tensorsOf = (layout: Layout, flat: ArrayLike<number>): Record<string, number[]> =>
  Object.fromEntries(
    layout.slices.map(({ name, offset, size }) => [
      name,
      Array.from({ length: size }, (_, i) => flat[offset + i] as number),
    ]),
  );
