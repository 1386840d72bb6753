import { describe, expect, test } from "vitest";
import { evaluate, gradients, input, type Tensor, topological } from "../../../engine/ops/index.ts";
import * as ops from "../../../engine/ops/index.ts";
import { buildPlan, runGraph } from "../../../engine/plan/index.ts";
import { interpretBackend } from "../backends/interpretBackend.ts";
import { cases } from "../ops/cases.ts";

/** Deterministic values that are not round: the reference and the plan get the same. */
const values = (n: number, seed: number): number[] =>
  Array.from({ length: n }, (_, i) => Math.fround(Math.sin(i * 12.9898 + seed * 78.233) * 1.5));

async function agree(outputs: readonly Tensor[]): Promise<void> {
  const leaves = topological(outputs).filter((t) => t.op === "input");
  const given = Object.fromEntries(leaves.map((t, i) => [t.attrs["name"] as string, values(t.size, i + 1)]));
  const reference = evaluate(
    outputs,
    Object.fromEntries(leaves.map((t) => {
      const name = t.attrs["name"] as string;
      return [name, { shape: t.shape, dtype: t.dtype, data: Float64Array.from(given[name] as number[]) }];
    })),
  );
  const got = await runGraph(interpretBackend(), outputs, given);
  for (const [i, want] of reference.entries()) {
    expect([...(got[i] as Float32Array)]).toBeAllclose([...want.data], { rtol: 1e-4, atol: 1e-5 });
  }
}

const operand = (name: string, { shape, dtype, lo, hi }: (typeof cases)[string][number]["inputs"][number], seed: number) => {
  const size = shape.reduce((n, d) => n * d, 1);
  const spread = values(size, seed).map((v) => lo + ((v + 1.5) / 3) * (hi - lo) * 0.999);
  return { tensor: input(name, shape, dtype), data: spread.map((v) => (dtype === "f32" ? Math.fround(v) : Math.floor(v))) };
};

describe.each(Object.entries(cases).filter(([, list]) => list.length > 0))("%s in a plan", (op, list) => {
  test.each(list.map((c, i) => [i, c] as const))("case %i, alone and with neighbours fused", async (_, { inputs, attrs }) => {
    const given = inputs.map((o, i) => operand(`in${i}`, o, i + 1));
    const record = ops.opNamed(op);
    const made = given.map((g) => g.tensor);
    const { shape, dtype } = record.infer(made, attrs ?? {});
    const node = new ops.Tensor(op, made, attrs ?? {}, shape, dtype);
    const busy = made.map((t) => (t.dtype === "f32" ? ops.mul(ops.add(t, 1), 0.5) : t));
    const fused = new ops.Tensor(op, busy, attrs ?? {}, shape, dtype);
    const outputs = [node, ...(dtype === "f32" && op !== "log" && op !== "sqrt" ? [ops.neg(fused), ops.sum(fused)] : [])];
    const data = Object.fromEntries(given.map((g, i) => [`in${i}`, g.data]));
    const want = evaluate(
      outputs,
      Object.fromEntries(
        given.map((g, i) => [
          `in${i}`,
          { shape: g.tensor.shape, dtype: g.tensor.dtype, data: Float64Array.from(g.data) },
        ]),
      ),
    );
    const got = await runGraph(interpretBackend(), outputs, data);
    for (const [i, w] of want.entries()) expect([...(got[i] as Float32Array)]).toBeAllclose([...w.data], { rtol: 1e-4, atol: 1e-5 });
  });
});

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

