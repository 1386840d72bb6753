import type { RunContext } from "../../context/index.ts";
import { Interrupted } from "../../errors/index.ts";
import { LaneTraining } from "../../session/laneTraining.ts";
import { median } from "../../tensor/median.ts";
import { Progress } from "../showing.ts";
import type { Subject } from "../subject.ts";

/** Weight of the past in smoothed losses: of the last ten steps, about. */
const SMOOTHING = 0.9;

/** One rate with one seed. */
interface Lane {
  readonly loss: number[];
  readonly smoothed: number[];
  sum: number;
  norm: number;
  halted: boolean;
}

/** Training at several rates, each with several seeds, all side by side. */
export class RatesTraining {
  readonly rates: readonly number[];
  readonly seeds: number;
  /** Done so far. */
  steps = 0;
  readonly #lanes: readonly Lane[];

  constructor(rates: readonly number[], seeds: number) {
    this.rates = rates;
    this.seeds = seeds;
    this.#lanes = Array.from({ length: rates.length * seeds }, () => {
      return { loss: [], smoothed: [], sum: 0, norm: 0, halted: false };
    });
  }

  /**
   * Trains for `steps` and tells `changed` as it goes on; then the loss of every rate and seed on the validation set, in the order of
   * `rates`, when `validate` says so and there is one. An interrupt ends it early, with what is known by then; Infinity is a loss
   * that is no longer finite.
   */
  async run(
    subject: Subject,
    context: RunContext,
    { name, steps, validate }: { name: string; steps: (perEpoch: number) => number; validate: boolean },
    changed: (planned: number) => void,
  ): Promise<{ planned: number; valid: number[][] | null }> {
    if (context.signal.aborted) throw new Interrupted(`${name}: interrupted before it began; nothing was changed`);
    const { experiment, run } = subject;
    const first = experiment.options.seed;
    const seeds = this.rates.flatMap(() => Array.from({ length: this.seeds }, (_, i) => first + i));
    const rateOfLane = this.rates.flatMap((lr) => new Array<number>(this.seeds).fill(lr));
    const training = new LaneTraining(await context.backend(), experiment, {
      seeds,
      byLane: () => ({ lr: rateOfLane }),
      ...(run ? { weights: seeds.map(() => subject.weights()) } : {}),
    });
    try {
      const planned = steps(training.stepsPerEpoch);
      const message = `training at ${this.rates.length} learning rates`;
      const progress = new Progress(context, { total: planned, unit: "steps", message });
      await training.run(planned, context.signal, ({ from, count, rows }) => {
        this.#take(count, rows.loss as Float64Array, rows.ok as Float64Array);
        progress.at(from + count);
        changed(planned);
        return this.#lanes.every(({ halted }) => halted);
      });
      if (this.steps === 0) progress.check(0);
      const measured = validate && !context.signal.aborted ? await training.validate() : undefined;
      const own = measured?.loss;
      if (!own) return { planned, valid: null };
      const finite = (i: number) =>
        this.#lanes[i]?.halted || !Number.isFinite(own[i]) ? Infinity : (own[i] as number);
      return { planned, valid: this.#byRate(finite) };
    } finally {
      training.dispose();
    }
  }

  #take(count: number, loss: Float64Array, ok: Float64Array): void {
    const lanes = this.#lanes.length;
    for (let i = 0; i < count * lanes; i++) {
      const lane = this.#lanes[i % lanes] as Lane;
      if (lane.halted) continue;
      const value = loss[i] as number;
      if (Number.isFinite(value)) {
        lane.sum = SMOOTHING * lane.sum + (1 - SMOOTHING) * value;
        lane.norm = SMOOTHING * lane.norm + (1 - SMOOTHING);
        lane.loss.push(value);
        lane.smoothed.push(lane.sum / lane.norm);
      }
      if (ok[i] !== 1) lane.halted = true;
    }
    this.steps += count;
  }

  #byRate(of: (lane: number) => number): number[][] {
    return this.rates.map((_, r) => Array.from({ length: this.seeds }, (_, s) => of(r * this.seeds + s)));
  }

  /** Loss of the first step, the same at every rate but for the seed. */
  get start(): number {
    return median(
      this.#lanes
        .map((l) => l.loss[0] ?? Number.NaN)
        .filter(Number.isFinite)
        .sort((a, b) => a - b),
    );
  }

  /** Smoothed training loss at the end, by rate and seed. */
  get ends(): number[][] {
    return this.#byRate((i) => {
      const { halted, smoothed } = this.#lanes[i] as Lane;
      return halted ? Infinity : (smoothed.at(-1) ?? Number.NaN);
    });
  }

  /** Medians of the smoothed losses of rate r, in at most `most` points: step (from 1) and mean loss of each stretch. */
  curve(r: number, most: number): { step: number[]; loss: number[] } {
    const lanes = this.#lanes.slice(r * this.seeds, (r + 1) * this.seeds);
    const out: { step: number[]; loss: number[] } = { step: [], loss: [] };
    const width = Math.ceil(this.steps / most);
    for (let from = 0; from < this.steps; from += width) {
      const stretches = lanes.map(({ smoothed }) => {
        const part = smoothed.slice(from, from + width);
        return part.length ? part.reduce((a, b) => a + b, 0) / part.length : Infinity;
      });
      const loss = median(stretches.sort((a, b) => a - b));
      if (!Number.isFinite(loss)) break;
      out.step.push(Math.min(from + width, this.steps));
      out.loss.push(loss);
    }
    return out;
  }
}
