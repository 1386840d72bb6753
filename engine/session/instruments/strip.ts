import { Series } from "../../plots/series.ts";
import type { Rows, StepScalars } from "../device.ts";
import type { Clip, StepConfig } from "../forward.ts";

const ROWS = 1024;

/** What the host knows of every step whether it was looked at or not, in bounded memory. */
export class Strip {
  readonly #clip: Clip;
  readonly #series: Series<string>;
  readonly #hyper: readonly string[];
  #steps = 0;
  #clipped = 0;

  constructor({ clip }: StepConfig, hyper: readonly string[]) {
    this.#clip = clip;
    this.#hyper = hyper;
    this.#series = new Series(
      {
        step: "last",
        norm: "mean",
        largest: "max",
        after: "mean",
        clipped: "mean",
        ...Object.fromEntries(hyper.map((name) => [`hyper ${name}`, "last" as const])),
      },
      ROWS,
    );
  }

  /** Whether gradients are clipped at all. */
  get clips(): boolean {
    return this.#clip.norm !== undefined || this.#clip.value !== undefined;
  }

  /** Share of all steps whose gradient was clipped. */
  get clippedShare(): number {
    return this.#steps === 0 ? 0 : this.#clipped / this.#steps;
  }

  /** Names of the optimizer's numbers. */
  get hyper(): readonly string[] {
    return this.#hyper;
  }

  /** The first `count` steps of a submit; the first of them is update number `from`, from 1. */
  add(from: number, count: number, rows: Rows, scalars: readonly StepScalars[]): void {
    const table: Record<string, Float64Array> = {};
    const column = (name: string, value: (i: number) => number): Float64Array => {
      const values = new Float64Array(count);
      for (let i = 0; i < count; i++) values[i] = value(i);
      table[name] = values;
      return values;
    };
    const squares = rows["gradient norm squared"] as Float64Array;
    column("step", (i) => from + i);
    const norm = column("norm", (i) => Math.sqrt(squares[i] as number));
    table.largest = norm;
    const { norm: most } = this.#clip;
    const { clipped: told, "clipped norm squared": left } = rows;
    const scale = (i: number) => (most === undefined ? 1 : Math.min(1, most / ((norm[i] as number) + 1e-6)));
    column("after", (i) => (left ? Math.sqrt(left[i] as number) : (norm[i] as number) * scale(i)));
    const clipped = column("clipped", (i) => (told ? (told[i] as number) : Number(scale(i) < 1)));
    for (const name of this.#hyper) column(`hyper ${name}`, (i) => scalars[i]?.hyper[name] ?? Number.NaN);
    this.#series.append(table, count);
    this.#steps += count;
    for (let i = 0; i < count; i++) this.#clipped += clipped[i] as number;
  }

  /**
   * By bins of steps: the last step, the mean and largest norm of the gradient, the mean norm after clipping, the share of
   * clipped steps, and `hyper NAME` of the optimizer's numbers at the last.
   */
  rows(): Record<string, Float64Array> {
    this.#series.finish();
    return this.#series.rows();
  }
}
