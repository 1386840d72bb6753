import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import * as ops from "../../../engine/ops/index.ts";
import { evaluate, gradients, input, type Tensor, topological } from "../../../engine/ops/index.ts";
import { buildPlan, runGraph } from "../../../engine/plan/index.ts";
import { viewAs } from "../../../engine/tensor/index.ts";
import { cases } from "../ops/cases.ts";

/** Deterministic values that are not round, in [-1.5, 1.5]: reference and plan get the same. */
const values = (n: number, seed: number): number[] =>
  Array.from({ length: n }, (_, i) => Math.fround(Math.sin(i * 12.9898 + seed * 78.233) * 1.5));

type Operand = (typeof cases)[string][number]["inputs"][number];

const operand = (name: string, { shape, dtype, lo, hi }: Operand, seed: number) => {
  const size = shape.reduce((n, d) => n * d, 1);
  const spread = values(size, seed).map((v) => lo + ((v + 1.5) / 3) * (hi - lo) * 0.999);
  return {
    tensor: input(name, shape, dtype),
    data: spread.map((v) => (dtype === "f32" ? Math.fround(v) : Math.floor(v))),
  };
};

type Given = Record<string, readonly number[]>;

/** Runs `outputs` on the backend and by the f64 reference loops, and compares. */
async function agree(backend: Backend, outputs: readonly Tensor[], given?: Given): Promise<void> {
  const leaves = topological(outputs).filter((t) => t.op === "input");
  const nameOf = (t: Tensor) => t.attrs.name as string;
  const data: Given = given ?? Object.fromEntries(leaves.map((t, i) => [nameOf(t), values(t.size, i + 1)]));
  const reference = evaluate(
    outputs,
    Object.fromEntries(
      leaves.map((t) => [
        nameOf(t),
        { shape: t.shape, dtype: t.dtype, data: Float64Array.from(data[nameOf(t)] as number[]) },
      ]),
    ),
  );
  const got = await runGraph(backend, outputs, data);
  for (const [i, want] of reference.entries()) {
    expect([...(got[i] as Float32Array)]).toBeAllclose([...want.data], { rtol: 1e-4, atol: 1e-5 });
  }
}

const mlp = () => {
  const x = input("x", [6, 5]);
  const w1 = input("w1", [7, 5]);
  const b1 = input("b1", [7]);
  const w2 = input("w2", [3, 7]);
  const h = ops.tanh(ops.add(ops.matmul(x, ops.transpose(w1, 0, 1)), b1));
  const y = ops.matmul(h, ops.transpose(w2, 0, 1));
  const loss = ops.neg(ops.mean(ops.slice(ops.logSoftmax(y), 1, 0, 1)));
  return { loss, wrt: [w1, b1, w2], y };
};

