import type { RunContext } from "../../context/index.ts";
import { ConfigError } from "../../errors/index.ts";
import { type Initializer, isInitializer, sample } from "../../init/index.ts";
import { bool, type Checked, int, value } from "../../params/index.ts";
import { initializationPlot } from "../../plots/initialization.ts";
import { initializationTraining } from "../../plots/initializationTraining.ts";
import type { DeviceModel } from "../../session/device.ts";
import { type DeviceData, pass } from "../../session/forward.ts";
import { LaneTraining } from "../../session/laneTraining.ts";
import type { SizedModel, Weights } from "../../session/model.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, Progress, ShownChart, showChart } from "../showing.ts";
import type { Subject } from "../subject.ts";
import { type Health, type LayerHealth, measureHealth, type ParameterHealth } from "./health.ts";
import { expectedBackward, expectedForward, type Signal } from "./theory.ts";
import { describe, verdictOf } from "./verdict.ts";

type Named = Readonly<Record<string, Initializer>>;

const params = {
  initializers: value<Named | readonly Initializer[] | null>(
    null,
    {
      type: "Record<string, Initializer> | Initializer[]",
      noun: "initializers by name, as { he: init.kaimingNormal(), xavier: init.xavierNormal() }",
      accepts: (given) =>
        typeof given === "object" &&
        given !== null &&
        Object.values(given).length > 0 &&
        Object.values(given).every(isInitializer),
    },
    "Compared side by side: each draws all weights of two axes and more; biases stay as the model says. The model's own when not given.",
  ),
  examples: int(
    256,
    "[2, inf)",
    "Examples of the pass, the first of the first epoch; all of them when there are fewer.",
  ),
  seeds: int(1, "[1, 64]", "Draws of every initializer; figures are means over them."),
  theory: bool(true, "Shows what theory expects of random weights beside what was measured."),
  steps: int(0, "[0, inf)", "Steps that all initializers and seeds are then trained for, side by side in one plan."),
};

/** A layer under one initializer. Means over the seeds. */
export interface InitializedLayer extends LayerHealth {
  /** Deviations of output and gradient that theory expects; null where it says nothing. */
  readonly expectedStd: number | null;
  readonly expectedGradientStd: number | null;
}

/** A network under one initializer. */
export interface InitializedNet {
  readonly name: string;
  readonly loss: number;
  readonly layers: readonly InitializedLayer[];
  readonly parameters: readonly ParameterHealth[];
  /** What is wrong with it, worst first; empty: nothing. */
  readonly verdict: readonly string[];
}

export interface Initialization {
  readonly examples: number;
  readonly nets: readonly InitializedNet[];
  /** Training losses of each network by seed and step, in the order of `nets`; NaN once it diverged. Empty without `steps`. */
  readonly curves: readonly (readonly Float64Array[])[];
}

export const initialization = defineDiagnostic({
  summary:
    "Signals and gradients through all layers before the first step, for one or several initializers, beside theory.",
  paper: "Glorot & Bengio 2010, AISTATS; He, Zhang, Ren & Sun 2015, arXiv:1502.01852, section 2.2",
  params,
  of: ["experiment"],
  inspects: true,
  cost: "a forward and a backward pass over 256 examples for each initializer and seed",
  measure: async (subject, options, context): Promise<Initialization> => {
    const found = await subject.onDevice(context, (device) => measureAll(subject, options, context, device));
    showChart(context, initializationPlot, { experiment: subject.experiment.name, ...found });
    const curves = options.steps > 0 ? await trainAll(subject, options, context) : [];
    return measured({ ...found, curves }, describe({ ...found, curves }));
  },
});

async function measureAll(
  subject: Subject,
  { initializers, examples, seeds, theory }: Checked<typeof params>,
  context: RunContext,
  device: DeviceModel,
): Promise<Omit<Initialization, "curves">> {
  const { experiment, config } = subject;
  const data = device.upload("train", experiment.splits.train);
  const batch = Math.min(examples, data.count);
  const { seed } = experiment.options;
  device.setOrder(experiment.epochOrder(0));
  const cases = casesOf(initializers);
  const progress = new Progress(context, {
    total: cases.length * seeds,
    unit: "passes",
    message: "inspecting the initialization",
  });
  const nets: InitializedNet[] = [];
  for (const [name, initializer] of cases) {
    const passes: Passed[] = [];
    for (let i = 0; i < seeds; i++) {
      progress.check(nets.length * seeds + i);
      const weights = drawn(config.model, subject.weights(seed + i), initializer, seed + i);
      const health = await measureHealth(device, { data, batch, weights, seed: seed + i });
      passes.push({ health, ...(theory ? expectations(subject, data, batch, health) : NOTHING) });
    }
    nets.push(averaged(name, passes));
  }
  return { examples: batch, nets };
}

/** Trains every initializer from every seed at once, and draws how the loss falls. */
async function trainAll(
  subject: Subject,
  { initializers, seeds, steps }: Checked<typeof params>,
  context: RunContext,
): Promise<Float64Array[][]> {
  const { experiment, config } = subject;
  const { seed } = experiment.options;
  const cases = casesOf(initializers);
  const lanes = cases.flatMap(([, initializer]) =>
    Array.from({ length: seeds }, (_, i) => ({ initializer, seed: seed + i })),
  );
  const shown = new ShownChart(context, initializationTraining);
  const losses = lanes.map(() => new Float64Array(steps).fill(Number.NaN));
  const progress = new Progress(context, { total: steps, unit: "steps", message: "training from each initialization" });
  const training = new LaneTraining(await context.backend(), experiment, {
    seeds: lanes.map((lane) => lane.seed),
    weights: lanes.map((lane) => drawn(config.model, subject.weights(lane.seed), lane.initializer, lane.seed)),
  });
  const curves = () => cases.map((_, c) => losses.slice(c * seeds, (c + 1) * seeds));
  const state = (done: number) => ({ names: cases.map(([name]) => name), curves: curves(), done, steps });
  let done = 0;
  try {
    await training.run(steps, context.signal, ({ from, count, rows }) => {
      for (let i = 0; i < count; i++) {
        for (const [lane, loss] of losses.entries()) {
          const at = i * lanes.length + lane;
          if (rows.ok?.[at]) loss[from + i] = rows.loss?.[at] as number;
        }
      }
      done = from + count;
      progress.at(done);
      shown.live(() => state(done));
      return false;
    });
  } finally {
    training.dispose();
  }
  shown.end(state(done));
  return curves();
}

