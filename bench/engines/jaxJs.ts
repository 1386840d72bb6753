import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { HostTensor } from "../../engine/tensor/index.ts";
import type { Layer } from "../network.ts";
import { type Opening, readTensors, serve, type Training } from "../protocol.ts";
import type { Job, OptimizerKind } from "../workload.ts";
import type { Jax, JaxArray } from "./jaxJsApi.ts";
import { provideGpu } from "./navigatorGpu.ts";
import { provideWorkers } from "./webWorkers.ts";

/*
 * jax-js, as its README has it: a pure step function of (state, batch), all of it under one `jit`. Arrays are owned: a call uses
 * its arguments up, `.ref` keeps one for another use.
 */

let jax: Jax;

/** Parameters by PyTorch's names; linear weights the other way round, as JAX has them: x @ w. */
type Params = Readonly<Record<string, JaxArray>>;

/** What a pass gives besides its output: next running statistics, and mean and deviation of the activations. */
interface Aside {
  readonly running: Record<string, JaxArray>;
  readonly seen: JaxArray[];
}

function layer(given: Layer, path: string, p: Params, x: JaxArray, aside: Aside, watch: boolean): JaxArray {
  const { numpy: np, nn, lax } = jax;
  const own = (name: string): JaxArray => p[`${path}${name}`] as JaxArray;
  const watched = (y: JaxArray): JaxArray => {
    if (!watch) return y;
    aside.seen.push(np.mean(y.ref), np.std(y.ref));
    return y;
  };
  switch (given.layer) {
    case "linear":
      return np.matmul(x, own("weight")).add(own("bias"));
    case "conv2d": {
      const pad: [number, number] = [given.padding, given.padding];
      const y = lax.convGeneralDilated(x, own("weight"), [1, 1], [pad, pad]);
      return y.add(own("bias").reshape([given.to, 1, 1]));
    }
    case "batchNorm": {
      const axes = given.axes === 2 ? [0] : [0, 2, 3];
      const each = given.axes === 2 ? [given.features] : [given.features, 1, 1];
      const count = x.size / given.features;
      const mean = np.mean(x.ref, axes, { keepdims: true });
      const centred = x.sub(mean.ref);
      const variance = np.mean(np.square(centred.ref), axes, { keepdims: true });
      const mixed = (name: string, fresh: JaxArray, scale: number) => {
        aside.running[`${path}${name}`] = own(name)
          .mul(0.9)
          .add(lax.stopGradient(fresh.reshape([given.features])).mul(0.1 * scale));
      };
      mixed("running_mean", mean, 1);
      mixed("running_var", variance.ref, count / (count - 1));
      const scale = own("weight")
        .reshape(each)
        .div(np.sqrt(variance.add(1e-5)));
      return centred.mul(scale).add(own("bias").reshape(each));
    }
    case "layerNorm": {
      const y = nn.standardize(x, -1, { epsilon: 1e-5 });
      return y.mul(own("weight")).add(own("bias"));
    }
    case "relu":
      return watched(nn.relu(x));
    case "tanh":
      return watched(np.tanh(x));
    case "gelu":
      return watched(nn.gelu(x, { approximate: true }));
    case "maxPool": {
      // windows that do not overlap are a reshape: faster than lax.reduceWindow
      const [n, c, h, w] = x.shape as [number, number, number, number];
      const { size } = given;
      return np.max(x.reshape([n, c, h / size, size, w / size, size]), [3, 5]);
    }
    case "meanPool":
      return np.mean(x, [2, 3]);
    case "flatten":
      return x.reshape([x.shape[0] as number, -1]);
    case "embedding":
      return np.take(own("weight"), x, 0);
    case "position":
      return x.add(own("weight"));
    case "attention": {
      const [n, length, features] = x.shape as [number, number, number];
      const shape = [n, length, given.heads, features / given.heads];
      const qkv = np.matmul(x, own("in_proj_weight")).add(own("in_proj_bias"));
      const [q, k, v] = np.split(qkv, 3, -1).map((part) => part.reshape(shape)) as [JaxArray, JaxArray, JaxArray];
      const y = nn.dotProductAttention(q, k, v, { isCausal: true }).reshape([n, length, features]);
      return np.matmul(y, own("out_proj.weight")).add(own("out_proj.bias"));
    }
    case "residual":
      return x.ref.add(sequential(given.inner, `${path}inner.`, p, x, aside, watch));
    default:
      return given satisfies never;
  }
}

