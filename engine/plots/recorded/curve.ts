import type { Chart, ChartRows, Controlled, LogPlot, RunChange } from "../../protocol/index.ts";
import { type CurveOptions, CurveRecorder } from "../recorder.ts";
import { countOf, figuresOf, listOf, numberOf, numbersOf, recordOf, textOf } from "./read.ts";

const MAX_METRICS = 16;

/** The learning curve of a run, from the lines of its log. */
export class RecordedCurve implements LogPlot {
  readonly #id: string;
  readonly #folder: string;
  #recorder: CurveRecorder | null = null;
  #rows: ChartRows[] = [];
  /** Whether rows join a chart that was given out. */
  #shown = false;

  constructor(id: string, folder: string) {
    this.#id = id;
    this.#folder = folder;
  }

  take(line: unknown): void {
    const given = recordOf(line);
    if (given.event === "start") this.#recorder ??= this.#begin(given);
    const recorder = this.#recorder;
    if (recorder === null) return;
    switch (given.event) {
      case "steps": {
        const loss = numbersOf(given.loss);
        const from = countOf(given.from, 1);
        recorder.addTrain(
          loss.map((_, i) => from + i),
          loss,
          numbersOf(given.lr),
          numbersOf(given.gradientNorm),
          numbersOf(given.momentum),
          numbersOf(given.penalty),
        );
        break;
      }
      case "epoch":
        recorder.addEpoch({
          epoch: countOf(given.epoch),
          step: countOf(given.step),
          train: figuresOf(given.train) ?? {},
          valid: figuresOf(given.valid),
          averaged: figuresOf(given.averaged),
        });
        break;
      case "drop": {
        const [value, best] = [numberOf(given.value), numberOf(given.best)];
        recorder.addDrop({ step: countOf(given.step), monitor: textOf(given.monitor), value, best });
        break;
      }
      case "control": {
        const change = controlOf(given.change);
        if (change !== null) recorder.addControl({ step: countOf(given.step), change } satisfies Controlled);
        break;
      }
      case "checkpoint":
      case "removed": {
        const file = textOf(given.file);
        const place = ["runs", this.#folder, ...file.split(/[\\/]/)].join("/");
        if (file !== "") recorder.addCheckpoint(place, given.event === "checkpoint" ? countOf(given.step) : null);
        break;
      }
    }
  }

  chart(live: boolean): Chart | null {
    if (this.#recorder === null) return null;
    const chart = this.#recorder.chart(live);
    this.#shown = true;
    this.#rows = [];
    return chart;
  }

  rows(): readonly ChartRows[] | null {
    if (!this.#shown) return this.#recorder === null ? [] : null;
    this.#recorder?.flush();
    return this.#rows.splice(0);
  }

  #begin(start: Record<string, unknown>): CurveRecorder {
    const fit = recordOf(start.fit);
    const emit = (rows: ChartRows) => {
      if (this.#shown) this.#rows.push(rows);
    };
    const options: CurveOptions = {
      id: this.#id,
      run: textOf(start.run) || null,
      name: textOf(start.name) || "run",
      ...curveOf(start),
      steps: countOf(fit.steps, 1),
      epochs: countOf(fit.epochs),
      stepsPerEpoch: countOf(fit.stepsPerEpoch, 1),
      // whoever shows it asks for rows
      intervalMs: Number.POSITIVE_INFINITY,
    };
    const recorder = new CurveRecorder(emit, options);
    // the first emission does not wait for the interval
    recorder.flush();
    return recorder;
  }
}

/** What the curve is made of. Logs from before there were versions do not say it. */
function curveOf(
  start: Record<string, unknown>,
): Omit<CurveOptions, "id" | "name" | "steps" | "epochs" | "stepsPerEpoch"> {
  const [curve, config] = [recordOf(start.curve), recordOf(start.config)];
  const named = listOf(curve.metrics ?? config.metrics)
    .slice(0, MAX_METRICS)
    .map(recordOf);
  const metrics = named.map(({ name, type, better }) => ({
    name: textOf(name) || textOf(type),
    better: better === "lower" ? ("lower" as const) : ("higher" as const),
  }));
  const data = recordOf(config.data);
  const clipNorm = numberOf(curve.clipNorm);
  return {
    metrics: metrics.filter(({ name }) => name !== ""),
    validation: curve.validation === true || countOf(data.valid) > 0,
    averaged: curve.averaged === true,
    movesMomentum: curve.movesMomentum === true,
    penalized: curve.penalized === true,
    clipNorm: Number.isNaN(clipNorm) ? undefined : clipNorm,
  };
}

function controlOf(value: unknown): RunChange | null {
  const { do: what, value: rate } = recordOf(value);
  switch (what) {
    case "pause":
    case "resume":
    case "stop-after-epoch":
    case "keep-going":
    case "follow-plan":
      return { do: what };
    case "set-lr":
      return Number.isNaN(numberOf(rate)) ? null : { do: what, value: numberOf(rate) };
    case "set-schedule":
      return { do: what, points: [] };
    default:
      return null;
  }
}
