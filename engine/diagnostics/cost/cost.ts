import type { RunContext } from "../../context/index.ts";
import type { Tensor } from "../../ops/index.ts";
import * as ops from "../../ops/index.ts";
import { hyperparameters, stateNames } from "../../optim/index.ts";
import { int } from "../../params/index.ts";
import { costPlot } from "../../plots/cost.ts";
import { significant } from "../../plots/format.ts";
import type { DeviceModel } from "../../session/device.ts";
import { pass } from "../../session/forward.ts";
import { sizeOf } from "../../tensor/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, Progress, showChart } from "../showing.ts";
import type { Subject } from "../subject.ts";

export interface LayerCost {
  readonly path: string;
  readonly type: string;
  readonly parameters: number;
  /** Of those the ones that are not frozen. */
  readonly trained: number;
  /** Multiplications and additions of products, for one example forwards. */
  readonly flops: number;
  /** Bytes of the output of one example. */
  readonly activationBytes: number;
}

export interface Cost {
  readonly layers: readonly LayerCost[];
  readonly parameters: number;
  readonly trained: number;
  /** Of the products of one example forwards; training takes about three times as many. */
  readonly flops: number;
  /** Of all layers' outputs of one batch, which the backward pass reads. */
  readonly activationBytes: number;
  /** Of parameters, gradients and optimizer state. */
  readonly stateBytes: number;
  /** Median of the timed steps. */
  readonly stepMs: number;
  readonly secondsPerEpoch: number;
  /** Floating-point operations of products per second in training, in units of 1e9. */
  readonly gflops: number;
}

export const cost = defineDiagnostic({
  summary: "What the model costs: parameters, arithmetic and memory layer by layer, and the measured time of a step.",
  params: { steps: int(10, "[1, 1000]", "Steps that are timed, after two that are not.") },
  of: ["experiment", "run"],
  inspects: true,
  cost: "a dozen training steps",
  measure: async (subject, { steps }, context): Promise<Cost> => {
    const layers = layerCosts(subject);
    const { stepSize: batchSize } = subject.experiment;
    const { parameters, trained } = subject.config.model;
    const stepMs = await timedStep(subject, steps, context);
    const flops = layers.reduce((n, layer) => n + layer.flops, 0);
    const examples = subject.experiment.splits.train.size;
    const found: Cost = {
      layers,
      parameters: sizeOfAll(parameters.slices),
      trained: sizeOfAll(trained.slices),
      flops,
      activationBytes: subject.experiment.options.batchSize * layers.reduce((n, layer) => n + layer.activationBytes, 0),
      stateBytes: 4 * (2 * parameters.words + stateNames(subject.config.optimizer).length * trained.words),
      stepMs,
      secondsPerEpoch: (stepMs / 1000) * Math.ceil(examples / batchSize),
      gflops: (3 * flops * batchSize) / (stepMs * 1e6),
    };
    const { name, adapter } = await context.backend();
    showChart(context, costPlot, { ...found, backend: `${name} (${adapter})`, batchSize });
    return measured(
      found,
      `${found.parameters.toLocaleString("en-US")} parameters${frozenText(found)}, ${significant(flops / 1e6)} MFLOP per example; a step of ${batchSize} takes ${significant(stepMs)} ms on ${name}, an epoch ${significant(found.secondsPerEpoch)} s`,
    );
  },
});

const sizeOfAll = (some: readonly { readonly size: number }[]): number => some.reduce((n, { size }) => n + size, 0);

/** What part of so many parameters stays as it is. */
const frozenText = ({ parameters, trained }: Cost): string =>
  trained < parameters ? ` (${(parameters - trained).toLocaleString("en-US")} frozen)` : "";

/** Arithmetic of a graph's products, counted once each. */
function productFlops(output: Tensor, before: ReadonlySet<Tensor>): number {
  let flops = 0;
  for (const t of ops.topological([output])) {
    if (before.has(t)) continue;
    const { lower } = t.record;
    const t2 = lower.kind === "expand" ? ops.topological([lower.to(t.inputs, t.attrs)]) : [t];
    for (const node of t2) {
      if (node.op !== "contract") continue;
      const { batch, m, k } = node.attrs as { batch: number; m: number; k: number };
      const [a] = node.inputs as [Tensor];
      flops += 2 * node.size * sizeOf(a.shape.slice(batch + m, batch + m + k));
    }
  }
  return flops;
}

function layerCosts({ config, experiment }: Subject): LayerCost[] {
  const { x, y } = experiment.splits.train;
  const shape = (t: typeof x) => ({ shape: t.shape.slice(1), dtype: t.dtype });
  const batch = Math.min(2, experiment.options.batchSize);
  const data = { name: "train", count: x.shape[0] as number, x: shape(x), y: shape(y) };
  const { layers } = pass(config, data, batch, { training: false, ordered: false });
  const trained = new Set(config.model.trained.slices.map(({ name }) => name));
  const seen = new Set<Tensor>();
  const own = new Set<string>();
  return layers
    .filter(({ container }) => !container)
    .map(({ path, type, output }) => {
      const flops = productFlops(output, seen) / batch;
      for (const t of ops.topological([output])) seen.add(t);
      const base = path.replace(/ \(\d+\)$/, "");
      const parameters = own.has(base)
        ? []
        : config.model.parameters.slices.filter((p) => p.name.startsWith(`${base}.`));
      own.add(base);
      return {
        path,
        type,
        parameters: sizeOfAll(parameters),
        trained: sizeOfAll(parameters.filter(({ name }) => trained.has(name))),
        flops,
        activationBytes: (4 * output.size) / batch,
      };
    });
}

/** Milliseconds of a training step on a copy: the median of `steps` submits. */
async function timedStep(subject: Subject, steps: number, context: RunContext): Promise<number> {
  const progress = new Progress(context, { total: steps, unit: "steps", message: "timing steps" });
  return await subject.onDevice(context, async (device: DeviceModel) => {
    const { experiment, config } = subject;
    const data = device.upload("train", experiment.splits.train);
    device.setOrder(experiment.epochOrder(0));
    const batch = experiment.stepSize;
    const hyper = hyperparameters(config.optimizer);
    const times: number[] = [];
    for (let i = -2; i < steps; i++) {
      progress.check(Math.max(0, i));
      const began = performance.now();
      await device.train(data, batch, [
        { hyper: { ...hyper, step: i + 3 }, cursor: 0, noiseSeed: 0, noiseStep: i + 3 },
      ]);
      if (i >= 0) times.push(performance.now() - began);
    }
    return times.sort((a, b) => a - b)[times.length >> 1] as number;
  });
}
