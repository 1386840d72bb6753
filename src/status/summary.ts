import type { RunStatus, RunSummary } from "../../engine/protocol/index.ts";

/** A line under a cell: where its training stands, or how it ended. The editor cuts an item at half the cell's width. */
export interface CellSummary {
  items: readonly string[];
  tooltip: string;
}

export function runningSummary(run: RunStatus): CellSummary {
  const moving = [
    run.epochs > 0 ? `epoch ${count(run.epoch)}/${count(run.epochs)}` : `step ${count(run.step)}/${count(run.steps)}`,
    `${count(run.stepsPerSecond, run.stepsPerSecond < 10 ? 1 : 0)} steps/s`,
    run.backend,
    ...(run.etaSeconds === null ? [] : [`${duration(run.etaSeconds)} left`]),
    ...(run.stopping === null ? [] : ["stops after this epoch"]),
  ];
  const work = run.paused ? [`paused at step ${count(run.step)} of ${count(run.steps)}`, run.backend] : moving;
  const quality = [
    ...losses(run.trainLoss, run.validLoss),
    ...(run.metric === null ? [] : [`${words(metricKey(run, run.metric.name))} ${digits(run.metric.value)}`]),
  ];
  return {
    items: lines(run.paused ? "$(debug-pause) " : "$(pulse) ", work, quality),
    tooltip: `step ${count(run.step)} of ${count(run.steps)}, learning rate ${digits(run.lr)}`,
  };
}

export function finishedSummary(run: RunSummary): CellSummary {
  const rate = run.seconds > 0 ? run.steps / run.seconds : 0;
  const work = [
    `${count(run.steps)} steps in ${duration(run.seconds)}`,
    `${count(rate, rate < 10 ? 1 : 0)} steps/s`,
    run.backend,
  ];
  const how = {
    finished: "",
    interrupted: "stopped: ",
    early: "stopped early: ",
    "non-finite": "stopped at a loss that is not finite: ",
  }[run.stopped];
  return { items: lines(`$(graph-line) ${how}`, work, qualityOf(run)), tooltip: `run ${run.name} on ${run.adapter}` };
}

/** Loss and first metric that a run ended with, of the validation set where there is one. */
export function qualityOf({ final }: RunSummary): string[] {
  const metric = ["valid", "train"]
    .map((part) => Object.keys(final).find((name) => name.startsWith(part) && name !== `${part}Loss`))
    .find((name) => name !== undefined);
  return [
    ...losses(final.trainLoss ?? null, final.validLoss ?? null),
    ...(metric === undefined ? [] : [`${words(metric)} ${digits(final[metric] as number)}`]),
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
  if (valid !== null) return [`validation loss ${digits(valid)}`];
  return train === null ? [] : [`loss ${digits(train)}`];
}

/** The key under which a run's end reports the metric: that of the validation set as soon as there is one. */
function metricKey({ validLoss }: RunStatus, name: string): string {
  return `${validLoss === null ? "train" : "valid"}${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** "validAccuracy" is "validation accuracy". */
function words(name: string): string {
  return name.replace(/^valid/, "validation").replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

export function digits(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);
}

export function count(value: number, decimals = 0): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: decimals });
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
