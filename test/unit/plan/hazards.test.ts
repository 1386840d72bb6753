import { expect, test } from "vitest";
import * as ops from "../../../engine/ops/index.ts";
import { evaluate, input, type Tensor } from "../../../engine/ops/index.ts";
import { buildPlan } from "../../../engine/plan/index.ts";
import { interpretBackend } from "../backends/interpretBackend.ts";

const part = (p: Tensor, from: number, to: number) => ops.slice(p, 0, from, to);
const square = (p: Tensor) => ops.reshape(p, [2, 2]);

/** Values of four numbers, made from the four that they overwrite. */
const inPlace: Record<string, (p: Tensor) => Tensor> = {
  "elements shifted by one": (p) => ops.concat([part(p, 0, 1), part(p, 0, 3)]),
  "the first half, doubled and tripled": (p) => ops.concat([ops.mul(part(p, 0, 2), 2), ops.mul(part(p, 0, 2), 3)]),
  "halves that change places": (p) => ops.concat([part(p, 2, 4), part(p, 0, 2)]),
  "halves that stay where they are": (p) => ops.concat([ops.mul(part(p, 0, 2), 2), ops.exp(part(p, 2, 4))]),
  "a matrix times itself": (p) => ops.reshape(ops.matmul(square(p), square(p)), [4]),
  "a matrix times a constant": (p) => ops.reshape(ops.matmul(square(p), square(ops.cast(ops.iota([4]), "f32"))), [4]),
  "a matrix transposed": (p) => ops.reshape(ops.transpose(square(p)), [4]),
  "a gathered row over the first": (p) => ops.concat([ops.gather(p, ops.constant(2, [1], "i32")), part(p, 1, 4)]),
  softmax: (p) => ops.softmax(p),
  "the running sum of pairs": (p) => ops.add(p, ops.concat([ops.constant(0, [1]), part(p, 0, 3)])),
};

test.each(Object.entries(inPlace))("%s, in place", async (label, make) => {
  const value = make(input("p", [4]));
  const { plan } = buildPlan({
    label,
    buffers: { p: 4 },
    inputs: { p: { buffer: "p", offset: 0 } },
    stages: [{ stores: [{ value, buffer: "p", offset: 0 }] }],
    maxBuffersPerLaunch: 8,
  });
  const backend = interpretBackend();
  const buffer = backend.alloc(4, "p");
  backend.write(buffer, Float32Array.of(1, 2, 3, 4));
  await (await backend.compile(plan, { p: buffer })).submit(new Uint32Array(plan.scalarWords), 1);
  const [want] = evaluate([value], { p: { shape: [4], dtype: "f32", data: Float64Array.of(1, 2, 3, 4) } });
  const found = new Float32Array((await backend.read(buffer)).buffer);
  expect(found).toBeAllclose(want?.data as Float64Array, { rtol: 1e-6 });
});

test("a stage computes from what the stages before it wrote, also what they computed too", async () => {
  const p = input("p", [4]);
  const total = ops.sum(ops.exp(p));
  const { plan, rows } = buildPlan({
    label: "twice",
    buffers: { p: 4 },
    inputs: { p: { buffer: "p", offset: 0 } },
    stages: [
      { rows: [{ name: "before", value: total }], stores: [{ value: ops.mul(p, 2), buffer: "p", offset: 0 }] },
      { rows: [{ name: "after", value: total }], stores: [{ value: ops.add(p, 1), buffer: "p", offset: 0 }] },
      { rows: [{ name: "last", value: total }] },
    ],
    maxBuffersPerLaunch: 8,
  });
  const backend = interpretBackend();
  const buffer = backend.alloc(4, "p");
  backend.write(buffer, Float32Array.of(0.1, 0.2, 0.3, 0.4));
  const words = await (await backend.compile(plan, { p: buffer })).submit(new Uint32Array(plan.scalarWords), 1);
  const found = rows.map(({ offset }) => new Float32Array(words.buffer)[offset] as number);
  const sum = (f: (x: number) => number) => [0.1, 0.2, 0.3, 0.4].reduce((s, x) => s + Math.exp(f(x)), 0);
  expect(found).toBeAllclose([sum((x) => x), sum((x) => 2 * x), sum((x) => 2 * x + 1)], { rtol: 1e-5 });
});
