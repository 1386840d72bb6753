import { describe, expect, test } from "vitest";
import { declare, type Layer, nn, traceModel } from "../../../engine/nn/index.ts";
import { constant, evaluate, gradients, input, mul, sum, type Tensor, type Values } from "../../../engine/ops/index.ts";
import { type Case, casesOf } from "../../support/fixtures.ts";

// biome-ignore lint/suspicious/noExplicitAny: PyTorch's arguments, as the case has them
type Config = Readonly<Record<string, any>>;

/** PyTorch's module with its arguments as a layer of ours. */
const layers: Record<string, (config: Config) => Layer> = {
  Linear: (c) => nn.linear(c.out_features, { bias: c.bias ?? true }),
  Conv2d: (c) =>
    nn.conv2d(c.out_channels, {
      kernelSize: c.kernel_size,
      stride: c.stride ?? 1,
      padding: c.padding ?? 0,
      dilation: c.dilation ?? 1,
      groups: c.groups ?? 1,
    }),
  MaxPool2d: (c) => nn.maxPool2d(c.kernel_size, { stride: c.stride ?? null, padding: c.padding ?? 0 }),
  AvgPool2d: (c) => nn.avgPool2d(c.kernel_size, { stride: c.stride ?? null, ceilMode: c.ceil_mode ?? false }),
  BatchNorm1d: batchNorm,
  BatchNorm2d: batchNorm,
  LayerNorm: (c) =>
    nn.layerNorm({ normalizedShape: c.normalized_shape, eps: c.eps, elementwiseAffine: c.elementwise_affine }),
  RMSNorm: (c) => nn.rmsNorm(c.normalized_shape, { eps: c.eps }),
  Embedding: (c) =>
    nn.embedding(c.num_embeddings, {
      embeddingDim: c.embedding_dim,
      paddingIdx: c.padding_idx ?? null,
      maxNorm: c.max_norm ?? null,
      normType: c.norm_type ?? 2,
      scaleGradByFreq: c.scale_grad_by_freq ?? false,
    }),
  ReLU: () => nn.relu(),
  Tanh: () => nn.tanh(),
};

function batchNorm(c: Config): Layer {
  return nn.batchNorm({ eps: c.eps, momentum: c.momentum, affine: c.affine, trackRunningStats: c.track_running_stats });
}

const cases = Object.entries({ ...casesOf("layers"), ...casesOf("activations") }).filter(([, c]) => c.op in layers);

describe.each(cases)("PyTorch's %s", (_name, c) => {
  const layer = (layers[c.op] as (config: Config) => Layer)(c.config);
  const results = run(layer, c);

  test.each(Object.keys(c.outputs))("%s", (name) => {
    const want = c.outputs[name] as Values;
    expect(results[name]?.shape).toEqual(want.shape);
    expect(results[name]?.data ?? []).toBeAllclose(want.data, { rtol: 1e-8, atol: 1e-9 });
  });
});

/** y, gradients and running statistics of one pass, by the names of the reference. */
function run(layer: Layer, { config, inputs, outputs }: Case): Record<string, Values> {
  const name = "x";
  const given = inputs[name] as Values;
  const x = input(name, given.shape, given.dtype);
  const declared = declare(layer, given.shape, given.dtype);
  const scalar = (value: number): Values => ({ shape: [], dtype: "i32", data: Float64Array.of(value) });
  const values: Record<string, Values> = { [name]: given };
  const tensors = (kind: string, list: readonly { name: string; shape: readonly number[] }[]) =>
    Object.fromEntries(
      list.map(({ name, shape }) => {
        values[`${kind}.${name}`] = inputs[`${kind}.${name}`] ?? scalar(0);
        return [name, input(`${kind}.${name}`, shape, values[`${kind}.${name}`]?.dtype)];
      }),
    );
  const parameters = tensors("param", declared.parameters);
  const buffers = tensors("buffer", declared.buffers);
  const zero = constant(0, [], "u32");
  const training = config.mode !== "eval";
  const { output, bufferUpdates } = traceModel(layer, x, {
    ...{ parameters, buffers, training },
    ...{ seed: zero, step: zero },
  });
  const wanted: Record<string, Tensor> = { y: output };
  const weighted = Object.entries(wanted).map(([of, y]) => {
    values[`cotangent.${of}`] = inputs[`cotangent.${of}`] ?? {
      ...given,
      shape: y.shape,
      data: new Float64Array(y.size).fill(1),
    };
    return sum(mul(y, input(`cotangent.${of}`, y.shape)));
  });
  const loss = weighted.reduce((a, b) => a.add(b));
  const wrt: Record<string, Tensor> = { ...(given.dtype === "f32" ? { [name]: x } : {}), ...parameters };
  const found = gradients(loss, Object.values(wrt));
  Object.keys(wrt).forEach((name, i) => {
    wanted[`grad.${name}`] = found[i] as Tensor;
  });
  for (const [name, buffer] of Object.entries(buffers)) wanted[`buffer.${name}`] = bufferUpdates[name] ?? buffer;
  const names = Object.keys(wanted).filter((name) => name in outputs);
  const evaluated = evaluate(
    names.map((name) => wanted[name] as Tensor),
    values,
  );
  return Object.fromEntries(names.map((name, i) => [name, evaluated[i] as Values]));
}