const casesOf = (initializers: Named | readonly Initializer[] | null): [string, Initializer | null][] =>
  initializers === null ? [["as the model says", null]] : named(initializers);

function named(initializers: Named | readonly Initializer[]): [string, Initializer][] {
  if (!Array.isArray(initializers)) return Object.entries(initializers as Named);
  const names = initializers.map((given: Initializer) => {
    const options = Object.entries(given.options as object).filter(
      ([name, v]) => v !== given.definition.params[name]?.default,
    );
    const shown = options.map(([name, v]) => `${name} ${v}`).join(", ");
    return shown ? `${given.type} (${shown})` : given.type;
  });
  if (new Set(names).size < names.length)
    throw new ConfigError(
      `initialization: ${names.join(", ")} are not all different; give them names, as { a: ..., b: ... }`,
    );
  return names.map((name, i) => [name, initializers[i] as Initializer]);
}

/** `weights` with every tensor of two axes and more drawn by `initializer`. */
function drawn(model: SizedModel, weights: Weights, initializer: Initializer | null, seed: number): Weights {
  if (initializer === null) return weights;
  const parameters = weights.parameters.slice();
  for (const [stream, { shape, fan }] of model.declaration.parameters.entries()) {
    if (shape.length < 2) continue;
    parameters.set(sample(initializer, { shape, seed, stream, fan }), model.parameters.slices[stream]?.offset);
  }
  return { ...weights, parameters };
}

type Deviations = ReadonlyMap<string, number | null>;

interface Passed {
  readonly health: Health;
  readonly forward: Deviations;
  readonly backward: Deviations;
}

const NOTHING = { forward: new Map<string, null>(), backward: new Map<string, null>() };

/** Theory beside a measured pass: it is told the inputs, the weights' squares, and the gradient at the last layer. */
function expectations(
  subject: Subject,
  data: DeviceData,
  batch: number,
  { layers, parameters }: Health,
): Omit<Passed, "health"> {
  const traced = pass(subject.config, data, batch, { training: true, ordered: true });
  const byPath = new Map(layers.map((layer) => [layer.path, layer]));
  const squares = new Map(parameters.map((p) => [p.name, p.mean ** 2 + p.std ** 2]));
  const measuredSignal = (path: string): Signal => {
    const { mean = 0, std = 0 } = byPath.get(path)?.activation ?? {};
    return { mean, square: std ** 2 + mean ** 2 };
  };
  const inputs = new Map([[traced.x, signalOf(subject, batch)]]);
  const { deviations, passages } = expectedForward(traced.layers, inputs, measuredSignal, (name) => squares.get(name));
  const backward = expectedBackward(traced.layers, passages, (path) => byPath.get(path)?.gradientStd ?? Number.NaN);
  return { forward: deviations, backward };
}

/** Moments of the batch's inputs. */
function signalOf({ experiment }: Subject, batch: number): Signal {
  const { data } = experiment.splits.train.x.rows(experiment.epochOrder(0).subarray(0, batch));
  let [sum, squares] = [0, 0];
  for (const v of data) {
    sum += v;
    squares += v * v;
  }
  return { mean: sum / data.length, square: squares / data.length };
}

/** Means over seeds of all that are numbers; identical units are those of the first seed. */
function averaged(name: string, passes: readonly Passed[]): InitializedNet {
  const [first] = passes as readonly [Passed, ...Passed[]];
  const mean = (of: (pass: Passed) => number): number => passes.reduce((sum, p) => sum + of(p), 0) / passes.length;
  const meanOrNull = (of: (pass: Passed) => number | null | undefined): number | null =>
    passes.every((p) => typeof of(p) === "number") ? mean((p) => of(p) as number) : null;
  const layers = first.health.layers.map((layer, l): InitializedLayer => {
    const own = (p: Passed) => p.health.layers[l] as LayerHealth;
    const moments = Object.keys(layer.activation) as (keyof LayerHealth["activation"])[];
    return {
      ...layer,
      activation: Object.fromEntries(moments.map((m) => [m, mean((p) => own(p).activation[m])])) as never,
      histogram: layer.histogram.map((_, bin) => mean((p) => own(p).histogram[bin] as number)),
      dead: mean((p) => own(p).dead),
      saturated: meanOrNull((p) => own(p).saturated),
      gradientStd: mean((p) => own(p).gradientStd),
      expectedStd: meanOrNull((p) => p.forward.get(layer.path)),
      expectedGradientStd: meanOrNull((p) => p.backward.get(layer.path)),
    };
  });
  const parameters = first.health.parameters.map((parameter, i): ParameterHealth => {
    const own = (p: Passed) => p.health.parameters[i] as ParameterHealth;
    return { ...parameter, std: mean((p) => own(p).std), gradientNorm: mean((p) => own(p).gradientNorm) };
  });
  const net = { name, loss: mean((p) => p.health.loss), layers, parameters };
  return { ...net, verdict: verdictOf(net) };
}
