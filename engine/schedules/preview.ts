import { maybeContext } from "../context/index.ts";
import { ConfigError } from "../errors/index.ts";
import { check, int, num, optional, required, show } from "../params/index.ts";
import { type ScheduleCurve, schedulesPlot } from "../plots/schedules.ts";
import { CHART_MIME, type OutputItem } from "../protocol/index.ts";
import { robbinsMonro } from "./convergence.ts";
import { type Driven, monitorsOf, type Schedule, type ScheduleDefinition, scheduleAt, unitOf } from "./definition.ts";

/** Options of `schedule.preview(schedules, { ... })`. */
export const previewParams = {
  steps: optional(int(required, "[1, 10000000]", "Optimizer steps of the run.")),
  epochs: optional(int(required, "[1, 10000000]", "Epochs of the run, in place of steps; 10 when neither is given.")),
  stepsPerEpoch: int(1, "[1, inf)", "Steps of an epoch: examples / batchSize."),
  lr: num(1, "[0, inf)", "The optimizer's own rate; with 1 the curves are multiples of it."),
};

/** Rates of schedules over a run that has not begun. As a cell's last value it is a chart and a table. */
export class Preview {
  readonly curves: readonly ScheduleCurve[];
  readonly stepsPerEpoch: number;

  constructor(curves: readonly ScheduleCurve[], stepsPerEpoch: number) {
    this.curves = curves;
    this.stepsPerEpoch = stepsPerEpoch;
  }

  /**
   * One line for each schedule: first, highest and last rate, area under the curve, whether it fulfils the conditions of Robbins and Monro, notes.
   */
  toString(): string {
    const rows = this.curves.map(({ name, lr, area, converges, note }) => [
      name,
      short(lr[0]),
      short(lr.reduce((a, b) => Math.max(a, b), 0)),
      short(lr.at(-1)),
      short(area),
      converges,
      note,
    ]);
    const table = [["schedule", "first", "highest", "last", "area", "Robbins–Monro", ""], ...rows];
    const widths = table[0]?.map((_, k) => Math.max(...table.map((row) => row[k]?.length ?? 0))) ?? [];
    return table
      .map((row) =>
        row
          .map((cell, k) => cell.padEnd(widths[k] ?? 0))
          .join("  ")
          .trimEnd(),
      )
      .join("\n");
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  [Symbol.for("dlnb.display")](): OutputItem[] {
    const { curves, stepsPerEpoch } = this;
    const id = maybeContext()?.freshId("chart") ?? "chart";
    return [
      { mime: CHART_MIME, data: schedulesPlot.chart(id, { curves, stepsPerEpoch }, false) },
      { mime: "text/plain", data: this.toString() },
    ];
  }
}

/**
 * The rates of one schedule, a list, or a record of them by name, at each step of a run: `schedule.preview([a, b], { epochs: 30,
 * stepsPerEpoch: 100, lr: 0.1 })`. The area under a curve is the sum of its rates: how far plain gradient descent can go.
 * What waits for figures, as plateau, is flat here and says so.
 *
 * @example schedule.preview({ cosine: schedule.cosine(), step: schedule.step({ stepSize: 30 }) }, { steps: 100, lr: 0.1 })
 */
export function preview(
  schedules: Schedule | readonly Schedule[] | Readonly<Record<string, Schedule>>,
  run: { steps?: number; epochs?: number; stepsPerEpoch?: number; lr?: number } = {},
): Preview {
  const { steps, epochs, stepsPerEpoch, lr } = check(previewParams, run, "preview");
  if (steps !== null && epochs !== null) throw new ConfigError("preview: steps and epochs are both given; give one");
  const count = steps ?? (epochs ?? 10) * stepsPerEpoch;
  const place = { steps: count, stepsPerEpoch, epochs: Math.ceil(count / stepsPerEpoch) };
  const curves = namedSchedules(schedules).map(([name, schedule]): ScheduleCurve => {
    const driven = Array.from({ length: count }, (_, step) => scheduleAt(schedule, lr, { ...place, step }));
    const rates = Float64Array.from(driven, (d: Driven) => d.lr);
    const waits = monitorsOf(schedule).map(({ name }) => name);
    const { holds, why } = robbinsMonro(schedule);
    return {
      name,
      unit: unitOf(schedule),
      lr: rates,
      momentum: driven.every((d) => d.momentum !== undefined)
        ? Float64Array.from(driven, (d) => d.momentum as number)
        : null,
      area: rates.reduce((a, b) => a + b, 0),
      converges: holds === null ? "" : `${holds ? "yes" : "no"}: ${why}`,
      note: waits.length ? `flat until ${[...new Set(waits)].join(" and ")} stops improving` : "",
    };
  });
  return new Preview(curves, stepsPerEpoch);
}

function namedSchedules(given: Parameters<typeof preview>[0]): (readonly [string, Schedule])[] {
  const list = isOne(given)
    ? [["", given] as const]
    : Array.isArray(given)
      ? given.map((schedule: Schedule) => ["", schedule] as const)
      : Object.entries((given ?? {}) as Readonly<Record<string, Schedule>>);
  const wrong = list.find(([, schedule]) => !isOne(schedule));
  if (list.length === 0 || wrong) {
    throw new ConfigError(
      `preview: give a schedule, a list or a record of them${wrong ? `, not ${show(wrong[1])}` : ""}; as schedule.preview([schedule.cosine()], { epochs: 30 })`,
    );
  }
  const names = list.map(([name, { type }]) => name || type);
  return list.map(([, schedule], i) => {
    const name = names[i] as string;
    const twin = names.filter((other) => other === name).length > 1;
    return [twin ? `${name} ${names.slice(0, i + 1).filter((other) => other === name).length}` : name, schedule];
  });
}

const isOne = (given: unknown): given is Schedule =>
  typeof (given as { definition?: Partial<ScheduleDefinition> } | null)?.definition?.at === "function";

const short = (x: number | undefined): string => String(Number((x ?? Number.NaN).toPrecision(4)));
