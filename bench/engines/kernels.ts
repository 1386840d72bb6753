import { availableParallelism } from "node:os";
import type { Backend } from "../../engine/backends/backend.ts";
import { wasmProvider } from "../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../engine/backends/webgpu/index.ts";
import * as ops from "../../engine/ops/index.ts";
import { input, type Tensor } from "../../engine/ops/index.ts";
import { buildPlan } from "../../engine/plan/index.ts";
import { normal } from "../../engine/random/index.ts";
import { median } from "../../engine/tensor/median.ts";
import type { KernelFigures, KernelsReport } from "../kernels.ts";

/*
 * dist/bench-kernels.mjs BACKEND THREADS: how fast matrix products and convolutions are, as one line of JSON. Each is a plan
 * of its own, run many times in a submit.
 */

/** Milliseconds of one measurement at least, and how many there are. */
const MEASURED_MS = 60;
const MEASUREMENTS = 5;

/** Memory that is copied to find the peak of copies: more than caches hold. */
const COPIED_BYTES = 2 ** 28;

/** Larger products are left out when one would take longer than this. */
const LARGEST_MS = 500;

const SIZES = [64, 128, 256, 512, 1024, 2048, 4096];

/** Batch, channels in and out, height and width; the first two are W2's. */
const CONVOLUTIONS = [
  [64, 1, 16, 28],
  [64, 16, 32, 14],
  [32, 32, 32, 32],
  [32, 64, 64, 16],
] as const;

/** One value of a graph as a plan, with numbers for its inputs, timed. */
async function gflops(backend: Backend, output: Tensor, flops: number): Promise<{ gflops: number; ms: number }> {
  const inputs = ops.topological([output]).filter(({ op }) => op === "input");
  const words = Object.fromEntries([
    ...inputs.map((t) => [t.attrs.name as string, t.size] as const),
    ["output", output.size] as const,
  ]);
  const { plan } = buildPlan({
    label: "kernel",
    buffers: words,
    inputs: Object.fromEntries(
      inputs.map((t) => [t.attrs.name as string, { buffer: t.attrs.name as string, offset: 0 }]),
    ),
    stages: [{ stores: [{ value: output, buffer: "output", offset: 0 }] }],
    maxBuffersPerLaunch: backend.maxBuffersPerLaunch,
  });
  const buffers = Object.fromEntries(Object.entries(words).map(([name, n]) => [name, backend.alloc(n, name)]));
  for (const [i, t] of inputs.entries()) {
    const buffer = buffers[t.attrs.name as string];
    if (buffer) backend.write(buffer, normal(1, i, t.size));
  }
  const executable = await backend.compile(plan, buffers);
  const run = async (steps: number): Promise<number> => {
    const began = performance.now();
    await executable.submit(new Uint32Array(steps * plan.scalarWords), steps);
    return performance.now() - began;
  };
  try {
    let steps = 1;
    let ms = await run(1);
    while (ms < MEASURED_MS && steps < 1024) {
      steps = Math.min(1024, Math.max(2 * steps, Math.round((steps * MEASURED_MS) / ms)));
      ms = await run(steps);
    }
    const times: number[] = [];
    for (let i = 0; i < MEASUREMENTS; i++) times.push((await run(steps)) / steps);
    return { gflops: flops / median(times) / 1e6, ms: median(times) };
  } finally {
    executable.dispose();
    for (const buffer of Object.values(buffers)) buffer.dispose();
  }
}

/** Square products a b, a^T b (a weight's gradient) and a b^T (an input's). */
async function products(backend: Backend): Promise<KernelFigures[]> {
  const figures: KernelFigures[] = [];
  let rate = Number.POSITIVE_INFINITY;
  for (const n of SIZES) {
    const flops = 2 * n ** 3;
    if (flops / rate / 1e6 > LARGEST_MS) break;
    const [a, b] = [input("a", [n, n]), input("b", [n, n])];
    const cases = {
      "a b": ops.matmul(a, b),
      "aᵀ b": ops.matmul(ops.transpose(a), b),
      "a bᵀ": ops.matmul(a, ops.transpose(b)),
    };
    const speeds: Record<string, number> = {};
    for (const [name, output] of Object.entries(cases)) {
      const found = await gflops(backend, output, flops);
      speeds[name] = found.gflops;
      rate = found.gflops;
    }
    figures.push({ name: `matmul ${n}`, gflops: speeds });
  }
  return figures;
}

/** Convolutions 3x3 with padding 1, and the gradients for their weight and input. */
async function convolutions(backend: Backend): Promise<KernelFigures[]> {
  const figures: KernelFigures[] = [];
  for (const [n, from, to, size] of CONVOLUTIONS) {
    const [x, weight, g] = [
      input("x", [n, from, size, size]),
      input("weight", [to, from, 3, 3]),
      input("g", [n, to, size, size]),
    ];
    const y = ops.conv2d(x, weight, { padding: 1 });
    const [dWeight, dx] = ops.gradients(ops.sum(ops.mul(y, g)), [weight, x]) as [Tensor, Tensor];
    const flops = 2 * n * to * from * 9 * size * size;
    const speeds: Record<string, number> = {};
    for (const [name, output] of Object.entries({ forward: y, "weight's gradient": dWeight, "input's gradient": dx })) {
      speeds[name] = (await gflops(backend, output, flops)).gflops;
    }
    figures.push({ name: `conv ${n} x ${from} to ${to} x ${size} x ${size}`, gflops: speeds });
  }
  return figures;
}

const [name, threads = "0"] = process.argv.slice(2);
const provider = name === "webgpu" ? webgpuProvider : wasmProvider;
const backend = await provider.open({ threads: Number(threads), log: () => {} });
const all = name === "webgpu" ? 1 : Number(threads) || availableParallelism();
const peaks: KernelsReport["peaks"][number][] = [];
for (const n of new Set([1, all])) peaks.push({ threads: n, ...(await backend.peaks(n, COPIED_BYTES)) });
const report: KernelsReport = {
  adapter: backend.adapter,
  peaks,
  products: await products(backend),
  convolutions: await convolutions(backend),
};
console.log(JSON.stringify(report));
process.exit(0);