const sequential = (layers: readonly Layer[], path: string, p: Params, x: JaxArray, aside: Aside, watch: boolean) =>
  layers.reduce((y, one, i) => layer(one, `${path}${i}.`, p, y, aside, watch), x);

/** Mean loss of the output; `y` are classes, or values. */
function lossOf({ loss, data }: Job, output: JaxArray, y: JaxArray): JaxArray {
  const { numpy: np, nn } = jax;
  if (loss === "mse") return np.mean(np.square(output.sub(y)));
  const classes = data.kind === "tokens" ? data.vocabulary : data.kind === "classes" ? data.classes : 0;
  return np.mean(np.sum(nn.logSoftmax(output).mul(nn.oneHot(y, classes)), -1)).neg();
}

/** Moments of the optimizer, one like every parameter. */
const momentNames = { sgd: ["momentum"], adam: ["mu", "nu"], adamw: ["mu", "nu"] } as const;

/** Next parameters and moments; `step` counts from 1. */
function update(
  given: OptimizerKind,
  p: Params,
  g: Params,
  moments: readonly Params[],
  step: JaxArray,
): [Params, Params[]] {
  const { numpy: np, tree } = jax;
  const { lr } = given;
  if (given.kind === "sgd") {
    step.dispose();
    if (given.momentum === 0) return [tree.map((p, g) => p.sub(g.mul(lr)), p, g), []];
    const velocity = tree.map((v, g) => v.mul(given.momentum).add(g), moments[0] as Params, g);
    return [tree.map((p, v) => p.sub(v.mul(lr)), p, tree.ref(velocity)), [velocity]];
  }
  const [b1, b2, eps] = [0.9, 0.999, 1e-8];
  const c1 = np.subtract(1, np.power(b1, step.ref));
  const c2 = np.subtract(1, np.power(b2, step));
  const mu = tree.map((m, g) => m.mul(b1).add(g.mul(1 - b1)), moments[0] as Params, tree.ref(g));
  const nu = tree.map((v, g) => v.mul(b2).add(np.square(g).mul(1 - b2)), moments[1] as Params, g);
  const decay = given.kind === "adamw" ? 1 - lr * given.weightDecay : 1;
  const moved = tree.map(
    (p, m, v) =>
      p.mul(decay).sub(
        m
          .mul(lr)
          .div(c1.ref)
          .div(np.sqrt(v.div(c2.ref)).add(eps)),
      ),
    p,
    tree.ref(mu),
    tree.ref(nu),
  );
  return [moved, [mu, nu]];
}

type State = [params: Params, running: Params, moments: Params[], step: JaxArray];

/** One training step: (state, x, y) -> (state, loss, statistics of the activations or an empty list). */
const stepOf = (job: Job) => {
  const { numpy: np, valueAndGrad, jit } = jax;
  const objective = (p: Params, running: Params, x: JaxArray, y: JaxArray) => {
    const aside: Aside = { running: {}, seen: [] };
    const output = sequential(job.layers, "", { ...p, ...running }, x, aside, job.watch);
    const seen = aside.seen.length > 0 ? [jax.lax.stopGradient(np.stack(aside.seen))] : [];
    return [lossOf(job, output, y), [aside.running, seen]] as const;
  };
  return jit((params: Params, running: Params, moments: Params[], step: JaxArray, x: JaxArray, y: JaxArray) => {
    const [[loss, [next, seen]], g] = valueAndGrad(objective, { hasAux: true })(jax.tree.ref(params), running, x, y);
    const now = step.add(1);
    const [p, m] = update(job.optimizer, params, g, moments, now.ref);
    return [[p, next, m, now], loss, seen] as [State, JaxArray, JaxArray[]];
  });
};

class JaxTraining implements Training {
  readonly #step: ReturnType<typeof stepOf>;
  readonly #batches: readonly (readonly [JaxArray, JaxArray])[];
  #state: State;
  #done = 0;

