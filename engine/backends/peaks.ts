/** What a device does at best, found by trying: what a plan's launches are held against. */
export interface Peaks {
  /** f32 operations in units of 1e9 per second, within registers; a multiply-add counts 2. */
  readonly gflops: number;
  /** Bytes in units of 1e9 per second, read and written together, of a copy. */
  readonly copyGBs: number;
}

/** What a trial takes at least: clocks and waking threads cost little of it. */
const TRIAL_MS = 10;
const TRIALS = 3;

/** The most repetitions per second of something that `run` repeats so many times and that takes the milliseconds it resolves with. */
export async function bestRate(run: (times: number) => Promise<number>): Promise<number> {
  let times = 1;
  let ms = await run(times);
  while (ms < TRIAL_MS && times < 2 ** 30) {
    times *= Math.min(16, Math.max(2, Math.ceil(TRIAL_MS / Math.max(ms, 1e-3))));
    ms = await run(times);
  }
  for (let trial = 1; trial < TRIALS; trial++) ms = Math.min(ms, await run(times));
  return (1000 * times) / ms;
}
