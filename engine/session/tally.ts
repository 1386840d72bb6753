import type { Loss } from "../losses/index.ts";
import { type Metric, nameOf, type Sums } from "../metrics/index.ts";
import type { Tensor } from "../ops/index.ts";
import * as ops from "../ops/index.ts";
import type { Rows } from "./device.ts";
import type { Pass } from "./forward.ts";

/** What figures are made of: a loss and metrics. */
export interface Measured {
  readonly loss: Loss;
  readonly metrics: readonly Metric[];
}

/** Training measures at every step what can be added up; an evaluation measures all. */
export type Part = "training" | "evaluation";

const measures = ({ definition, options }: Metric, part: Part): boolean =>
  part === "evaluation" || !definition.collects(options);

/** Rows of a batch that `Tally` takes in: sums of the loss and numbers of the metrics. */
export function tallyRows(
  { loss, metrics }: Measured,
  { output, y, goal }: Pick<Pass, "output" | "y" | "goal">,
  part: Part,
): { name: string; value: Tensor }[] {
  const { definition, options } = loss;
  const losses = ops.within({ name: "loss", direction: "forward" }, () =>
    definition.sums({ output, target: goal }, options),
  );
  const gives = definition.gives(options);
  const measured = ops.within({ name: "metrics" }, () =>
    metrics.flatMap((metric, i) =>
      measures(metric, part)
        ? Object.entries(metric.definition.batch({ output, target: y, gives }, metric.options)).map(
            ([name, value]) => ({
              name: `metric ${i} ${name}`,
              value,
            }),
          )
        : [],
    ),
  );
  return [...losses.map((value, k) => ({ name: `loss sum ${k}`, value })), ...measured];
}

/** A row of one batch of a step: by its own name when it is the only one. */
export const partName = (name: string, index: number, several: boolean): string =>
  several ? `batch ${index} ${name}` : name;

/** What rows of the batches of a step begin with, in their order. */
function batchesOf(names: readonly string[]): string[] {
  const several = names.filter((name) => /^batch \d+ loss$/.test(name));
  return several.length > 0 ? several.map((name) => name.slice(0, -"loss".length)) : [""];
}

/** Plain numbers of a `Tally`, as checkpoints keep them. */
export interface Tallied {
  readonly steps: number;
  readonly loss: readonly number[];
  /** By metric; null before its first batch, and for one that is not measured. */
  readonly metrics: readonly (Readonly<Record<string, readonly number[]>> | null)[];
}

/** What batches add up to: the figures of all their examples, whatever the batches were. */
export class Tally {
  readonly #measured: Measured;
  #steps = 0;
  readonly #loss: number[];
  readonly #metrics: (Sums | null)[];

  constructor(measured: Measured, from?: Tallied) {
    const { loss, metrics } = measured;
    this.#measured = measured;
    this.#steps = from?.steps ?? 0;
    this.#loss = Array.from({ length: loss.definition.width(loss.options) }, (_, k) => from?.loss[k] ?? 0);
    this.#metrics = metrics.map((_, i) => {
      const kept = from?.metrics[i];
      return kept ? mapped(kept, (values) => Float64Array.from(values)) : null;
    });
  }

  /** Adds steps [from, to) of rows of `steps` steps. */
  add(rows: Rows, steps: number, from = 0, to = steps): void {
    const names = Object.keys(rows);
    const batches = batchesOf(names).map((prefix) => ({
      losses: this.#loss.map((_, k) => rows[`${prefix}loss sum ${k}`]),
      metrics: this.#metrics.map((_, i) => {
        const metric = `${prefix}metric ${i} `;
        return names.filter((name) => name.startsWith(metric)).map((name) => [name.slice(metric.length), rows[name]]);
      }),
    }));
    this.#steps += to - from;
    for (let step = from; step < to; step++) {
      for (const { losses, metrics } of batches) {
        for (const [k, values] of losses.entries()) {
          this.#loss[k] = (this.#loss[k] as number) + (values?.[step] as number);
        }
        for (const [i, { definition, options }] of this.#measured.metrics.entries()) {
          const own = metrics[i] as [string, Float64Array][];
          if (own.length === 0) continue;
          const batch = Object.fromEntries(
            own.map(([name, all]) => {
              const size = all.length / steps;
              return [name, all.slice(step * size, (step + 1) * size)];
            }),
          );
          const total = this.#metrics[i];
          this.#metrics[i] = total ? definition.merge(total, batch, options) : batch;
        }
      }
    }
  }

  /** `{ loss, accuracy, ... }` of what was added; without metrics that were not measured. */
  get figures(): Record<string, number> {
    const { loss, metrics } = this.#measured;
    const figures: Record<string, number> = { loss: loss.definition.ofSet(this.#loss, loss.options) };
    for (const [i, metric] of metrics.entries()) {
      const sums = this.#metrics[i];
      if (sums) figures[nameOf(metric)] = metric.definition.value(sums, metric.options);
    }
    return figures;
  }

  /** All that was added, as the rows of one step. */
  get rows(): Rows {
    const sums = this.#metrics.flatMap((own, i) =>
      Object.entries(own ?? {}).map(([name, values]) => [`metric ${i} ${name}`, Float64Array.from(values)] as const),
    );
    return {
      ...Object.fromEntries(this.#loss.map((sum, k) => [`loss sum ${k}`, Float64Array.of(sum)])),
      ...Object.fromEntries(sums),
    };
  }

  get tallied(): Tallied {
    return {
      steps: this.#steps,
      loss: this.#loss,
      metrics: this.#metrics.map((sums) => sums && mapped(sums, (values) => Array.from(values))),
    };
  }
}

const mapped = <A, B>(record: Readonly<Record<string, A>>, of: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, of(value)]));