describe("a plan computes what the reference loops compute", () => {
  test("an elementwise chain is one launch", async () => {
    const x = input("x", [4, 5]);
    const y = ops.mul(ops.add(ops.exp(x), 1), ops.tanh(x));
    await agree([y]);
    const { plan } = buildPlan({
      label: "chain",
      buffers: { x: 20, y: 20 },
      inputs: { x: { buffer: "x", offset: 0 } },
      stages: [{ stores: [{ value: y, buffer: "y", offset: 0 }] }],
      maxBuffersPerLaunch: 8,
    });
    expect(plan.launches.length).toBe(1);
  });

  test("the loss and gradients of a two-layer net", async () => {
    const { loss, wrt, y } = mlp();
    await agree([loss, y, ...gradients(loss, wrt)]);
  });

  test("second derivatives", async () => {
    const { loss, wrt } = mlp();
    const g = gradients(loss, wrt);
    const dot = g.map((t) => ops.sum(ops.square(t))).reduce((a, b) => ops.add(a, b));
    await agree(gradients(dot, wrt));
  });

  test("movement of every kind, fused into its reader", async () => {
    const x = input("x", [2, 3, 4, 6]);
    const moved = ops.permute(ops.flip(ops.slice(x, 3, 1, 6, 2), [1]), [2, 0, 3, 1]);
    await agree([ops.reshape(ops.add(moved, 1), [4, 18]), ops.reshape(ops.permute(x, [1, 0, 2, 3]), [3, 48])]);
    await agree([ops.concat([ops.neg(x), ops.exp(x)], 2), ops.sum(ops.concat([x, x], 1), [1, 3])]);
  });

  test("padding with gaps, sums over what was padded", async () => {
    const x = input("x", [3, 4]);
    const wide = ops.pad(x, { lo: [1, 2], hi: [2, -1], interior: [1, 2], value: 7 });
    await agree([wide, ops.sum(ops.square(wide), [0])]);
  });

  test("convolution and pooling with their gradients", async () => {
    const x = input("x", [2, 3, 7, 6]);
    const w = input("w", [4, 3, 3, 3]);
    const y = ops.conv2d(x, w, { stride: [2, 1], padding: [[1, 1], [1, 1]] });
    const act = ops.relu(y);
    const pooled = ops.max(ops.windows(act, { axes: [2, 3], size: [2, 2], stride: [2, 2], dilation: [1, 1] }), [4, 5]);
    const loss = ops.sum(ops.square(pooled.reshape([2, -1])));
    await agree([y, pooled, loss, ...gradients(loss, [x, w])]);
  });

  test("in-place updates of named buffers, and rows", async () => {
    const p = input("p", [8]);
    const m = input("m", [8]);
    const lr = ops.scalar("lr");
    const m2 = ops.add(ops.mul(m, 0.9), p);
    const p2 = ops.sub(p, ops.mul(lr, m2));
    const { plan, rows, scalars } = buildPlan({
      label: "update",
      buffers: { p: 8, m: 8 },
      inputs: { p: { buffer: "p", offset: 0 }, m: { buffer: "m", offset: 0 } },
      stages: [
        {
          stores: [
            { value: p2, buffer: "p", offset: 0 },
            { value: m2, buffer: "m", offset: 0 },
          ],
          rows: [{ name: "size", value: ops.sum(ops.square(p)) }],
        },
      ],
      maxBuffersPerLaunch: 8,
    });
    expect(rows).toEqual([{ name: "size", dtype: "f32" }]);
    expect(scalars.map((s) => s.name)).toEqual(["lr"]);
    expect(plan.launches.length).toBe(2);
    const backend = interpretBackend();
    const named = { p: backend.alloc(8, "p"), m: backend.alloc(8, "m") };
    backend.write(named.p, Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8]));
    const run = await backend.compile(plan, named);
    const block = new Float32Array(2 * plan.scalarWords).fill(0.1);
    const got = new Float32Array((await run.submit(new Uint32Array(block.buffer), 2)).buffer);
    // p0 = 1: m1 = 1, p1 = 0.9; m2 = 0.9 + 0.9, p2 = 0.72. Sum of squares of 1..8 is 204, then 0.81 of it.
    expect([...got]).toBeAllclose([204, 204 * 0.81], { rtol: 1e-5 });
    expect(new Float32Array((await backend.read(named.p)).buffer)[0]).toBeCloseTo(0.72, 5);
  });

  test("values that overwrite what others still read are copied late", async () => {
    const a = input("a", [4]);
    const b = input("b", [4]);
    const { plan } = buildPlan({
      label: "swap",
      buffers: { a: 4, b: 4 },
      inputs: { a: { buffer: "a", offset: 0 }, b: { buffer: "b", offset: 0 } },
      stages: [
        {
          stores: [
            { value: b, buffer: "a", offset: 0 },
            { value: ops.flip(a, [0]), buffer: "b", offset: 0 },
          ],
        },
      ],
      maxBuffersPerLaunch: 8,
    });
    const backend = interpretBackend();
    const named = { a: backend.alloc(4, "a"), b: backend.alloc(4, "b") };
    backend.write(named.a, Float32Array.from([1, 2, 3, 4]));
    backend.write(named.b, Float32Array.from([5, 6, 7, 8]));
    await (await backend.compile(plan, named)).submit(new Uint32Array(plan.scalarWords), 1);
    const read = async (x: typeof named.a) => [...new Float32Array((await backend.read(x)).buffer)];
    expect(await read(named.a)).toEqual([5, 6, 7, 8]);
    expect(await read(named.b)).toEqual([4, 3, 2, 1]);
  });
});
