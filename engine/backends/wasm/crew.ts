/**
 * How many threads run a program, found by trying: results do not depend on it, so a submit now and then may use another
 * number, and the fastest is kept. Small plans do best on one thread, and so does any plan while other programs keep the
 * processors busy, because every barrier then waits for a thread that is not running.
 */
export class Crew {
  readonly #choices: readonly number[];
  /** Milliseconds per step of each choice, as last seen. */
  readonly #ms: number[];
  #best: number;
  /** Submits until the next trial, and between trials. */
  #left = FIRST_TRIAL;
  #pause = FIRST_TRIAL;
  #next = 0;

  /** `most`: threads there are, or 1 when the program has nothing to share. */
  constructor(most: number) {
    const choices: number[] = [];
    for (let n = 1; n < most; n *= 2) choices.push(n);
    this.#choices = [...choices, most];
    this.#ms = this.#choices.map(() => Number.NaN);
    this.#best = this.#choices.length - 1;
  }

  /** Threads for the next submit. */
  pick(): number {
    if (--this.#left > 0 || this.#choices.length === 1) return this.#choices[this.#best] as number;
    // neighbours of the best in turn
    this.#next ^= 1;
    const trial = this.#best + (this.#next === 1 ? -1 : 1);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
    this.#left = this.#pause;
    return this.#choices[Math.max(0, Math.min(trial, this.#choices.length - 1))] as number;
  }

  /** Learns what a submit with `threads` took. */
  learn(threads: number, msPerStep: number): void {
    const i = this.#choices.indexOf(threads);
    const before = this.#ms[i] as number;
    this.#ms[i] = msPerStep;
    const best = this.#ms[this.#best] as number;
    if (i === this.#best) {
      // much slower than it was: something has changed, so look around soon
      if (msPerStep > before * 1.5) this.#pause = this.#left = 2;
    } else if (msPerStep < best * 0.95) {
      this.#best = i;
      this.#pause = this.#left = FIRST_TRIAL;
    }
  }
}

const FIRST_TRIAL = 3;
const LONGEST_PAUSE = 64;
