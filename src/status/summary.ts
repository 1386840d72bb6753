import type { RunStatus, RunSummary } from "../../engine/protocol/index.ts";
import { number, words } from "../../l10n/index.ts";

const WORDS = words({
  epoch: "epoch {0}/{1}",
  step: "step {0}/{1}",
  speed: "{0} steps/s",
  left: "{0} left",
  stopping: "stops after this epoch",
  pausedAt: "paused at step {0} of {1}",
  place: "step {0} of {1}, learning rate {2}",
  took: "{0} steps in {1}",
  stopped: "stopped: {0}",
  early: "stopped early: {0}",
  notFinite: "stopped at a loss that is not finite: {0}",
  run: "run {0} on {1}",
  validationLoss: "validation loss {0}",
  loss: "loss {0}",
});

/** A line under a cell: where its training stands, or how it ended. The editor cuts an item at half the cell's width. */
export interface CellSummary {
  items: readonly string[];
  tooltip: string;
}

export function runningSummary(run: RunStatus): CellSummary {
  const moving = [
    run.epochs > 0 ? WORDS.epoch(run.epoch, run.epochs) : WORDS.step(run.step, run.steps),
    WORDS.speed(count(run.stepsPerSecond, run.stepsPerSecond < 10 ? 1 : 0)),
    run.backend,
    ...(run.etaSeconds === null ? [] : [WORDS.left(duration(run.etaSeconds))]),
    ...(run.stopping === null ? [] : [WORDS.stopping]),
  ];
  const work = run.paused ? [WORDS.pausedAt(run.step, run.steps), run.backend] : moving;
  const quality = [
    ...losses(run.trainLoss, run.validLoss),
    ...(run.metric === null ? [] : [`${named(metricKey(run, run.metric.name))} ${digits(run.metric.value)}`]),
  ];
  return {
    items: lines(run.paused ? "$(debug-pause) " : "$(pulse) ", work, quality),
    tooltip: WORDS.place(run.step, run.steps, digits(run.lr)),
  };
}

export function finishedSummary(run: RunSummary): CellSummary {
  const rate = run.seconds > 0 ? run.steps / run.seconds : 0;
  const work = [WORDS.took(run.steps, duration(run.seconds)), WORDS.speed(count(rate, rate < 10 ? 1 : 0)), run.backend];
  const how = {
    finished: (line: string) => line,
    interrupted: WORDS.stopped,
    early: WORDS.early,
    "non-finite": WORDS.notFinite,
  }[run.stopped];
  const [first = "", ...others] = lines("", work, qualityOf(run));
  return { items: [`$(graph-line) ${how(first)}`, ...others], tooltip: WORDS.run(run.name, run.adapter) };
}

/** Loss and first metric that a run ended with, of the validation set where there is one. */
export function qualityOf({ final }: RunSummary): string[] {
  const metric = ["valid", "train"]
    .map((part) => Object.keys(final).find((name) => name.startsWith(part) && name !== `${part}Loss`))
    .find((name) => name !== undefined);
  return [
    ...losses(final.trainLoss ?? null, final.validLoss ?? null),
    ...(metric === undefined ? [] : [`${named(metric)} ${digits(final[metric] as number)}`]),
  ];
}

/** How far a long task without a run is. */
export function progressSummary(done: number, total: number | null, unit: string, message: string): CellSummary {
  const far = total === null ? `${count(done)} ${unit}` : `${count(done)}/${count(total)} ${unit}`;
  return { items: [`$(sync~spin) ${message === "" ? far : `${message}: ${far}`}`], tooltip: far };
}

function lines(head: string, ...groups: string[][]): string[] {
  const [first = "", ...others] = groups.filter((group) => group.length > 0).map((group) => group.join(" · "));
  return [head + first, ...others];
}

function losses(train: number | null, valid: number | null): string[] {
  if (valid !== null) return [WORDS.validationLoss(digits(valid))];
  return train === null ? [] : [WORDS.loss(digits(train))];
}

/** The key under which a run's end reports the metric: that of the validation set as soon as there is one. */
function metricKey({ validLoss }: RunStatus, name: string): string {
  return `${validLoss === null ? "train" : "valid"}${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** "validAccuracy" is "validation accuracy". */
function named(name: string): string {
  return name.replace(/^valid/, "validation").replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

export function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 1e6)) return String(Number(value.toPrecision(4)));
  return value
    .toExponential(2)
    .replace(/\.?0+e/, "e")
    .replace("e+", "e");
}

export function count(value: number, decimals = 0): string {
  return number(value, { maximumFractionDigits: decimals });
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
