import { createRequire } from "node:module";
import { join } from "node:path";
import type { HostTensor, Shape } from "../../engine/tensor/index.ts";
import type { Layer } from "../network.ts";
import { type Opening, readTensors, serve, type Training } from "../protocol.ts";
import type { Job, OptimizerKind } from "../workload.ts";
import { provideGpu } from "./navigatorGpu.ts";
import type { Tf, TfOptimizer, TfTensor, TfVariable } from "./tfjsApi.ts";

/*
 * TensorFlow.js, by its ops as its layers use them: channels last, dense kernels [in, out] through fused.matMul, its own losses
 * and optimizers, every step in a `tidy`.
 */

/** Steps after which it is waited for: the queue of a GPU has no bound. */
const QUEUED = 16;

let tf: Tf;

type Variables = ReadonlyMap<string, TfVariable>;

/** A parameter as the library lays it out. Linear weights after a flatten take channels last. */
function laidOut(name: string, t: HostTensor, layer: Layer | undefined, flattened: Shape | undefined): TfTensor {
  const { data, shape } = t;
  const plain = tf.tensor(data, shape, "float32");
  if (layer?.layer === "conv2d" && name.endsWith("weight")) return plain.transpose([2, 3, 1, 0]);
  if (layer?.layer === "linear" && name.endsWith("weight")) {
    const [to = 0] = shape;
    const last = flattened
      ? plain
          .reshape([to, ...flattened])
          .transpose([0, 2, 3, 1])
          .reshape(shape)
      : plain;
    return last.transpose([1, 0]);
  }
  if (layer?.layer === "attention" && name.endsWith("weight")) return plain.transpose([1, 0]);
  return plain;
}

/** Variables of all layers by PyTorch's names. */
function variablesOf(layers: readonly Layer[], state: ReadonlyMap<string, HostTensor>): Variables {
  const variables = new Map<string, TfVariable>();
  const walk = (all: readonly Layer[], prefix: string) => {
    for (const [i, layer] of all.entries()) {
      const path = `${prefix}${i}.`;
      if (layer.layer === "residual") walk(layer.inner, `${path}inner.`);
      const before = all[i - 1];
      const flattened = before?.layer === "flatten" ? before.shape : undefined;
      for (const [name, t] of state) {
        if (variables.has(name) || !name.startsWith(path) || name.endsWith("num_batches_tracked")) continue;
        const trainable = !/running_(mean|var)$/.test(name);
        variables.set(
          name,
          tf.variable(
            tf.tidy(() => laidOut(name, t, layer, flattened)),
            trainable,
          ),
        );
      }
    }
  };
  walk(layers, "");
  return variables;
}

/** A pass through layers: mean and deviation of the activations go to `seen`, when it is there. */
class Pass {
  readonly #variables: Variables;
  readonly #seen: TfTensor[] | null;

  constructor(variables: Variables, seen: TfTensor[] | null) {
    this.#variables = variables;
    this.#seen = seen;
  }

  sequential(layers: readonly Layer[], prefix: string, x: TfTensor): TfTensor {
    let y = x;
    for (let i = 0; i < layers.length; i++) {
      const layer = layers[i] as Layer;
      const fuses = layer.layer === "linear" && layers[i + 1]?.layer === "relu" && this.#seen === null;
      y = this.#apply(layer, `${prefix}${i}.`, y, fuses);
      if (fuses) i += 1;
    }
    return y;
  }

  #apply(layer: Layer, path: string, x: TfTensor, fusesRelu: boolean): TfTensor {
    const own = (name: string): TfVariable => this.#variables.get(`${path}${name}`) as TfVariable;
    switch (layer.layer) {
      case "linear":
        return dense(x, own("weight"), own("bias"), fusesRelu);
      case "conv2d":
        return tf.conv2d(x, own("weight"), 1, layer.padding).add(own("bias"));
      case "batchNorm":
        return this.#batchNorm(layer.features, x, own);
      case "layerNorm": {
        const { mean, variance } = tf.moments(x, [-1], true);
        const scale = tf.sqrt(variance.add(1e-5));
        return x.sub(mean).div(scale).mul(own("weight")).add(own("bias"));
      }
      case "relu":
        return this.#watched(tf.relu(x));
      case "tanh":
        return this.#watched(tf.tanh(x));
      case "gelu": {
        const cubed = x.mul(x).mul(x).mul(0.044715).add(x);
        return this.#watched(x.mul(0.5).mul(tf.tanh(cubed.mul(Math.sqrt(2 / Math.PI))).add(1)));
      }
      case "maxPool":
        return tf.maxPool(x, layer.size, layer.size, 0);
      case "meanPool":
        return tf.mean(x, [1, 2]);
      case "flatten":
        return x.reshape([x.shape[0] as number, -1]);
      case "embedding":
        // a product with one-hot rows: the wasm backend has no gradient of gather
        return dense2d(tf.oneHot(x, layer.count), own("weight"));
      case "position":
        return x.add(own("weight"));
      case "attention":
        return attention(x, layer.heads, own);
      case "residual":
        return x.add(this.sequential(layer.inner, `${path}inner.`, x));
      default:
        return layer satisfies never;
    }
  }

  #watched(y: TfTensor): TfTensor {
    if (this.#seen) {
      const { mean, variance } = tf.moments(y);
      this.#seen.push(tf.keep(mean), tf.keep(tf.sqrt(variance)));
    }
    return y;
  }

  #batchNorm(features: number, x: TfTensor, own: (name: string) => TfVariable): TfTensor {
    const axes = x.shape.slice(0, -1).map((_, axis) => axis);
    const count = x.shape.reduce((a, b) => a * b) / features;
    const { mean, variance } = tf.moments(x, axes);
    const mix = (name: string, fresh: TfTensor, scale: number) => {
      const running = own(name);
      running.assign(running.mul(0.9).add(fresh.mul(0.1 * scale)));
    };
    mix("running_mean", mean, 1);
    mix("running_var", variance, count / (count - 1));
    return tf.batchNorm(x, mean, variance, own("bias"), own("weight"), 1e-5);
  }
}

