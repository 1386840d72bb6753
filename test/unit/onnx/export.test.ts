import { describe, expect, test } from "vitest";
import { ConfigError, ShapeError } from "../../../engine/errors/index.ts";
import { declare, type Layer, nn, traceModel } from "../../../engine/nn/index.ts";
import { type Export, onnxOf } from "../../../engine/onnx/index.ts";
import {
  cast,
  concat,
  constant,
  evaluate,
  input,
  iota,
  literal,
  type Tensor,
  topK,
  uniform,
  type Values,
} from "../../../engine/ops/index.ts";
import { uniform as drawnUniform } from "../../../engine/random/index.ts";
import { type DType, HostTensor, hostArray, type Shape, tensor } from "../../../engine/tensor/index.ts";
import "../../support/allclose.ts";
import { runOnnx } from "../../support/onnxRuntime.ts";
import { type Example, examples } from "../nn/examples.ts";

/** A tensor of drawn numbers: tokens 0, 1 and 2, or numbers from -0.9 to 1.1. */
function drawn(shape: Shape, dtype: DType, stream: number): HostTensor {
  const data = hostArray(
    dtype,
    shape.reduce((a, b) => a * b, 1),
  );
  data.set(
    Array.from(drawnUniform(5, stream, data.length), (u) => (dtype === "f32" ? u * 2 - 0.9 : Math.floor(u * 3))),
  );
  return new HostTensor(shape, dtype, data);
}

/** A model with drawn weights, and running variances above 0. */
function exportable(model: Layer, shape: Shape, dtype: DType = "f32"): Export {
  const { parameters, buffers } = declare(model, shape, dtype);
  const tensors: Record<string, HostTensor> = {};
  for (const [i, p] of parameters.entries()) tensors[p.name] = drawn(p.shape, "f32", i + 1);
  for (const [i, b] of buffers.entries()) {
    const tensor = drawn(b.shape, b.dtype, 100 + i);
    tensors[b.name] =
      b.value === 1
        ? new HostTensor(
            b.shape,
            "f32",
            tensor.data.map((v) => v + 1),
          )
        : tensor;
  }
  return {
    model,
    example: { shape: shape.slice(1), dtype },
    tensors,
    running: buffers.map(({ name }) => name),
    ...{ opset: 17, batch: null, name: "test", doc: "", metadata: {} },
  };
}

const asValues = ({ shape, dtype, data }: HostTensor): Values => ({ shape, dtype, data: Float64Array.from(data) });

/** The model's output by plain loops in f64. */
function reference({ model, tensors, running }: Export, x: HostTensor): Values {
  const named = (wanted: boolean) =>
    Object.fromEntries(
      Object.entries(tensors)
        .filter(([name]) => running.includes(name) === wanted)
        .map(([name, t]) => [name, input(name, t.shape, t.dtype)]),
    );
  const zero = constant(0, [], "u32");
  const { output } = traceModel(model, input("x", x.shape, x.dtype), {
    ...{ parameters: named(false), buffers: named(true), training: false, seed: zero, step: zero },
  });
  const inputs = Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, asValues(t)]));
  return evaluate([output], { ...inputs, x: asValues(x) })[0] as Values;
}

/** A layer that is given no further tensors, where it takes some. */
function alone({ layer, shape, dtype, inputs }: Example): boolean {
  if (!inputs) return true;
  try {
    declare(layer, shape, dtype);
    return true;
  } catch (error) {
    if (error instanceof ShapeError || error instanceof ConfigError) return false;
    throw error;
  }
}

const cases = Object.entries(examples).flatMap(([name, list]) =>
  list.filter(alone).map((example, i) => [`${name} ${i}`, example] as const),
);

describe.each(cases)("%s", (_name, { layer, shape, dtype }) => {
  const statisticsOfBatch = layer.type === "batchNorm" && layer.options.trackRunningStats === false;

  test.each([17, 20])(
    "gives in ONNX Runtime what plain loops give, for any number of examples (opset %i)",
    async (opset) => {
      const what = { ...exportable(layer, shape, dtype), opset };
      if (statisticsOfBatch) {
        expect(() => onnxOf(what)).toThrow("depends on the number of examples; give one, as { batch: 1 }");
      }
      const [count] = shape as [number];
      const bytes = onnxOf({ ...what, batch: statisticsOfBatch ? count : null });
      for (const n of statisticsOfBatch ? [count] : [count, 5]) {
        const x = drawn([n, ...shape.slice(1)], dtype ?? "f32", 50);
        const want = reference(what, x);
        const got = await runOnnx(bytes, x);
        expect(got.shape).toEqual(want.shape);
        expect(got.data).toBeAllclose(want.data, { rtol: 1e-5, atol: 1e-5 });
      }
    },
  );
});

describe("what cannot be exported", () => {
  const where = (forward: (x: Tensor) => Tensor) => () =>
    onnxOf(exportable(nn.sequential({ odd: nn.module({}, (_, x) => forward(x)) }), [2, 3]));

  test("is named with its layer and op", () => {
    expect(where((x) => x.pad({ lo: [0, 0], hi: [0, 0], interior: [0, 1] }))).toThrow(
      "exportOnnx: layer odd.module (op pad) puts elements between others, which ONNX cannot",
    );
    expect(where((x) => x.mul(x.shape[0] as number))).toThrow(
      "exportOnnx: layer odd.module (op constant) depends on the number of examples; give one, as { batch: 1 }",
    );
    expect(where((x) => ((x.shape[0] as number) > 8 ? x.exp() : x.sin()))).toThrow(
      "exportOnnx: layer odd.module (op sin) is another computation for other numbers of examples",
    );
    expect(
      where((x) => uniform({ seed: constant(0, [], "u32"), step: constant(0, [], "u32"), stream: 1 }, x.shape)),
    ).toThrow("exportOnnx: layer odd.module (op philox) draws random numbers");
  });
});

test("functions of tensors are exported op by op, with the numbers that they use and over the examples too", async () => {
  const table = tensor([[1, -2, 0.5]]);
  const model = nn.sequential({
    inner: nn.module({}, (_, x) => {
      const place = cast(iota([x.shape[0] as number, 1]), "f32"); // of each example
      const best = topK(x, 2).values;
      const whole = concat([x.mul(literal(table)), place, best, cast(x.argmax([1], { keepdims: true }), "f32")], 1);
      return whole
        .flip([1])
        .remainder(2)
        .add(x.sum([0, 1]))
        .round();
    }),
  });
  const what = exportable(model, [4, 3]);
  const x = drawn([4, 3], "f32", 50);
  const got = await runOnnx(onnxOf(what), x);
  expect(got.data).toBeAllclose(reference(what, x).data, { rtol: 1e-5 });
});
