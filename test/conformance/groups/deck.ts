import { declare, nn, traceModel } from "../../../engine/nn/index.ts";
import { constant, gradients, input, matmul, mul, sub, sum, type Tensor } from "../../../engine/ops/index.ts";
import {
  evaluateHost,
  type HostTree,
  hyperparameters,
  isFullBatch,
  nothing,
  type Optimizer,
  optim,
  type Problem,
  stateNames,
  traceUpdate,
} from "../../../engine/optim/index.ts";
import { runGraph } from "../../../engine/plan/index.ts";
import { histogram, standardError } from "../../../engine/plots/distribution.ts";
import { EarlyStopping } from "../../../engine/session/earlyStopping.ts";
import { type Case, type Numbers, Unsupported } from "../case.ts";
import type { Given } from "../compare.ts";
import type { Bench, Runner } from "../run.ts";

/** Formulas of the lecture decks, each by what the library has for it. */
export const deck: Runner = async (c, bench) => {
  if (/early stopping/i.test(c.op)) return earlyStopping(c);
  if (/one_hot|embedding/i.test(c.op)) return embedding(c, bench);
  if (/histogram/i.test(c.op)) return counted(c);
  if (/standard error/i.test(c.op)) return standardErrors(c);
  if (/nesterov/i.test(c.op)) return nesterov(c, bench);
  if (/newton/i.test(c.op)) return newton(c, bench);
  if (/conjugate|\bCG\b/i.test(c.op)) return conjugate(c, bench);
  if (/momentum/i.test(c.op)) return momentum(c, bench);
  throw new Unsupported(`op ${c.op}`);
};

const given = ({ inputs }: Case, name: string): Numbers => {
  const found = inputs[name];
  if (!found) throw new Unsupported(`no input ${name}`);
  return found;
};

function earlyStopping(c: Case): Given {
  const { patience = 10, min_delta: minDelta = 0, mode = "min" } = c.config;
  const stopping = new EarlyStopping({ patience, minDelta, mode }, []);
  const losses = [...given(c, "validation_loss").data];
  let best = 0;
  let run = 0;
  for (const loss of losses) {
    run += 1;
    const { improved, stop } = stopping.observe({ loss });
    if (improved) best = run - 1;
    if (stop) break;
  }
  return { best_epoch: [best], best: [stopping.best], epochs_run: [run] };
}

/** A [dim, categories] times a one-hot column: row `index` of an embedding's weight, which is A's transpose. */
async function embedding(c: Case, { backend }: Bench): Promise<Given> {
  const [A, index] = [given(c, "A"), given(c, "index")];
  const [dim = 0, categories = 0] = A.shape;
  const layer = nn.embedding(categories, { embeddingDim: dim });
  const { parameters } = declare(layer, index.shape, "i32");
  const weight = Float32Array.from(
    { length: A.data.length },
    (_, i) => A.data[(i % dim) * categories + Math.floor(i / dim)] ?? 0,
  );
  const { output } = traceModel(layer, input("x", index.shape, "i32"), {
    parameters: Object.fromEntries(parameters.map(({ name, shape }) => [name, input(name, shape)])),
    buffers: {},
    training: false,
    seed: constant(0, [], "u32"),
    step: constant(0, [], "u32"),
  });
  const values = { x: [...index.data], ...Object.fromEntries(parameters.map(({ name }) => [name, weight])) };
  const [found] = await runGraph(backend, [output], values);
  return { embedding: found as ArrayLike<number> };
}

function counted(c: Case): Given {
  const { bins = 10, range } = c.config;
  const { counts, edges } = histogram(given(c, "x").data, bins, range ?? undefined);
  return { counts, edges };
}

function standardErrors(c: Case): Given {
  const { data } = given(c, "x");
  const mean = data.reduce((a, b) => a + b, 0) / data.length;
  const deviation = Math.sqrt(data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length);
  return { standard_error: (c.config.batch as number[]).map((n) => standardError(deviation, n)) };
}

/** w^T H w / 2 - b^T w as a graph over w, and its values on the backend. */
class Quadratic implements Problem {
  readonly size: number;
  readonly #bench: Bench;
  readonly #inputs: Record<string, ArrayLike<number>>;
  readonly #w: Tensor;
  readonly #loss: Tensor;

