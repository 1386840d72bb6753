/** Steps in a row with the same number of threads. */
export interface Shift {
  readonly threads: number;
  readonly steps: number;
}

/** Milliseconds of work before the first trial: code is still being compiled. */
const WARM_UP_MS = 20;
/** A trial is a part of a submit, and what it cost too much is earned back so many times before the next, twice as often after each. */
const TRIAL_SHARE = 1 / 8;
const EARNED_BACK = 20;
/** Work between two trials, at least and at most. */
const REST_MS = [100, 10_000] as const;

/**
 * How many threads run a program, found by trying: results do not depend on it, so some steps now and then may use
 * another number, and the fastest is kept. Small plans do best on one thread, and so does any plan while other programs
 * keep the processors busy, because every barrier then waits for a thread that is not running.
 */
export class Crew {
  readonly #choices: readonly number[];
  #best: number;
  /** Milliseconds per step with the best choice, as last seen. */
  #bestMs = Number.NaN;
  /** Work until the next trial, in milliseconds. */
  #rest = WARM_UP_MS;
  /** How often work is earned back after the next trial in vain. */
  #earn = EARNED_BACK;
  #trying = false;
  #downwards = false;

  /** `most`: threads there are, or 1 when the program has nothing to share. */
  constructor(most: number) {
    const choices: number[] = [];
    for (let n = 1; n < most; n *= 2) choices.push(n);
    this.#choices = [...choices, most];
    this.#best = this.#choices.length - 1;
  }

  /** Threads that have done best so far. */
  get best(): number {
    return this.#choices[this.#best] as number;
  }

  /** Divides the steps of a submit: a trial first when one is due, the others with the best choice. */
  divide(steps: number): Shift[] {
    const { best } = this;
    if (this.#trying || this.#rest > 0 || this.#choices.length === 1) return [{ threads: best, steps }];
    this.#downwards = this.#best > 0 && (!this.#downwards || this.#best === this.#choices.length - 1);
    const threads = this.#choices[this.#best + (this.#downwards ? -1 : 1)] as number;
    this.#trying = true;
    const trial = Math.ceil(steps * TRIAL_SHARE);
    const shifts = [
      { threads, steps: trial },
      { threads: best, steps: steps - trial },
    ];
    return shifts.filter((shift) => shift.steps > 0);
  }

  /** Learns what a shift took. */
  learn({ threads, steps }: Shift, ms: number): void {
    const i = this.#choices.indexOf(threads);
    const [least, most] = REST_MS;
    if (i === this.#best) {
      this.#rest -= ms;
      // much slower than before: something has changed, so look around soon
      if (ms / steps > this.#bestMs * 1.5) {
        this.#rest = Math.min(this.#rest, least);
        this.#earn = EARNED_BACK;
      }
      this.#bestMs = ms / steps;
      return;
    }
    this.#trying = false;
    const excess = ms - this.#bestMs * steps;
    if (excess < -0.05 * this.#bestMs * steps) {
      this.#best = i;
      this.#bestMs = ms / steps;
      this.#rest = least;
      this.#earn = EARNED_BACK;
    } else {
      this.#rest = Math.min(Math.max(excess * this.#earn, least), most);
      this.#earn = Math.min(this.#earn * 2, 50 * EARNED_BACK);
    }
  }
}