/** What holds on every backend: plans compute what the reference loops compute. New ops join by themselves. */
export function planLaws(name: string, open: () => Promise<Backend>): void {
  describe(`plans on ${name}`, () => {
    let backend: Backend;
    beforeAll(async () => {
      backend = await open();
    }, 60_000);
    afterAll(async () => {
      await backend?.close();
    });

    describe.each(Object.entries(cases).filter(([, list]) => list.length > 0))("%s", (op, list) => {
      test.each(list.map((c, i) => [i, c] as const))("case %i, alone and with neighbours fused", async (_, c) => {
        const given = c.inputs.map((o, i) => operand(`in${i}`, o, i + 1));
        const made = given.map((g) => g.tensor);
        const { shape, dtype } = ops.opNamed(op).infer(made, c.attrs ?? {});
        const node = new ops.Tensor(op, made, c.attrs ?? {}, shape, dtype);
        const busy = made.map((t) => (t.dtype === "f32" ? ops.add(ops.mul(t, 0.5), 0.25) : t));
        const fused = new ops.Tensor(op, busy, c.attrs ?? {}, shape, dtype);
        const whole = op === "log" || op === "sqrt" || dtype !== "f32";
        const outputs = whole ? [node] : [node, ops.neg(fused), ops.sum(fused)];
        await agree(backend, outputs, Object.fromEntries(given.map((g, i) => [`in${i}`, g.data])));
      });
    });

    test("the loss and gradients of a two-layer net", async () => {
      const { loss, wrt, y } = mlp();
      await agree(backend, [loss, y, ...gradients(loss, wrt)]);
    });

    test("second derivatives", async () => {
      const { loss, wrt } = mlp();
      const sizes = gradients(loss, wrt).map((t) => ops.sum(ops.square(t)));
      await agree(
        backend,
        gradients(
          sizes.reduce((a, b) => ops.add(a, b)),
          wrt,
        ),
      );
    });

    test("movement of every kind, fused into its reader", async () => {
      const x = input("x", [2, 3, 4, 6]);
      const moved = ops.permute(ops.flip(ops.slice(x, 3, 1, 6, 2), [1]), [2, 0, 3, 1]);
      await agree(backend, [
        ops.reshape(ops.add(moved, 1), [4, 18]),
        ops.reshape(ops.permute(x, [1, 0, 2, 3]), [3, 48]),
        ops.concat([ops.neg(x), ops.exp(x)], 2),
        ops.sum(ops.concat([x, x], 1), [1, 3]),
      ]);
    });

    test("padding with gaps, sums over what was padded", async () => {
      const x = input("x", [3, 4]);
      const wide = ops.pad(x, { lo: [1, 2], hi: [2, -1], interior: [1, 2], value: 7 });
      await agree(backend, [wide, ops.sum(ops.square(wide), [0])]);
    });

    test("convolution and pooling with their gradients", async () => {
      const x = input("x", [2, 3, 7, 6]);
      const w = input("w", [4, 3, 3, 3]);
      const padding = [
        [1, 1],
        [1, 1],
      ] as const;
      const y = ops.relu(ops.conv2d(x, w, { stride: [2, 1], padding }));
      const pooled = ops.max(ops.windows(y, { axes: [2, 3], size: [2, 2], stride: [2, 2], dilation: [1, 1] }), [4, 5]);
      const loss = ops.sum(ops.square(pooled.reshape([2, -1])));
      await agree(backend, [y, pooled, loss, ...gradients(loss, [x, w])]);
    });

    test("rows of whole tensors, a row for each step", async () => {
      const x = input("x", [7, 5]);
      const halved = ops.mul(x, 0.5);
      const { plan, rows } = buildPlan({
        label: "rows",
        buffers: { x: 36 },
        inputs: { x: { buffer: "x", offset: 0 } },
        stages: [
          {
            rows: [
              { name: "mean", value: ops.mean(x) },
              { name: "columns", value: ops.sum(x, [0]) },
              { name: "product", value: ops.matmul(ops.transpose(x), x) },
              { name: "positive", value: ops.greater(ops.flip(x, [1]), 0) },
              { name: "count", value: ops.sum(ops.cast(ops.greater(x, 0), "f32")) },
            ],
            stores: [{ value: halved, buffer: "x", offset: 0 }],
          },
        ],
        maxBuffersPerLaunch: backend.maxBuffersPerLaunch,
      });
      const data = Float32Array.from(values(35, 3));
      const buffer = backend.alloc(36, "x");
      backend.write(buffer, data);
      const executable = await backend.compile(plan, { x: buffer });
      const raw = await executable.submit(new Uint32Array(3 * plan.scalarWords), 3);
      executable.dispose();
      buffer.dispose();
      for (const step of [0, 1, 2]) {
        const now = Array.from(data, (v) => v * 0.5 ** step);
        const got = Object.fromEntries(
          rows.map(({ name, dtype, offset, size }) => {
            const from = step * plan.rowWords + offset;
            return [name, Array.from(viewAs(dtype, raw).subarray(from, from + size))];
          }),
        );
        const at = (i: number, j: number) => now[i * 5 + j] as number;
        const seven = [0, 1, 2, 3, 4, 5, 6];
        const five = [0, 1, 2, 3, 4];
        const sum = (f: (i: number) => number) => seven.reduce((n, i) => n + f(i), 0);
        const close = { rtol: 1e-4, atol: 1e-5 };
        expect(got.mean).toBeAllclose([now.reduce((a, b) => a + b, 0) / 35], close);
        expect(got.columns).toBeAllclose(
          five.map((j) => sum((i) => at(i, j))),
          close,
        );
        expect(got.product).toBeAllclose(
          five.flatMap((a) => five.map((b) => sum((i) => at(i, a) * at(i, b)))),
          close,
        );
        expect(got.positive).toEqual(seven.flatMap((i) => five.map((j) => Number(at(i, 4 - j) > 0))));
        expect(got.count).toEqual([now.filter((v) => v > 0).length]);
      }
    });
  });
}
