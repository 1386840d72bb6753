import type { MomentName } from "../../diagnostics/statistics.ts";
import { percent } from "../../plots/format.ts";
import type { Schedule } from "../../schedules/index.ts";
import type { Column, Looks } from "./looks.ts";
import type { Instrumentation, Pace } from "./pace.ts";
import { Streaks } from "./streaks.ts";
import type { Strip } from "./strip.ts";
import type { Watched, WatchedLayer, WatchedNorm } from "./watched.ts";

/** Units whose zeros one kept number holds: more would not be exact in f32. */
const BITS = 24;

/** The columns that are kept of what a look reports: of the units' peaks only whether they are 0. */
export const keptColumns = (reported: readonly Column[]): Column[] =>
  reported.map(({ name, size }) =>
    name.endsWith(" peaks") ? { name: deadName(name), size: Math.ceil(size / BITS) } : { name, size },
  );

export const deadName = (peaks: string): string => peaks.replace(/ peaks$/, " dead");

/** Which peaks are 0, BITS to a number. */
export function packDead(peaks: ArrayLike<number>): Float64Array {
  const words = new Float64Array(Math.ceil(peaks.length / BITS));
  for (let i = 0; i < peaks.length; i++) {
    if (peaks[i] === 0) words[Math.floor(i / BITS)] = (words[Math.floor(i / BITS)] as number) + 2 ** (i % BITS);
  }
  return words;
}

/** What was seen of one layer at each kept look. */
export interface LayerLooks extends WatchedLayer {
  /** Of its output over the batch: see `moments`. */
  series(statistic: MomentName): Float64Array;
  /** Share of inputs in the flat ends; NaN for layers that have none. */
  readonly saturated: Float64Array;
  /** Share of the strongest input in what a linear layer or convolution computes, and how many equal ones would do as much. */
  readonly strongest: Float64Array;
  readonly effective: Float64Array;
  /** Share of units that are 0 for the whole batch. */
  readonly deadShare: Float64Array;
  /** Shares of the output's values by bins of its own width (see `histogram`), at kept look `look`. */
  histogram(look: number): Float32Array;
  /** Ids of the units that are 0 for the whole batch at kept look `look`. */
  dead(look: number): number[];
  /** Units that were 0 at every one of the last looks, with the step since when, and how many looks that were. */
  lasting(): readonly { readonly unit: number; readonly since: number; readonly looks: number }[];
}

/** What was seen of one parameter tensor at each kept look: of the gradient and the change of the update before it. */
export interface ParameterLooks {
  readonly name: string;
  readonly size: number;
  readonly mean: Float64Array;
  readonly std: Float64Array;
  /** Euclidean norms. */
  readonly norm: Float64Array;
  readonly gradientNorm: Float64Array;
  readonly gradientMean: Float64Array;
  readonly gradientMeanAbs: Float64Array;
  readonly gradientMaxAbs: Float64Array;
  /** Share of the gradient's elements that are exactly 0. */
  readonly gradientZero: Float64Array;
  readonly updateNorm: Float64Array;
  /** Cosine between the last two updates; NaN when only one was seen. */
  readonly updateCosine: Float64Array;
}

/** What was seen of one batch norm at each kept look; by channel, every `channelStride`-th. */
export interface NormLooks extends WatchedNorm {
  readonly inputMean: Float64Array;
  readonly inputStd: Float64Array;
  channel(
    statistic: "batchMean" | "batchVar" | "runningMean" | "runningVar" | "gamma" | "beta",
    look: number,
  ): Float32Array;
}

/**
 * What `fit({ instruments })` saw of a run. Looks are made between steps: after `steps[i]` updates it saw the layers at work
 * on the next batch, and the gradient and the change of the update before. All series have one value per kept look.
 */
export class Instruments {
  readonly mode: Instrumentation;
  /** Drove the learning rate. */
  readonly schedule: Schedule | null;
  /** Gradient norms, clipping and the optimizer's numbers of every step, also where there were no looks. */
  readonly strip: Strip;
  /** Time that compiling and warming up the looks took; it is not part of `overhead`. */
  compileMs = 0;
  readonly #watched: Watched;
  readonly #pace: Pace;
  #looks: Looks | null = null;
  readonly #streaks: Streaks[];

  constructor(given: {
    mode: Instrumentation;
    schedule: Schedule | null;
    strip: Strip;
    watched: Watched;
    pace: Pace;
  }) {
    this.mode = given.mode;
    this.schedule = given.schedule;
    this.strip = given.strip;
    this.#watched = given.watched;
    this.#pace = given.pace;
    this.#streaks = given.watched.layers.map(({ units, unitStride }) => new Streaks(Math.ceil(units / unitStride)));
  }

  /** For the one who looks. */
  get looks(): Looks | null {
    return this.#looks;
  }

