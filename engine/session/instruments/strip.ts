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
    for (let i = 0; i < count; i++) {
      const norm = Math.sqrt(rows["gradient norm squared"]?.[i] as number);
      const { after, clipped } = this.#after(norm, rows, i);
      this.#steps += 1;
      this.#clipped += clipped;
      const hyper = scalars[i]?.hyper ?? {};
      this.#series.push({
        step: from + i,
        norm,
        largest: norm,
        after,
        clipped,
        ...Object.fromEntries(this.#hyper.map((name) => [`hyper ${name}`, hyper[name] ?? Number.NaN])),
      });
    }
  }

  #after(norm: number, rows: Rows, i: number): { after: number; clipped: number } {
    if (rows.clipped) {
      return { after: Math.sqrt(rows["clipped norm squared"]?.[i] as number), clipped: rows.clipped[i] as number };
    }
    const most = this.#clip.norm;
    if (most === undefined) return { after: norm, clipped: 0 };
    const scale = Math.min(1, most / (norm + 1e-6));
    return { after: norm * scale, clipped: scale < 1 ? 1 : 0 };
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
