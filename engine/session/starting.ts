import type { RunContext } from "../context/index.ts";
import { Interrupted } from "../errors/index.ts";
import { type Initializer, type Probed, type Start, sample } from "../init/index.ts";
import * as ops from "../ops/index.ts";
import { buildPlan } from "../plan/index.ts";
import type { DeviceModel, Program } from "./device.ts";
import type { Experiment } from "./experiment.ts";
import { type DeviceData, pass, passBuffers, type StepConfig } from "./forward.ts";
import type { Slice } from "./layout.ts";
import { initialWeights, type Weights } from "./model.ts";

/** The weights that a run begins with when they are made by looking at data: seeded, as those that are drawn. */
export async function startingWeights(
  experiment: Experiment,
  { definition, options }: Start,
  device: DeviceModel,
  context: RunContext,
): Promise<Weights> {
  const { config, splits } = experiment;
  const { seed } = experiment.options;
  const data = device.upload("train", splits.train);
  device.setOrder(experiment.epochOrder(0));
  const { examples = data.count } = options as { readonly examples?: number };
  const layers = weighted(config, data, Math.min(examples, data.count));
  const weights = initialWeights(config.model, seed);
  device.load(weights);
  const model = new Model(device, layers, weights, { seed, data, batch: Math.min(examples, data.count) }, (layer) => {
    if (context.signal.aborted) throw new Interrupted("interrupted before training began");
    const message = `first weights: ${layer || "the model"}`;
    context.emit({ event: "progress", done: 0, total: null, unit: "steps", message, run: null });
  });
  await definition.start(model, options);
  return weights;
}

/** A layer with one matrix or kernel of weights, and what else it has. */
interface Weighted {
  readonly path: string;
  readonly weight: Slice;
  readonly others: readonly Slice[];
  /** Which of the model's parameters the weight is: the stream that it is drawn from. */
  readonly stream: number;
}

/** Layers that have exactly one tensor of two axes or more of their own, each once, in the order of the signal. */
function weighted(config: StepConfig, data: DeviceData, batch: number): Weighted[] {
  const { slices } = config.model.parameters;
  const { layers } = pass(config, data, batch, { training: true, ordered: true });
  const found = new Map<string, Weighted>();
  for (const { path, container } of layers) {
    if (container || found.has(path)) continue;
    const prefix = path === "" ? "" : `${path}.`;
    const own = slices.filter(({ name }) => name.startsWith(prefix) && !name.slice(prefix.length).includes("."));
    const matrices = own.filter(({ shape }) => shape.length > 1);
    const [weight] = matrices;
    if (!weight || matrices.length > 1) continue;
    found.set(path, { path, weight, others: own.filter((s) => s !== weight), stream: slices.indexOf(weight) });
  }
  return [...found.values()];
}

/** A model on the device whose weights change on the host. */
class Model implements Probed {
  readonly #device: DeviceModel;
  readonly #layers: ReadonlyMap<string, Weighted>;
  readonly #weights: Weights;
  readonly #about: { seed: number; data: DeviceData; batch: number };
  readonly #told: (layer: string) => void;

  constructor(
    device: DeviceModel,
    layers: readonly Weighted[],
    weights: Weights,
    about: { seed: number; data: DeviceData; batch: number },
    told: (layer: string) => void,
  ) {
    this.#device = device;
    this.#layers = new Map(layers.map((layer) => [layer.path, layer]));
    this.#weights = weights;
    this.#about = about;
    this.#told = told;
  }

  get layers(): string[] {
    return [...this.#layers.keys()];
  }

  #of(layer: string): Weighted {
    return this.#layers.get(layer) as Weighted;
  }

  #words({ offset, size }: Slice): Float32Array {
    return this.#weights.parameters.subarray(offset, offset + size);
  }

  redraw(layer: string, initializer: Initializer): void {
    const { weight, others, stream } = this.#of(layer);
    this.#words(weight).set(sample(initializer, { shape: weight.shape, seed: this.#about.seed, stream }));
    for (const other of others) if (/(^|\.)bias$/.test(other.name)) this.#words(other).fill(0);
  }

  scale(layer: string, factor: number): void {
    const words = this.#words(this.#of(layer).weight);
    for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) * factor;
  }

  async variance(layer: string): Promise<number> {
    this.#told(layer);
    this.#device.write("parameters", this.#weights.parameters);
    const program = await this.#program();
    const rows = await program.run([{ hyper: {}, cursor: 0, noiseSeed: this.#about.seed, noiseStep: 1 }]);
    return rows[`variance ${layer}`]?.[0] as number;
  }

  /** Variances of what all layers give, in training mode. */
  #program(): Promise<Program> {
    const { data, batch } = this.#about;
    const { config } = this.#device;
    return this.#device.program("variances", (maxBuffersPerLaunch) => {
      const { layers, places } = pass(config, data, batch, { training: true, ordered: true });
      const outputs = new Map([...layers].reverse().map(({ path, output }) => [path, output]));
      return buildPlan({
        label: `variances, batch ${batch}`,
        buffers: passBuffers(config, data),
        inputs: places,
        stages: [
          {
            rows: this.layers.map((path) => {
              const output = outputs.get(path) as ops.Tensor;
              const centred = ops.sub(output, ops.mean(output));
              return { name: `variance ${path}`, value: ops.mean(ops.square(centred)) };
            }),
          },
        ],
        maxBuffersPerLaunch,
      });
    });
  }
}
