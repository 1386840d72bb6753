import { describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import { Dice } from "../../support/dice.ts";
import { randomProgram } from "../../support/randomProgram.ts";
import { followed, type Running, repeated, start } from "../../support/runProgram.ts";

/**
 * Random programs of several steps, held to the ops' own f64 loops step by step, and bit by bit to themselves in longer
 * submits and with other numbers of threads. RANDOM_PROGRAMS_SECONDS=600 looks at more of them, RANDOM_PROGRAMS_SEED says
 * from which on.
 */
const SECONDS = Number(process.env.RANDOM_PROGRAMS_SECONDS ?? 0);
const FIRST = Number(process.env.RANDOM_PROGRAMS_SEED ?? 0);
/** Programs of one test; memory is fresh for the first ones of every so many, and used for the others. */
const [PROGRAMS, PER_BACKEND] = [30, 10];

const wasm = (threads: number) => wasmProvider.open({ threads, log: () => {} });
const webgpu = () => webgpuProvider.open({ threads: 0, log: () => {} });

/** Leaves memory behind that holds NaN. */
function litter(backend: Backend, dice: Dice, most = 20_000): void {
  const left = Array.from({ length: dice.int(0, 4) }, () => backend.alloc(dice.int(1, most), "litter"));
  for (const buffer of left) backend.write(buffer, new Float32Array(buffer.words).fill(Number.NaN));
  for (const buffer of left) buffer.dispose();
}

/** One program on all of the backends: by itself on the first, then from the start again, or twice at the same time. */
async function check(seed: number, most: number, [first, ...others]: readonly Backend[]): Promise<void> {
  const dice = new Dice(seed ^ 0x5eed);
  const steps = dice.pick([1, 2, 3, 5]);
  const program = randomProgram(seed, dice.pick([10, 300, most]));
  const running: Running[] = [];
  const started = async (backend: Backend) => {
    litter(backend, dice);
    running.push(await start(backend, program, dice));
    return running.at(-1) as Running;
  };
  try {
    const outcomes = await followed(await started(first as Backend), program, steps);
    for (const backend of others.length > 0 ? others : [first as Backend]) {
      const again = [await started(backend), ...(dice.chance(0.3) ? [await started(backend)] : [])];
      const runs = again.map((run) => repeated(run, outcomes, `${program.request.label} on ${backend.adapter}`, dice));
      if (dice.chance(0.2)) litter(backend, dice, 500_000); // memory grows under what is under way
      await Promise.all(runs);
    }
  } finally {
    for (const run of running) run.dispose();
  }
}

async function checkMany(open: () => Promise<Backend[]>, programs: number, most: number): Promise<void> {
  const end = performance.now() + SECONDS * 1000;
  for (let seed = FIRST; seed < FIRST + programs || performance.now() < end; ) {
    const backends = await open();
    try {
      for (let i = 0; i < PER_BACKEND; i++) await check(seed++, most, backends);
    } finally {
      await Promise.all(backends.map((backend) => backend.close()));
    }
  }
}

describe("random programs", () => {
  const timeout = 60_000 + SECONDS * 1500;

  test(
    "come to what their ops say, with the same bits on one thread, two and three",
    async () => {
      const open = () => Promise.all([1, 2, 3].map(wasm));
      await expect(checkMany(open, PROGRAMS, 3000)).resolves.toBeUndefined();
    },
    timeout,
  );

  test(
    "come to what their ops say on webgpu",
    async () => {
      await expect(checkMany(async () => [await webgpu()], PER_BACKEND, 300)).resolves.toBeUndefined();
    },
    timeout,
  );
});