  set looks(looks: Looks) {
    this.#looks = looks;
  }

  get streaks(): readonly Streaks[] {
    return this.#streaks;
  }

  /** Updates that were done at each kept look. */
  get steps(): number[] {
    return this.#looks?.steps ?? [];
  }

  /** Looks so far, kept or not. */
  get count(): number {
    return this.#looks?.count ?? 0;
  }

  /** Steps between looks at the end. */
  get every(): number {
    return this.#pace.every;
  }

  /** Time of the looks over the time that the same steps take without them. */
  get overhead(): number {
    return this.#pace.overhead;
  }

  /** What looks leave out of a large model; empty when that is nothing. */
  get note(): string {
    return this.#watched.note;
  }

  /** "looked 12 times, every 50 steps: 2.7 % of the time of training". */
  toString(): string {
    const { count, every, overhead, mode } = this;
    if (mode === "off") return "not instrumented";
    if (count === 0) return `too few steps for a look within ${this.#budget}`;
    const often = every === 1 ? "every step" : `every ${every.toLocaleString("en-US")} steps`;
    const times = `${count.toLocaleString("en-US")} look${count === 1 ? "" : "s"}${count === 1 ? "" : ` ${often}`}`;
    const cost = Number.isFinite(overhead)
      ? `${percent(Number(overhead.toPrecision(2)))} on top of training`
      : "cost unknown";
    return `${times}: ${cost}${this.compileMs >= 1 ? `, compiled in ${(this.compileMs / 1000).toFixed(2)} s` : ""}`;
  }

  get #budget(): string {
    return percent(this.#pace.ceiling);
  }

  get layers(): readonly LayerLooks[] {
    return this.#watched.layers.map((layer, i) => this.#layer(layer, i));
  }

  get parameters(): readonly ParameterLooks[] {
    return this.#watched.parameters.map(({ index, name, size }) => this.#parameter(index, name, size));
  }

  get norms(): readonly NormLooks[] {
    return this.#watched.norms.map(
      (norm, i): NormLooks => ({
        ...norm,
        inputMean: this.#series(`norm ${i} input mean`),
        inputStd: this.#series(`norm ${i} input std`),
        channel: (statistic, look) => this.#looks?.at(`norm ${i} ${statistic}`, look) ?? new Float32Array(0),
      }),
    );
  }

  #series(name: string): Float64Array {
    return this.#looks?.series(name) ?? new Float64Array(0);
  }

  #layer(layer: WatchedLayer, i: number): LayerLooks {
    const kept = Math.ceil(layer.units / layer.unitStride);
    const streaks = this.#streaks[i] as Streaks;
    const { steps } = this;
    const dead = (look: number): number[] => {
      const words = this.#looks?.at(`layer ${i} dead`, look) ?? [];
      const ids = Array.from({ length: kept }, (_, unit) => unit);
      return ids
        .filter((unit) => Math.floor((words[Math.floor(unit / BITS)] ?? 0) / 2 ** (unit % BITS)) % 2 === 1)
        .map((unit) => unit * layer.unitStride);
    };
    return {
      ...layer,
      series: (statistic) => this.#series(`layer ${i} ${statistic}`),
      saturated: this.#series(`layer ${i} saturated`),
      strongest: this.#series(`layer ${i} strongest`),
      effective: this.#series(`layer ${i} effective`),
      get deadShare() {
        return Float64Array.from(steps, (_, look) => (kept === 0 ? 0 : dead(look).length / kept));
      },
      histogram: (look) => this.#looks?.at(`layer ${i} histogram`, look) ?? new Float32Array(0),
      dead,
      lasting: () => streaks.lasting(this.count).map((streak) => ({ ...streak, unit: streak.unit * layer.unitStride })),
    };
  }

  #parameter(index: number, name: string, size: number): ParameterLooks {
    const of = (sum: string) => this.#series(`parameter ${index} ${sum}`);
    const squares = of("squares");
    const mean = of("sum").map((sum) => sum / size);
    const gradientMaxAbs = of("gradient peak");
    const update = of("update squares").map(Math.sqrt);
    const before = of("update before").map(Math.sqrt);
    return {
      name,
      size,
      mean,
      std: squares.map((s, i) => Math.sqrt(Math.max(0, s / size - (mean[i] as number) ** 2))),
      norm: squares.map(Math.sqrt),
      gradientNorm: of("gradient scaled").map((s, i) => Math.sqrt(s) * (gradientMaxAbs[i] as number)),
      gradientMean: of("gradient sum").map((sum) => sum / size),
      gradientMeanAbs: of("gradient absolute").map((sum) => sum / size),
      gradientMaxAbs,
      gradientZero: of("gradient zero"),
      updateNorm: update,
      updateCosine: of("update product").map((product, i) => product / ((update[i] as number) * (before[i] as number))),
    };
  }
}
