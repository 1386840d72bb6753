import { augmented } from "../../augment/index.ts";
import type { RunContext } from "../../context/index.ts";
import type { Dataset } from "../../data/index.ts";
import { type Layer, nn } from "../../nn/index.ts";
import { hyperparameters, optim, stateNames } from "../../optim/index.ts";
import { DeviceModel, type StepScalars } from "../../session/device.ts";
import type { Experiment } from "../../session/experiment.ts";
import type { StepConfig } from "../../session/forward.ts";
import { initialWeights, sizeModel } from "../../session/model.ts";
import { expectedLoss } from "../diagnosis/evidence/expectedLoss.ts";

/** Rates that are tried, and for how many steps each. */
const RATES = [1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1, 3];
const TRIED = 24;
const CHUNK = 24;

/** Loss below which a few examples count as learnt by heart; for values, times the mean square of their targets. */
export const LEARNT = 0.01;

/** How far a few examples could be learnt by heart. */
export interface Overfit {
  readonly examples: number;
  readonly reached: boolean;
  readonly loss: number;
  /** What had to be reached. */
  readonly target: number;
  readonly steps: number;
  readonly lr: number;
  /** Loss of each step. */
  readonly losses: readonly number[];
}

/** A training under way. */
export type Attempt = Pick<Overfit, "losses" | "lr" | "target">;

/**
 * Trains a copy of the network, from its first weights, on the examples of a small set with Adam: dropout and augmentation are left out, there is no
 * weight decay, and of eight rates the one that comes furthest in 24 steps is taken. When it does not get there in `steps`, a
 * third of that rate gets as many, and then a tenth: what is fast at first may be too large to settle.
 */
export async function overfit(
  experiment: Experiment,
  { set, steps }: { set: Dataset; steps: number },
  context: RunContext,
  check: (share: number, attempt?: Attempt) => void,
): Promise<Overfit> {
  const batch = set.size;
  const { model: plain, augment } = experiment.options;
  const layer = augmented(withoutDropout(plain), augment, { still: true });
  const model = sizeModel(layer, set, batch);
  const config: StepConfig = {
    ...experiment.config,
    model,
    metrics: [],
    optimizer: optim.adam({ lr: 1e-3 }),
    clip: {},
  };
  const first = initialWeights(model, experiment.options.seed);
  const expected = expectedLoss(config, set).value;
  const target = set.task === "regression" ? LEARNT * expected : LEARNT + floorOf(experiment);
  const base = hyperparameters(config.optimizer);
  const device = new DeviceModel(await context.backend(), config);
  try {
    const data = device.upload("some", set);
    device.setOrder(Int32Array.from({ length: batch }, (_, i) => i));
    const begin = () => {
      const zeros = () => new Float32Array(model.parameters.words);
      device.load({
        ...first,
        optimizer: Object.fromEntries(stateNames(config.optimizer).map((name) => [name, zeros()])),
      });
      device.write("halted", new Int32Array(4));
    };
    const train = async (lr: number, count: number, whole: boolean): Promise<number[]> => {
      begin();
      const losses: number[] = [];
      while (losses.length < count) {
        check(Math.min(1, losses.length / count), whole ? { losses, lr, target } : undefined);
        const scalars = Array.from({ length: Math.min(CHUNK, count - losses.length) }, (_, i): StepScalars => {
          const step = losses.length + i + 1;
          // falls to a tenth, so that it settles
          const rate = whole ? lr * (1 - (0.9 * (step - 1)) / count) : lr;
          return {
            hyper: { ...base, lr: rate, step },
            cursor: 0,
            noiseSeed: 0,
            noiseStep: step,
          };
        });
        const rows = await device.train(data, batch, scalars);
        const stopped = (rows.ok as Float64Array).indexOf(0);
        losses.push(...(rows.loss as Float64Array).subarray(0, stopped < 0 ? scalars.length : stopped));
        if (stopped >= 0 || (whole && (losses.at(-1) as number) < target)) break;
      }
      return losses;
    };
    const last = (losses: readonly number[], count: number) =>
      losses.length < count ? Number.POSITIVE_INFINITY : (losses.at(-1) as number);
    let best = { lr: RATES[0] as number, end: Number.POSITIVE_INFINITY };
    for (const lr of RATES) {
      const end = last(await train(lr, TRIED, false), TRIED);
      if (end < best.end) best = { lr, end };
    }
    let found: Overfit | null = null;
    for (const lr of [best.lr, best.lr / 3, best.lr / 10]) {
      const losses = await train(lr, steps, true);
      const lowest = losses.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
      if (!found || lowest < found.loss) {
        found = { examples: batch, reached: lowest < target, loss: lowest, target, steps: losses.length, lr, losses };
      }
      if (found.reached) break;
    }
    return found as Overfit;
  } finally {
    device.dispose();
  }
}

/** Smoothed labels keep the loss above 0 at the best output. */
function floorOf({ config, splits }: Experiment): number {
  const { labelSmoothing: s = 0 } = config.loss.options as { labelSmoothing?: number };
  const k = splits.train.classes?.length ?? 1;
  if (s === 0 || k < 2) return 0;
  const [right, other] = [1 - s + s / k, s / k];
  return -(right * Math.log(right) + (k - 1) * other * Math.log(other));
}

/** Examples of as many classes as there are, no two with the same features. */
export function someOf(set: Dataset, count: number): Dataset {
  const isNew = newcomers(set);
  const byClass = new Map<number, number[]>();
  for (let i = 0; i < set.size; i++) {
    const label = set.task === "classification" && set.y.rank === 1 ? (set.y.data[i] as number) : 0;
    const list = byClass.get(label) ?? [];
    if (list.length >= count) continue;
    if (!isNew(i)) continue;
    list.push(i);
    byClass.set(label, list);
  }
  const lists = [...byClass.values()];
  const rows: number[] = [];
  for (let turn = 0; rows.length < count && turn < count; turn++) {
    for (const list of lists) {
      const row = list[turn];
      if (row !== undefined && rows.length < count) rows.push(row);
    }
  }
  return set.rows(rows);
}

/** The first batch that training would see, without examples whose features are there already: with other labels they could not be learnt. */
export function firstBatch(experiment: Experiment, count: number): Dataset {
  const { train } = experiment.splits;
  const isNew = newcomers(train);
  return train.rows(Array.from(experiment.epochOrder(0).subarray(0, count)).filter(isNew));
}

/** Whether an example's features have not been asked about before. */
function newcomers(set: Dataset): (i: number) => boolean {
  const width = set.x.size / set.size;
  const seen = new Set<string>();
  return (i) => {
    const key = set.x.data.subarray(i * width, (i + 1) * width).join(",");
    const fresh = !seen.has(key);
    seen.add(key);
    return fresh;
  };
}

/** The same network without the noise that keeps it from remembering. */
function withoutDropout(layer: Layer): Layer {
  if (layer.type === "dropout" || layer.type === "alphaDropout") return nn.identity();
  const { layers } = layer.options as { layers?: Readonly<Record<string, Layer>> };
  if (!layers) return layer;
  const inner = Object.fromEntries(Object.entries(layers).map(([name, l]) => [name, withoutDropout(l)]));
  return { type: layer.type, options: { ...layer.options, layers: inner }, definition: layer.definition };
}
