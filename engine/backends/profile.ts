import { median } from "../tensor/median.ts";

/** What a plan's steps took, as `Executable.profile` found it. */
export interface Profile {
  /** For each of `plan.launches`: medians over the measured steps. */
  readonly launches: readonly LaunchTime[];
  /** Milliseconds of a step with the clock around every launch: how far it is above `stepMs` is what looking costs. */
  readonly measuredMs: number;
  /** Milliseconds of a step as `submit` runs it, from the same call. */
  readonly stepMs: number;
  /** Threads that took part; 0 on a device without threads of ours. */
  readonly threads: number;
}

export interface LaunchTime {
  /** Milliseconds per step of the launch's own work; on several threads, of the first one's share. */
  readonly ms: number;
  /** Milliseconds per step that the first thread then waits at a barrier for the others to finish theirs. */
  readonly waitMs: number;
}

/** Some steps of a profile, in a row. */
interface Turn {
  readonly first: number;
  readonly steps: number;
  readonly measured: boolean;
}

/** Pairs of turns at most: what else the machine does then meets both kinds alike. */
const PAIRS = 4;

/** Divides `count` steps into turns that are run as ever and turns that are measured, one after the other. */
export function turnsOf(count: number): Turn[] {
  const turns = 2 * Math.min(PAIRS, Math.floor(count / 2));
  const start = (turn: number) => Math.floor((turn * count) / turns);
  return Array.from({ length: turns }, (_, i) => ({
    first: start(i),
    steps: start(i + 1) - start(i),
    measured: i % 2 === 1,
  }));
}

/**
 * Milliseconds of parts of launches, step by step, put together by launch: `of[i]` is the launch of part i, `own` and
 * `waits` (absent where nothing waits) are those of each measured step.
 */
export function launchTimes(
  launches: number,
  of: readonly number[],
  steps: readonly { readonly own: ArrayLike<number>; readonly waits?: ArrayLike<number> }[],
): LaunchTime[] {
  const sums = (values: (step: (typeof steps)[number]) => ArrayLike<number> | undefined) =>
    steps.map((step) => {
      const all = new Float64Array(launches);
      const parts = values(step);
      if (parts) for (const [i, launch] of of.entries()) all[launch] = (all[launch] as number) + (parts[i] as number);
      return all;
    });
  const own = sums((step) => step.own);
  const waits = sums((step) => step.waits);
  return Array.from({ length: launches }, (_, i) => ({
    ms: median(own.map((step) => step[i] as number)),
    waitMs: median(waits.map((step) => step[i] as number)),
  }));
}