/** x [..., in] -> [..., out]. */
function dense(x: TfTensor, b: TfTensor, bias: TfTensor, relu = false): TfTensor {
  const rows = x.reshape([-1, x.shape.at(-1) as number]);
  const y = tf.fused.matMul({ a: rows, b, bias, ...(relu && { activation: "relu" }) });
  return y.reshape([...x.shape.slice(0, -1), b.shape[1] as number]);
}

const dense2d = (x: TfTensor, b: TfTensor): TfTensor =>
  tf.matMul(x.reshape([-1, x.shape.at(-1) as number]), b).reshape([...x.shape.slice(0, -1), b.shape[1] as number]);

function attention(x: TfTensor, heads: number, own: (name: string) => TfVariable): TfTensor {
  const [n, length, features] = x.shape as [number, number, number];
  const qkv = dense(x, own("in_proj_weight"), own("in_proj_bias"));
  const [q, k, v] = tf
    .split(qkv, 3, -1)
    .map((part) => part.reshape([n, length, heads, features / heads]).transpose([0, 2, 1, 3])) as [
    TfTensor,
    TfTensor,
    TfTensor,
  ];
  const scores = tf.matMul(q, k, false, true).mul(1 / Math.sqrt(features / heads));
  const weights = tf.softmax(scores.add(maskOf(length)));
  const mixed = tf.matMul(weights, v).transpose([0, 2, 1, 3]).reshape([n, length, features]);
  return dense(mixed, own("out_proj.weight"), own("out_proj.bias"));
}

const masks = new Map<number, TfTensor>();

/** [T, T]: 0 for what a place may see, very negative for what comes after it. */
function maskOf(length: number): TfTensor {
  const known = masks.get(length);
  if (known) return known;
  const values = Float32Array.from({ length: length ** 2 }, (_, i) => (i % length > Math.floor(i / length) ? -1e9 : 0));
  const mask = tf.keep(tf.tensor(values, [length, length], "float32"));
  masks.set(length, mask);
  return mask;
}

function optimizerOf(given: OptimizerKind): TfOptimizer {
  if (given.kind !== "sgd") return tf.train.adam(given.lr, 0.9, 0.999, 1e-8);
  return given.momentum === 0 ? tf.train.sgd(given.lr) : tf.train.momentum(given.lr, given.momentum);
}

class TfTraining implements Training {
  readonly #job: Job;
  readonly #variables: Variables;
  readonly #trained: readonly TfVariable[];
  readonly #optimizer: TfOptimizer;
  readonly #batches: readonly (readonly [TfTensor, TfTensor])[];
  #done = 0;

