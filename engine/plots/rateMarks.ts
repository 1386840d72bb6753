import type { RateCause, RateMark } from "./curve/state.ts";
import { MovingMean, windowOf } from "./movingMean.ts";

/** A rate that falls to this share of itself or less in one step has dropped ... */
const DROP = 0.7;
/** ... when it had hardly moved in the step before: the end of a cosine falls fast too, and step by step. */
const STILL = 0.95;
/** One that rises by this much after it was falling begins anew. */
const RESTART = 1.5;
/** More marks than this are no stages but the schedule itself: none is shown. */
const MOST_MARKS = 12;

/** Finds the steps at which the rate drops or begins anew, and what the training loss was before and after. */
export class RateMarks {
  /** Of the losses since the last mark, an epoch at most. */
  readonly #loss: MovingMean;
  readonly #marks: {
    step: number;
    from: number;
    to: number;
    before: number;
    after: number | null;
    cause?: RateCause;
  }[] = [];
  /** What causes the fall that is next. */
  #cause: RateCause | undefined;
  #previous = Number.NaN;
  /** Updates whose rate was changed by hand. */
  readonly #byHand = new Set<number>();
  #falling = false;
  #still = false;
  #many = false;

  constructor(stepsPerEpoch: number) {
    this.#loss = new MovingMean(windowOf(stepsPerEpoch));
  }

  /** The rate falls at the next update, and what made it is known. */
  expect(cause: RateCause): void {
    this.#cause = cause;
  }

  /** The rate changes by hand after `step` updates, which is marked elsewhere. */
  byHand(step: number): void {
    this.#byHand.add(step + 1);
  }

  /** One optimizer update: its number from 1, the loss of its batch and the rate it used. */
  push(step: number, loss: number, lr: number): void {
    const before = this.#previous;
    const hand = this.#byHand.delete(step);
    const drops = this.#still && lr <= DROP * before;
    const restarts = this.#falling && lr >= RESTART * before;
    const expected = this.#cause !== undefined && lr < before;
    if (before > 0 && !hand && (drops || restarts || expected)) this.#mark(step, before, lr);
    if (expected) this.#cause = undefined;
    this.#still = lr >= STILL * before && lr <= before / STILL;
    if (lr !== before) this.#falling = lr < before && !hand;
    this.#previous = lr;
    if (!Number.isNaN(loss)) this.#loss.push(loss);
  }

  #mark(step: number, from: number, to: number): void {
    const loss = this.#loss.mean;
    const last = this.#marks.at(-1);
    if (last) last.after ??= loss;
    if (this.#marks.length === MOST_MARKS) this.#many = true;
    const cause = this.#cause === undefined ? {} : { cause: this.#cause };
    if (!this.#many) this.#marks.push({ step, from, to, before: loss, after: null, ...cause });
    this.#loss.clear();
  }

  /** Marks so far; of the last one the loss after it is that of now. */
  get marks(): RateMark[] {
    if (this.#many) return [];
    return this.#marks.map((mark) => ({ ...mark, after: mark.after ?? this.#loss.mean }));
  }
}
