import { Series } from "../../plots/series.ts";
import type { Rows, StepScalars } from "../device.ts";
import type { Clip, StepConfig } from "../forward.ts";

const ROWS = 1024;

/** The columns of scalars that were asked for before: replicas of one optimizer have the same. */
const columnsOf = new WeakMap<readonly StepScalars[], Readonly<Record<string, Float64Array>>>();

/** `hyper NAME` of each of these steps, NaN where it has none. */
function hyperColumns(scalars: readonly StepScalars[], names: readonly string[]): Record<string, Float64Array> {
  const known = columnsOf.get(scalars);
  const table: Record<string, Float64Array> = {};
  for (const name of names) {
    const title = `hyper ${name}`;
    const column = known?.[title] ?? new Float64Array(scalars.length);
    table[title] = column;
    if (known?.[title]) continue;
    for (let i = 0; i < column.length; i++) column[i] = scalars[i]?.hyper[name] ?? Number.NaN;
  }
  columnsOf.set(scalars, table);
  return table;
}

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
    const squares = rows["gradient norm squared"] as Float64Array;
    const { "clipped norm squared": left } = rows;
    const { norm: most } = this.#clip;
    const step = new Float64Array(count);
    const norm = new Float64Array(count);
    const after = new Float64Array(count);
    const clipped = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const own = Math.sqrt(squares[i] as number);
      const scale = most === undefined ? 1 : Math.min(1, most / (own + 1e-6));
      step[i] = from + i;
      norm[i] = own;
      after[i] = left ? Math.sqrt(left[i] as number) : own * scale;
      clipped[i] = scale < 1 ? 1 : 0;
    }
    if (rows.clipped) clipped.set(rows.clipped.subarray(0, count));
    const table = { ...hyperColumns(scalars, this.#hyper), step, norm, largest: norm, after, clipped };
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
