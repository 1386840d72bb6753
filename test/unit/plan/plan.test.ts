import { describe, expect, test } from "vitest";
import { evaluate, gradients, input, type Tensor, topological } from "../../../engine/ops/index.ts";
import * as ops from "../../../engine/ops/index.ts";
import { buildPlan, runGraph } from "../../../engine/plan/index.ts";
import { interpretBackend } from "../backends/interpretBackend.ts";

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
});
