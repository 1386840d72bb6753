import type { Metric } from "../metrics/index.ts";
import type { Rows } from "./device.ts";

/** Plain numbers of `EpochSums`, as checkpoints keep them. */
export interface Sums {
  readonly steps: number;
  readonly examples: number;
  readonly loss: number;
  readonly metrics: readonly (readonly [sum: number, count: number])[];
}

/** What the steps of an epoch add up to, weighted by their examples: its training loss and metrics. */
export class EpochSums {
  #steps = 0;
  #examples = 0;
  #loss = 0;
  readonly #metrics: [number, number][];

  constructor(metrics: readonly Metric[], from?: Sums) {
    this.#steps = from?.steps ?? 0;
    this.#examples = from?.examples ?? 0;
    this.#loss = from?.loss ?? 0;
    this.#metrics = metrics.map((_, i) => [from?.metrics[i]?.[0] ?? 0, from?.metrics[i]?.[1] ?? 0]);
  }

  /** Adds the first `count` steps of a submit; each had `batch` examples. */
  add(rows: Rows, count: number, batch: number): void {
    const losses = rows.loss as Float64Array;
    this.#steps += count;
    this.#examples += count * batch;
    for (let i = 0; i < count; i++) this.#loss += (losses[i] as number) * batch;
    this.#metrics.forEach((sums, k) => {
      const sum = rows[`metric ${k} sum`] as Float64Array;
      const counted = rows[`metric ${k} count`] as Float64Array;
      for (let i = 0; i < count; i++) {
        sums[0] += sum[i] as number;
        sums[1] += counted[i] as number;
      }
    });
  }

  /** `{ loss, accuracy, ... }` of the steps so far. */
  means(metrics: readonly Metric[]): Record<string, number> {
    const means: Record<string, number> = { loss: this.#loss / this.#examples };
    for (const [k, metric] of metrics.entries()) {
      const [sum, count] = this.#metrics[k] as [number, number];
      means[metric.type] = sum / count;
    }
    return means;
  }

  get sums(): Sums {
    return { steps: this.#steps, examples: this.#examples, loss: this.#loss, metrics: this.#metrics };
  }
}