  constructor(job: Job, state: ReadonlyMap<string, HostTensor>, x: HostTensor, y: HostTensor) {
    this.#job = job;
    this.#variables = variablesOf(job.layers, state);
    this.#trained = [...this.#variables].filter(([name]) => !/running_(mean|var)$/.test(name)).map(([, v]) => v);
    this.#optimizer = optimizerOf(job.optimizer);
    this.#batches = Array.from({ length: job.examples / job.batch }, (_, i) => {
      const rows = Int32Array.from({ length: job.batch }, (_, k) => i * job.batch + k);
      return tf.tidy(() => [inputOf(x.rows(rows)), targetOf(job, y.rows(rows))] as const);
    });
  }

  async steps(count: number, each: boolean): Promise<{ steps: number; ms: number; losses: readonly number[] }> {
    const began = performance.now();
    const losses: TfTensor[] = [];
    const reports: TfTensor[] = [];
    for (let i = 1; i <= count; i++) {
      const [x, y] = this.#batches[this.#done++ % this.#batches.length] as readonly [TfTensor, TfTensor];
      const loss = this.#step(x, y, reports);
      losses.push(loss);
      if (i % QUEUED === 0) await loss.data();
    }
    const values: number[] = [];
    for (const loss of each ? losses : losses.slice(-1)) values.push((await loss.data())[0] as number);
    for (const report of reports) await report.data();
    tf.dispose([losses, reports]);
    return { steps: count, ms: performance.now() - began, losses: values };
  }

  #step(x: TfTensor, y: TfTensor, reports: TfTensor[]): TfTensor {
    const { layers, loss, optimizer, watch } = this.#job;
    const seen: TfTensor[] = [];
    const pass = new Pass(this.#variables, watch ? seen : null);
    return tf.tidy(() => {
      if (optimizer.kind === "adamw") {
        // the library has none: decay comes first, as in PyTorch
        for (const v of this.#trained) v.assign(v.mul(1 - optimizer.lr * optimizer.weightDecay));
      }
      const cost = this.#optimizer.minimize(
        () => {
          const output = pass.sequential(layers, "", x);
          const rows = output.reshape([-1, output.shape.at(-1) as number]);
          return loss === "mse" ? tf.losses.meanSquaredError(y, output) : tf.losses.softmaxCrossEntropy(y, rows);
        },
        true,
        this.#trained,
      );
      if (watch) {
        reports.push(tf.keep(tf.stack(seen)));
        tf.dispose(seen);
      }
      return tf.keep(cost);
    });
  }

  dispose(): void {
    this.#optimizer.dispose();
    tf.dispose([[...this.#variables.values()], this.#batches.flat()]);
  }
}

/** Pictures channels last. */
function inputOf({ data, shape, dtype }: HostTensor): TfTensor {
  const plain = tf.tensor(data, shape, dtype === "i32" ? "int32" : "float32");
  return shape.length === 4 ? plain.transpose([0, 2, 3, 1]) : plain;
}

/** Classes as one-hot rows, which the library's loss takes. */
function targetOf({ data }: Job, y: HostTensor): TfTensor {
  if (data.kind === "values") return inputOf(y);
  const classes = data.kind === "tokens" ? data.vocabulary : data.classes;
  return tf.oneHot(tf.tensor(y.data, [y.size], "int32"), classes).mul(1);
}

/** The wasm backend has no kernel for the gradient of a convolution's filter: it is a product for each of the filter's places. */
function provideFilterGradient(): void {
  tf.unregisterGradient("Conv2D");
  tf.registerGradient({
    kernelName: "Conv2D",
    inputsToSave: ["x", "filter"],
    gradFunc: (dy, [x, filter], { strides, pad, dataFormat }) => {
      const [given, weights] = [x as TfTensor, filter as TfTensor];
      const [n, , , from] = given.shape as [number, number, number, number];
      const [height, width, , to] = weights.shape as [number, number, number, number];
      const [, outHeight, outWidth] = dy.shape as [number, number, number, number];
      return {
        x: () =>
          tf
            .engine()
            .runKernel(
              "Conv2DBackpropInput",
              { dy, filter: weights },
              { strides, pad, dataFormat, inputShape: given.shape },
            ),
        filter: () => {
          const padded = tf.pad(given, [
            [0, 0],
            [pad, pad],
            [pad, pad],
            [0, 0],
          ]);
          const rows = dy.reshape([-1, to]);
          const places = Array.from({ length: height * width }, (_, i) => {
            const at = [0, Math.floor(i / width), i % width, 0];
            return tf.matMul(tf.slice(padded, at, [n, outHeight, outWidth, from]).reshape([-1, from]), rows, true);
          });
          return tf.stack(places).reshape([height, width, from, to]);
        },
      };
    },
  });
}

await serve(async ({ job, state, data, device, peers }: Opening) => {
  if (device === "webgpu") await provideGpu();
  const require = createRequire(join(peers, "package.json"));
  const packages = join(peers, "node_modules/@tensorflow");
  tf = require(join(packages, "tfjs")) as Tf;
  const backend = require(join(packages, `tfjs-backend-${device}`)) as { setWasmPaths?(folder: string): void };
  backend.setWasmPaths?.(`${join(packages, "tfjs-backend-wasm/dist")}/`);
  if (!(await tf.setBackend(device))) throw new Error(`TensorFlow.js cannot use ${device} here`);
  await tf.ready();
  if (device === "wasm") provideFilterGradient();
  const tensors = readTensors(state);
  const examples = readTensors(data);
  const [x, y] = [examples.get("x") as HostTensor, examples.get("y") as HostTensor];
  return { version: tf.version_core, adapter: device, begin: async () => new TfTraining(job, tensors, x, y) };
});