  constructor(job: Job, state: ReadonlyMap<string, HostTensor>, x: HostTensor, y: HostTensor) {
    const { numpy: np, tree } = jax;
    this.#step = stepOf(job);
    // each batch an array of its own: a slice at another place would be another kernel
    this.#batches = Array.from({ length: job.examples / job.batch }, (_, i) => {
      const rows = Int32Array.from({ length: job.batch }, (_, k) => i * job.batch + k);
      return [arrayOf(x.rows(rows)), arrayOf(y.rows(rows))] as const;
    });
    const named = (wanted: (name: string) => boolean): Params =>
      Object.fromEntries([...state].filter(([name]) => wanted(name)).map(([name, t]) => [name, parameterOf(name, t)]));
    const isRunning = (name: string) => /running_(mean|var)$/.test(name);
    const params = named((name) => !isRunning(name) && !name.endsWith("num_batches_tracked"));
    const plain = job.optimizer.kind === "sgd" && job.optimizer.momentum === 0;
    const moments = plain
      ? []
      : momentNames[job.optimizer.kind].map(() => tree.map((p) => np.zerosLike(p), tree.ref(params)));
    this.#state = [params, named(isRunning), moments, np.array(0)];
  }

  async steps(count: number, each: boolean): Promise<{ steps: number; ms: number; losses: readonly number[] }> {
    const began = performance.now();
    const losses: JaxArray[] = [];
    const reports: JaxArray[] = [];
    const values: number[] = [];
    for (let i = 0; i < count; i++) {
      const [x, y] = this.#batches[this.#done++ % this.#batches.length] as readonly [JaxArray, JaxArray];
      const [state, loss, seen] = this.#step(...this.#state, x.ref, y.ref);
      this.#state = state;
      losses.push(loss);
      reports.push(...seen);
      // each step by itself, and by its loss alone: what waits is kept in lists that are walked for every array
      await jax.blockUntilReady(loss);
    }
    const kept = each ? losses : losses.slice(-1);
    for (const loss of each ? [] : losses.slice(0, -1)) loss.dispose();
    for (const loss of kept) values.push(((await loss.data()) as Float32Array)[0] as number);
    for (const report of reports) await report.data();
    return { steps: count, ms: performance.now() - began, losses: values };
  }

  dispose(): void {
    jax.tree.dispose(this.#state);
    for (const batch of this.#batches) for (const array of batch) array.dispose();
    this.#step.dispose();
  }
}

const arrayOf = ({ data, shape, dtype }: HostTensor): JaxArray =>
  jax.numpy.array(data, { shape: [...shape], dtype: dtype === "i32" ? jax.numpy.int32 : jax.numpy.float32 });

/** Weights of linear layers as [in, out]. */
function parameterOf(name: string, t: HostTensor): JaxArray {
  const isLinear = t.rank === 2 && /(^|\.)(weight|in_proj_weight)$/.test(name) && !tables.has(name);
  if (!isLinear) return arrayOf(t);
  const transposed = jax.numpy.transpose(arrayOf(t));
  // realized once, so that steps see a plain array
  return jax.jit((x: JaxArray) => x.add(0))(transposed) as JaxArray;
}

/** Names of two-axed parameters that are tables of rows, not matrices. */
const tables = new Set<string>();

function noteTables(layers: readonly Layer[], path = ""): void {
  for (const [i, one] of layers.entries()) {
    if (one.layer === "embedding" || one.layer === "position") tables.add(`${path}${i}.weight`);
    if (one.layer === "residual") noteTables(one.inner, `${path}${i}.inner.`);
  }
}

await serve(async ({ job, state, data, device, peers, threads }: Opening) => {
  if (device === "webgpu") await provideGpu();
  else if (threads > 1) provideWorkers(threads);
  // the module that browsers take
  const home = join(peers, "node_modules/@jax-js/jax");
  jax = (await import(pathToFileURL(join(home, "dist/index.js")).href)) as Jax;
  const ready = await jax.init(device as "wasm" | "webgpu");
  if (!ready.includes(device)) throw new Error(`jax-js cannot use ${device} here`);
  jax.defaultDevice(device as "wasm" | "webgpu");
  noteTables(job.layers);
  const tensors = readTensors(state);
  const examples = readTensors(data);
  const [x, y] = [examples.get("x") as HostTensor, examples.get("y") as HostTensor];
  const { version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as {
    version: string;
  };
  return { version, adapter: device, begin: async () => new JaxTraining(job, tensors, x, y) };
});
