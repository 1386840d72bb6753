import { type Average, average, weightAt } from "../../../engine/average/index.ts";
import { Dataset } from "../../../engine/data/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { type Layer, nn } from "../../../engine/nn/index.ts";
import { hyperparameters, isFullBatch } from "../../../engine/optim/index.ts";
import { rateAt } from "../../../engine/schedules/index.ts";
import { DeviceModel } from "../../../engine/session/device.ts";
import type { StepConfig } from "../../../engine/session/forward.ts";
import { sizeModel } from "../../../engine/session/model.ts";
import type { ExperimentOptions } from "../../../engine/session/options.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import { type Case, type Numbers, Unsupported } from "../case.ts";
import type { Given } from "../compare.ts";
import type { Bench, Runner } from "../run.ts";
import { parseCall, torchOptimizer, torchSchedule } from "../torch.ts";
import { fullBatchTrajectory } from "./fullBatch.ts";

/** What a config says besides the optimizer's arguments. */
const ABOUT = [
  ...["average", "decay", "ema_decay", "start", "every", "swa_start", "swa_freq", "swa_every"],
  ...["steps", "net", "loss", "scheduler", "note", "deck", "optimizer", "max_norm", "norm_type", "clip_value"],
];
const NET = "Linear(4,6)-tanh-Linear(6,3)";

/**
 * The trajectory of the recorded net, full batch, by the training step that fit runs: loss and gradient before each
 * step, parameters after it.
 */
export const optimizersGroup: Runner = (c, bench) => trajectory(c, bench, {});

export async function trajectory(c: Case, bench: Bench, clip: StepConfig["clip"]): Promise<Given> {
  if (c.config.net !== undefined && c.config.net !== NET) throw new Unsupported(`net ${c.config.net}`);
  const op = c.config.optimizer ?? c.op.split("+")[0];
  const config = stepConfig(c, torchOptimizer(op, c.config, ABOUT), clip);
  const schedule = c.config.scheduler === undefined ? undefined : torchSchedule(parseCall(c.config.scheduler));
  const base = hyperparameters(config.optimizer);
  const steps = c.outputs.loss?.data.length ?? (c.config.steps as number);
  if (isFullBatch(config.optimizer)) {
    const set = dataset(c);
    const experiment = { config, splits: { train: set }, options: { batchSize: set.size } as ExperimentOptions };
    return await fullBatchTrajectory(c, bench, experiment, (step) => {
      const place = { step, steps, stepsPerEpoch: 1, epochs: steps };
      return (schedule ? rateAt(schedule, base, place).lr : base.lr) as number;
    });
  }
  const series: Record<string, number[]> = {};
  const push = (name: string, ...values: number[]) => {
    series[name] = [...(series[name] ?? []), ...values];
  };
  const averaging = averageOf(c);
  const device = new DeviceModel(bench.backend, { ...config, average: averaging !== null });
  try {
    const { parameters } = config.model;
    const first = new Float32Array(parameters.words);
    for (const { name, offset } of parameters.slices) first.set((c.inputs[`param.${name}`] as Numbers).data, offset);
    device.load({ parameters: first, running: new Uint32Array(config.model.running.words) });
    const set = dataset(c);
    const data = device.upload("train", set);
    device.setOrder(Int32Array.from({ length: set.size }, (_, i) => i));
    for (let step = 0; step < steps; step++) {
      const hyper = schedule ? rateAt(schedule, base, { step, steps, stepsPerEpoch: 1, epochs: steps }) : base;
      const weight = averaging ? weightAt(averaging, { step, stepsPerEpoch: 1 }) : 0;
      const scalars = {
        hyper: { ...hyper, average: weight, step: step + 1 },
        cursor: 0,
        noiseSeed: 0,
        noiseStep: step + 1,
      };
      const rows = await device.train(data, set.size, [scalars]);
      const after = (await device.save()).parameters;
      const gradient = await device.gradients();
      push("loss", rows.loss?.[0] as number);
      push("lr", hyper.lr as number);
      push("total_norm", Math.sqrt(rows["gradient norm squared"]?.[0] as number));
      for (const { name, offset, size } of parameters.slices) {
        push(`traj.${name}`, ...after.subarray(offset, offset + size));
        push(`grad.${name}`, ...gradient.subarray(offset, offset + size));
      }
    }
    const { ax, average: kept = ax } = (await device.save()).optimizer;
    for (const { name, offset, size } of parameters.slices) {
      if (kept) for (const prefix of AVERAGED) push(`${prefix}.${name}`, ...kept.subarray(offset, offset + size));
    }
  } finally {
    device.dispose();
  }
  return series;
}

/** What a case may call averaged weights. */
const AVERAGED = ["averaged", "average", "ema", "swa"];

/** An average of the weights after every step, as cases say it: a kind and its numbers, or numbers that name the kind. */
function averageOf({ config }: Case): Average | null {
  const { average: kind, decay, ema_decay = kind === "ema" ? decay : undefined } = config;
  const { start = 0, every = 1, swa_start = start, swa_freq = every, swa_every = swa_freq } = config;
  if (ema_decay !== undefined) return average.ema({ decay: ema_decay, start, every });
  if (kind !== "swa" && config.swa_start === undefined) return null;
  return average.swa({ start: swa_start, every: swa_every, per: "step" });
}

function stepConfig(c: Case, optimizer: ReturnType<typeof torchOptimizer>, clip: StepConfig["clip"]): StepConfig {
  const model: Layer = nn.sequential({ fc1: nn.linear(6), act: nn.tanh(), fc2: nn.linear(3) });
  const set = dataset(c);
  return {
    model: sizeModel(model, set, set.size, optimizer),
    loss: loss.crossEntropy(),
    metrics: [],
    optimizer,
    regularize: [],
    clip,
  };
}

function dataset({ inputs: { x, y } }: Case): Dataset {
  if (!x || !y) throw new Unsupported("no x and y");
  return new Dataset({
    name: "net",
    x: new HostTensor(x.shape, "f32", Float32Array.from(x.data)),
    y: new HostTensor(y.shape, "i32", Int32Array.from(y.data)),
    task: "classification",
    featureNames: ["0", "1", "2", "3"],
    classes: ["0", "1", "2"],
  });
}
