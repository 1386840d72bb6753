import type { Backend, DeviceBuffer } from "../backends/backend.ts";
import { add, concat, gradients, input, reshape, scalar, slice, square, sum, type Tensor } from "../ops/index.ts";
import { hyperparameters, type Optimizer, stateNames, traceUpdate } from "../optim/index.ts";
import { type BuiltPlan, buildPlan } from "../plan/index.ts";
import { rateAt, type Schedule } from "../schedules/index.ts";
import { Program } from "../session/device.ts";
import type { Clip } from "../session/forward.ts";
import { clipped } from "../session/step.ts";
import type { Point } from "./definition.ts";
import type { Surface } from "./surface.ts";

/** Steps of one submit: an interrupt waits for no more. */
const CHUNK = 256;
const NOISE = ["noise x", "noise y"] as const;

/** How to walk on a surface. */
export interface Walker {
  readonly optimizer: Optimizer;
  readonly schedule: Schedule | null;
  readonly clip: Clip;
}

/** Place and loss after 0, 1, ... updates; it ends before the first that is not finite. */
export interface Path {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly loss: Float64Array;
  /** Updates after which loss, gradient or place was not finite. */
  readonly diverged: number | null;
}

/**
 * Walks `steps` updates from `start` with the optimizer's own rule, in a plan of the backend as in training. `noise` is
 * added to the gradient, two numbers for each step; `done` is told the steps so far and returns true to stop.
 */
export async function walk(
  backend: Backend,
  surface: Surface,
  walker: Walker,
  about: { start: Point; steps: number; noise: Float32Array | null; done: (steps: number) => boolean },
): Promise<Path> {
  const { start, steps, noise, done } = about;
  const states = stateNames(walker.optimizer).map((name) => `state ${name}`);
  const buffers: Record<string, DeviceBuffer> = {};
  try {
    for (const name of ["p", ...states]) buffers[name] = backend.alloc(2, name);
    backend.write(buffers.p as DeviceBuffer, Float32Array.from(start));
    const built = stepPlan(surface, walker, noise !== null, backend.maxBuffersPerLaunch);
    for (const [name, { size, data }] of built.literals) {
      buffers[name] = backend.alloc(size, name);
      backend.write(buffers[name], data);
    }
    const program = new Program(built, await backend.compile(built.plan, buffers));
    try {
      return await follow(program, walker, { steps, noise, done });
    } finally {
      program.dispose();
    }
  } finally {
    for (const buffer of Object.values(buffers)) buffer.dispose();
  }
}

async function follow(
  program: Program,
  { optimizer, schedule }: Walker,
  { steps, noise, done }: { steps: number; noise: Float32Array | null; done: (steps: number) => boolean },
): Promise<Path> {
  const [x, y, loss] = [new Float64Array(steps + 1), new Float64Array(steps + 1), new Float64Array(steps + 1)];
  const base = hyperparameters(optimizer);
  const place = { steps, stepsPerEpoch: 1, epochs: steps };
  // a row holds what was there before its update: one more than there are steps
  for (let from = 0; from <= steps; from += CHUNK) {
    const count = Math.min(CHUNK, steps + 1 - from);
    const scalars = Array.from({ length: count }, (_, i) => {
      const step = from + i;
      const rate = schedule && step < steps ? rateAt(schedule, base, { ...place, step }) : base;
      const noises = noise && { [NOISE[0]]: noise[2 * step] ?? 0, [NOISE[1]]: noise[2 * step + 1] ?? 0 };
      return { hyper: { ...rate, ...noises, step: step + 1 }, cursor: 0, noiseSeed: 0, noiseStep: 0 };
    });
    const rows = await program.run(scalars);
    for (let i = 0; i < count; i++) {
      const n = from + i;
      x[n] = rows.p?.[2 * i] as number;
      y[n] = rows.p?.[2 * i + 1] as number;
      loss[n] = rows.loss?.[i] as number;
      const norm = rows["gradient norm squared"]?.[i] as number;
      if (![x[n], y[n], loss[n], norm].every(Number.isFinite)) return cut({ x, y, loss }, n, n);
    }
    if (done(from + count - 1)) return cut({ x, y, loss }, from + count, null);
  }
  return { x, y, loss, diverged: null };
}

const cut = ({ x, y, loss }: Omit<Path, "diverged">, length: number, diverged: number | null): Path => ({
  x: x.slice(0, length),
  y: y.slice(0, length),
  loss: loss.slice(0, length),
  diverged,
});

/** One update of p in place; its row is what was before: place, loss and squared norm of the gradient without noise. */
function stepPlan(surface: Surface, { optimizer, clip }: Walker, noisy: boolean, maxBuffers: number): BuiltPlan {
  const names = stateNames(optimizer);
  const p = input("p", [2]);
  const coordinate = (i: number): Tensor => reshape(slice(p, 0, i, i + 1), []);
  const loss = surface.graph({ x: coordinate(0), y: coordinate(1) });
  const exact = gradients(loss, [p])[0] as Tensor;
  const noise = () => concat(NOISE.map((name) => reshape(scalar(name), [1])));
  const raw = noisy ? add(exact, noise()) : exact;
  const state = Object.fromEntries(names.map((name) => [name, input(`state ${name}`, [2])]));
  const next = traceUpdate(optimizer, { p, g: clipped(raw, sum(square(raw)), clip), state });
  const buffers = ["p", ...names.map((name) => `state ${name}`)];
  return buildPlan({
    label: `race step of ${optimizer.type}`,
    buffers: Object.fromEntries(buffers.map((name) => [name, 2])),
    inputs: Object.fromEntries(buffers.map((name) => [name, { buffer: name, offset: 0 }])),
    stages: [
      {
        rows: [
          { name: "p", value: p },
          { name: "loss", value: loss },
          { name: "gradient norm squared", value: sum(square(exact)) },
        ],
        stores: [
          { value: next.p, buffer: "p", offset: 0 },
          ...names.map((name) => ({ value: next.state[name] as Tensor, buffer: `state ${name}`, offset: 0 })),
        ],
      },
    ],
    maxBuffersPerLaunch: maxBuffers,
  });
}
