import type { Dataset } from "../../../data/index.ts";
import type { DeviceModel } from "../../../session/device.ts";
import type { Experiment } from "../../../session/experiment.ts";
import { sizeOf } from "../../../tensor/index.ts";
import { twoScores } from "../../evaluation/scores.ts";
import { evenly } from "./features.ts";

/** Examples of a part that are looked at, at most. */
const MOST_EXAMPLES = 2000;

/** How well the weights do on one part of the data, in evaluation mode. */
export interface PartFacts {
  readonly examples: number;
  readonly loss: number;
  /** Standard error of the loss from its spread over examples; null where the loss has no such part. */
  readonly lossError: number | null;
  /** Accuracy, or share of the target's variance that is explained; null where neither fits the output. */
  readonly score: number | null;
  /** Its standard error. */
  readonly scoreError: number | null;
  /** Share of each class that is recognized. */
  readonly recall: readonly { readonly label: string; readonly count: number; readonly right: number }[];
}

export interface Outcome {
  readonly train: PartFacts;
  readonly valid: PartFacts | null;
  readonly test: PartFacts | null;
}

/** Looks at all parts with the weights that are on the device. */
export async function outcomeOf(device: DeviceModel, { splits }: Experiment): Promise<Outcome> {
  const part = async (set: Dataset | undefined) => (set ? await partFacts(device, set) : null);
  return {
    train: await partFacts(device, splits.train),
    valid: await part(splits.valid),
    test: await part(splits.test),
  };
}

async function partFacts(device: DeviceModel, whole: Dataset): Promise<PartFacts> {
  const set = whole.size > MOST_EXAMPLES ? whole.rows(evenly(whole.size, MOST_EXAMPLES)) : whole;
  const { data: output, shape } = await device.predict(set.x);
  const evaluated = await device.evaluate(device.upload(`looked at ${set.size} of ${whole.name}`, set));
  const common = { examples: set.size, loss: evaluated.loss as number };
  const none = { ...common, lossError: null, score: null, scoreError: null, recall: [] };
  if (set.task === "regression") {
    if (sizeOf(shape) !== set.y.size) return none;
    return { ...none, ...explained(output, set) };
  }
  const { loss } = device.config;
  if (set.classes?.length === 2 && output.length === set.size && set.y.rank === 1) {
    const two = twoScores(output, loss.definition.gives(loss.options));
    return { ...none, ...recognized(two, 2, set, false) };
  }
  if (shape.length !== 2 || set.y.rank !== 1) return none;
  return { ...none, ...recognized(output, shape[1] as number, set, device.config.loss.type === "crossEntropy") };
}

function explained(output: ArrayLike<number>, set: Dataset) {
  const width = sizeOf(set.y.shape.slice(1));
  const means = new Float64Array(width);
  for (let i = 0; i < set.y.size; i++) {
    means[i % width] = (means[i % width] as number) + ((set.y.data[i] as number) * width) / set.y.size;
  }
  const errors = new Float64Array(set.size);
  let [residual, total] = [0, 0];
  for (let i = 0; i < set.y.size; i++) {
    const y = set.y.data[i] as number;
    const e = (y - (output[i] as number)) ** 2;
    errors[Math.floor(i / width)] = (errors[Math.floor(i / width)] as number) + e / width;
    residual += e;
    total += (y - (means[i % width] as number)) ** 2;
  }
  const error = standardError(errors);
  if (!(total > 0)) return { score: null, lossError: error };
  return { score: 1 - residual / total, lossError: error, scoreError: (error * set.y.size) / total };
}

function recognized(output: ArrayLike<number>, classes: number, set: Dataset, scores: boolean) {
  const losses = new Float64Array(set.size);
  const count = new Array<number>(classes).fill(0);
  const right = new Array<number>(classes).fill(0);
  let hits = 0;
  for (let i = 0; i < set.size; i++) {
    const row = Array.from({ length: classes }, (_, c) => output[i * classes + c] as number);
    const label = set.y.data[i] as number;
    const top = Math.max(...row);
    const hit = row.indexOf(top) === label;
    losses[i] = top + Math.log(row.reduce((s, v) => s + Math.exp(v - top), 0)) - (row[label] as number);
    count[label] = (count[label] ?? 0) + 1;
    if (hit) right[label] = (right[label] ?? 0) + 1;
    if (hit) hits++;
  }
  const score = hits / set.size;
  // one more right and one more wrong, so that no error at all is not taken for certainty
  const p = (hits + 1) / (set.size + 2);
  return {
    score,
    scoreError: Math.sqrt((p * (1 - p)) / set.size),
    lossError: scores ? standardError(losses) : null,
    recall: count.flatMap((n, c) =>
      n > 0 ? [{ label: set.classes?.[c] ?? String(c), count: n, right: right[c] ?? 0 }] : [],
    ),
  };
}

function standardError(values: Float64Array): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((s, v) => s + (v - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return Math.sqrt(variance / values.length);
}
