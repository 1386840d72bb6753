import type { Backend } from "../../engine/backends/backend.ts";
import { wasmProvider } from "../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../engine/backends/webgpu/index.ts";
import { inContext, type RunContext } from "../../engine/context/index.ts";
import { Dataset } from "../../engine/data/index.ts";
import { packageVersion } from "../../engine/kernel/version.ts";
import { loss } from "../../engine/losses/index.ts";
import { nn, type Layer as OurLayer } from "../../engine/nn/index.ts";
import { optim } from "../../engine/optim/index.ts";
import { type Experiment, experiment, type Run } from "../../engine/session/index.ts";
import type { Layer } from "../network.ts";
import { type Opening, readTensors, serve, type Training } from "../protocol.ts";
import type { Job, OptimizerKind } from "../workload.ts";
import { Gate, gated } from "./gate.ts";
import { figuresOf } from "./plan.ts";
import { WatchedTraining } from "./watched.ts";

/* dlnb, through what a cell calls: `experiment({ ... }).fit({ steps })`, with the backend in this process as in a kernel. */

function dataset({ data, examples }: Job, path: string): Dataset {
  const tensors = readTensors(path);
  const [x, y] = [tensors.get("x"), tensors.get("y")];
  if (!x || !y) throw new Error(`${path} holds no x and y`);
  const common = { name: "examples", x, y, featureNames: [] };
  if (data.kind === "values") return new Dataset({ ...common, y: y.reshape([examples, -1]), task: "regression" });
  const count = data.kind === "tokens" ? data.vocabulary : data.classes;
  return new Dataset({
    ...common,
    task: "classification",
    classes: Array.from({ length: count }, (_, i) => String(i)),
  });
}

const experimentOf = (job: Job, data: Dataset): Experiment =>
  experiment({
    data,
    model: sequential(job.layers),
    loss: job.loss === "mse" ? loss.mse() : loss.crossEntropy(),
    optimizer: optimizerOf(job.optimizer),
    batchSize: job.batch,
    shuffle: false,
  });

const sequential = (layers: readonly Layer[]): OurLayer => nn.sequential(...layers.map(layerOf));

function layerOf(given: Layer): OurLayer {
  switch (given.layer) {
    case "linear":
      return nn.linear(given.to);
    case "conv2d":
      return nn.conv2d(given.to, { kernelSize: given.size, padding: given.padding });
    case "batchNorm":
      return nn.batchNorm();
    case "layerNorm":
      return nn.layerNorm(given.features);
    case "relu":
      return nn.relu();
    case "tanh":
      return nn.tanh();
    case "gelu":
      return nn.gelu({ approximate: "tanh" });
    case "maxPool":
      return nn.maxPool2d(given.size);
    case "meanPool":
      return nn.module({}, (_, x) => x.mean([2, 3]));
    case "flatten":
      return nn.flatten();
    case "embedding":
      return nn.embedding(given.count, { embeddingDim: given.features });
    case "position":
      return nn.learnedPositions(given.length);
    case "attention":
      return nn.multiheadAttention(given.heads, { causal: true });
    case "residual":
      return nn.module({ inner: sequential(given.inner) }, ({ inner }, x) => x.add(inner(x)));
    default:
      return given satisfies never;
  }
}

function optimizerOf({ kind, ...options }: OptimizerKind) {
  return { sgd: optim.sgd, adam: optim.adam, adamw: optim.adamw }[kind](options);
}

/** Training by one `fit` that goes on for as long as it is asked to; between windows it waits at the gate. */
class FitTraining implements Training {
  readonly #gate = new Gate();
  readonly #stop = new AbortController();
  readonly #fit: Promise<Run>;
  /** Losses of the window under way, how many it wants, and who waits for them. */
  #losses: number[] = [];
  #wanted = Number.POSITIVE_INFINITY;
  #done: () => void = () => {};

  constructor(backend: Backend, made: Experiment, { state }: Opening) {
    made.onSteps = ({ loss }) => {
      this.#losses.push(...loss);
      if (this.#losses.length >= this.#wanted) this.#done();
    };
    const context = contextFor(gated(backend, this.#gate), this.#stop.signal);
    this.#fit = inContext(context, () => made.fit({ steps: ENDLESS, resume: state }));
    // an error reaches whoever waits for steps
    this.#fit.catch(() => {});
  }

  async steps(count: number): Promise<{ steps: number; ms: number; losses: readonly number[] }> {
    const began = performance.now();
    this.#losses = [];
    this.#wanted = count;
    const done = new Promise<void>((resolve) => {
      this.#done = resolve;
    });
    this.#gate.allow(count);
    await Promise.race([done, this.#fit]);
    return { steps: this.#losses.length, ms: performance.now() - began, losses: this.#losses };
  }

  async dispose(): Promise<void> {
    this.#stop.abort();
    this.#gate.allow(Number.POSITIVE_INFINITY);
    await this.#fit.catch(() => {});
  }
}

/** More steps than any window comes to. */
const ENDLESS = 1e9;

/** A cell's context without a page: nothing is kept on disk or drawn. */
function contextFor(backend: Backend, signal: AbortSignal): RunContext {
  let fresh = 0;
  return {
    cell: "bench",
    signal,
    emit: () => {},
    log: () => {},
    freshId: (prefix) => `${prefix}-${fresh++}`,
    runFolder: null,
    notebookFolder: ".",
    backend: async () => backend,
    shield: (work) => work,
  };
}

await serve(async (given) => {
  const provider = given.device === "webgpu" ? webgpuProvider : wasmProvider;
  const backend = await provider.open({ threads: given.threads, log: () => {} });
  const { job } = given;
  const data = dataset(job, given.data);
  const begin = async (): Promise<Training> => {
    const made = experimentOf(job, data);
    return job.watch ? await WatchedTraining.begin(backend, made, given.state) : new FitTraining(backend, made, given);
  };
  const version = packageVersion("dlnb") ?? "?";
  return { version, adapter: backend.adapter, begin, plan: async () => figuresOf(backend, experimentOf(job, data)) };
});