  constructor(c: Case, bench: Bench) {
    const [H, b] = [given(c, "H"), given(c, "b")];
    this.size = b.data.length;
    this.#bench = bench;
    this.#inputs = { H: [...H.data], b: [...b.data] };
    this.#w = input("w", [this.size]);
    const product = matmul(input("H", H.shape), this.#w.reshape([this.size, 1])).reshape([this.size]);
    this.#loss = sub(mul(sum(mul(this.#w, product)), 0.5), sum(mul(input("b", b.shape), this.#w)));
  }

  get gradient(): Tensor {
    return gradients(this.#loss, [this.#w])[0] as Tensor;
  }

  async loss(x: ArrayLike<number>): Promise<number> {
    return (await this.run([this.#loss], { w: x }))[0]?.[0] as number;
  }

  async evaluate(x: Float64Array) {
    const [loss, gradient] = await this.run([this.#loss, this.gradient], { w: x });
    return { loss: loss?.[0] as number, gradient: Float64Array.from(gradient as ArrayLike<number>) };
  }

  async product(x: Float64Array, v: Float64Array): Promise<Float64Array> {
    const along = sum(mul(this.gradient, input("v", [this.size])));
    const [found] = await this.run(gradients(along, [this.#w]), { w: x, v });
    return Float64Array.from(found as ArrayLike<number>);
  }

  async run(outputs: readonly Tensor[], values: Readonly<Record<string, ArrayLike<number>>>) {
    const all = { ...this.#inputs, ...values };
    const typed = Object.fromEntries(Object.entries(all).map(([name, v]) => [name, Array.from(v)]));
    return await runGraph(this.#bench.backend, outputs, typed);
  }
}

/** Places of an optimizer's rule on the quadratic after each step, and its state then. */
async function walk(c: Case, bench: Bench, optimizer: Optimizer, rates: ArrayLike<number>) {
  const problem = new Quadratic(c, bench);
  const names = stateNames(optimizer);
  const flat = (name: string) => input(name, [problem.size]);
  const w = flat("w");
  const next = traceUpdate(optimizer, {
    p: w,
    g: problem.gradient,
    state: Object.fromEntries(names.map((name) => [name, flat(name)])),
  });
  const outputs = [next.p, ...names.map((name) => next.state[name] as Tensor)];
  let at: Record<string, ArrayLike<number>> = { w: given(c, "w0").data };
  for (const name of names) at[name] = new Float64Array(problem.size);
  const path: Record<string, ArrayLike<number>>[] = [];
  for (let step = 0; step < rates.length; step++) {
    const env = { ...hyperparameters(optimizer), lr: rates[step] as number, step: step + 1 };
    const scalars = Object.fromEntries(scalarsIn(outputs).map(([name, tree]) => [name, [evaluateHost(tree, env)]]));
    const found = await problem.run(outputs, { ...at, ...scalars });
    at = Object.fromEntries(["w", ...names].map((name, i) => [name, found[i] as ArrayLike<number>]));
    path.push(at);
  }
  return { problem, path };
}

/** Numbers of the host that a graph waits for. */
function scalarsIn(outputs: readonly Tensor[]): (readonly [string, HostTree])[] {
  const found = new Map<string, HostTree>();
  const visit = (t: Tensor): void => {
    if (t.attrs.expr !== undefined) found.set(t.attrs.name as string, t.attrs.expr as HostTree);
    for (const x of t.inputs) visit(x);
  };
  for (const t of outputs) visit(t);
  return [...found];
}

/** One rate for all steps where the case says one, else the rates that it lists. */
function ratesOf({ config, inputs, outputs }: Case): ArrayLike<number> {
  const steps = outputs.w?.shape[0] ?? (config.steps as number);
  if (typeof config.lr === "number") return new Array<number>(steps).fill(config.lr);
  if (!inputs.lr) throw new Unsupported("no lr");
  return inputs.lr.data;
}

/** The gradient is taken where the velocity leads: the rule's p is the deck's w + alpha v. */
async function nesterov(c: Case, bench: Bench): Promise<Given> {
  const { alpha } = c.config;
  const optimizer = optim.sgd({ momentum: alpha, nesterov: true, form: "classic" });
  const { problem, path } = await walk(c, bench, optimizer, ratesOf(c));
  const w = path.map(({ w: ahead, v }) =>
    Array.from(ahead as ArrayLike<number>, (x, i) => x - alpha * ((v?.[i] as number) ?? 0)),
  );
  return {
    lookahead: path.flatMap((at) => Array.from(at.w as ArrayLike<number>)),
    w: w.flat(),
    loss: await Promise.all(w.map((x) => problem.loss(x))),
  };
}

async function momentum(c: Case, bench: Bench): Promise<Given> {
  const optimizer = optim.sgd({ momentum: c.config.alpha, form: "classic" });
  const { problem, path } = await walk(c, bench, optimizer, ratesOf(c));
  const w = path.map((at) => Array.from(at.w as ArrayLike<number>));
  return {
    w: w.flat(),
    v: path.flatMap((at) => Array.from(at.v as ArrayLike<number>)),
    loss: await Promise.all(w.map((x) => problem.loss(x))),
  };
}

/** One step for each damping. */
async function newton(c: Case, bench: Bench): Promise<Given> {
  const problem = new Quadratic(c, bench);
  const from = (damping: number) => stepsOf(c, problem, optim.newton({ damping, lineSearch: null }), 1);
  const dampings = [c.config.alpha].flat() as number[];
  const reached: number[][] = [];
  for (const damping of dampings) reached.push(...(await from(damping)));
  const losses: number[] = [];
  for (const w of reached) losses.push(await problem.loss(w));
  const { minimum } = c.outputs;
  return { w: reached.flat(), loss: losses, ...(minimum ? { minimum: (await from(0)).flat() } : {}) };
}

async function conjugate(c: Case, bench: Bench): Promise<Given> {
  const problem = new Quadratic(c, bench);
  const beta = /FR|fletcher/i.test(`${c.op} ${c.config.beta}`) ? "FR" : "PR";
  const steps = c.outputs.w?.shape.length === 2 ? (c.outputs.w.shape[0] as number) : (c.config.steps ?? problem.size);
  const path = await stepsOf(c, problem, optim.cg({ beta }), steps);
  const last = path.at(-1) as number[];
  const losses: number[] = [];
  for (const w of path) losses.push(await problem.loss(w));
  return { w: c.outputs.w?.shape.length === 2 ? path.flat() : last, loss: losses, minimum: last };
}

/** Weights after each of so many steps of a full-batch method from w0. */
async function stepsOf(c: Case, problem: Problem, optimizer: Optimizer, steps: number): Promise<number[][]> {
  if (!isFullBatch(optimizer)) throw new Error(`${optimizer.type} is none`);
  let x: Float64Array = given(c, "w0").data;
  let memory = nothing;
  const path: number[][] = [];
  for (let step = 0; step < steps; step++) {
    ({ x, memory } = await optimizer.definition.step({ x, problem, memory, options: optimizer.options }));
    path.push([...x]);
  }
  return path;
}
