import type { Program, Rows, StepScalars } from "../../session/device.ts";

/** A submit should take about this long: an interrupt waits for two. */
const SUBMIT_MS = 50;
const MAX_SUBMIT = 512;

/** How many steps a submit has: what one call learnt helps the next. */
export interface Pace {
  size: number;
}

/**
 * Runs one step of `program` for each of `scalars`, in submits of about SUBMIT_MS, two under way, and gives what each
 * reports to `take`, in order. Stops early, between submits, once `stopped` says so; returns how many steps ran.
 */
export async function inSubmits(
  program: Program,
  scalars: readonly StepScalars[],
  {
    stopped,
    take,
    pace = { size: 1 },
  }: { stopped: () => boolean; take: (rows: Rows, from: number, count: number) => void; pace?: Pace },
): Promise<number> {
  const flying: Promise<void>[] = [];
  let next = 0;
  let done = 0;
  const submit = async (from: number, count: number): Promise<void> => {
    const began = performance.now();
    const rows = await program.run(scalars.slice(from, from + count));
    const ms = Math.max(0.05, performance.now() - began);
    if (count === pace.size) {
      pace.size = Math.max(1, Math.min(MAX_SUBMIT, 2 * count, Math.round((count * SUBMIT_MS) / ms)));
    }
    take(rows, from, count);
    done = from + count;
  };
  while (next < scalars.length && !stopped()) {
    const count = Math.min(pace.size, scalars.length - next);
    const running = submit(next, count);
    // one that fails while the one before it is awaited is no stray rejection
    running.catch(() => {});
    flying.push(running);
    next += count;
    if (flying.length >= 2) await flying.shift();
  }
  for (const running of flying) await running;
  return done;
}
