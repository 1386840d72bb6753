import type { RunStatus } from "../../engine/protocol/index.ts";
import { count, duration, figure } from "../report/numbers.ts";

export interface Progress {
  done: number;
  total: number | null;
  unit: string;
  message: string;
  run: RunStatus | null;
}

/** Where work stands, in one line of at most `width` characters; in a narrow one the least needed is left out first. */
export function progressLine(cell: number, { done, total, unit, message, run }: Progress, width: number): string {
  const share = total ? Math.min(1, done / total) : null;
  const at = run
    ? `step ${count(run.step)}/${count(run.steps)}`
    : `${count(done)}${total ? `/${count(total)}` : ""} ${unit}`;
  /** Text, and when it goes: 0 last. */
  const parts: [string, number][] = [
    [`cell ${cell}`, 4],
    [share === null ? "" : bar(share), 2],
    [share === null ? "" : `${Math.floor(100 * share)} %`.padStart(5), 0],
    [at, run ? 3 : 0],
    [run ? value("loss", run.trainLoss) : message, 0],
    [value("valid loss", run?.validLoss ?? null), 5],
    [run?.metric ? value(run.metric.name, run.metric.value) : "", 1],
    [run && !run.paused ? `${rate(run.stepsPerSecond)} steps/s` : "", 1],
    [run ? pace(run) : "", 0],
  ];
  for (let least = 6; least >= 0; least--) {
    const line = parts.flatMap(([text, goes]) => (text !== "" && goes < least ? text : [])).join("  ");
    if (line.length <= width) return line;
  }
  return "";
}

/** The same for a file: no bar, the epoch first. */
export function plainProgress({ done, total, unit, message, run }: Progress): string {
  if (!run) return [`${count(done)}${total ? ` of ${count(total)}` : ""} ${unit}`, message].filter(Boolean).join(", ");
  const at = run.epochs > 0 ? `epoch ${run.epoch}/${run.epochs}, ` : "";
  return `${at}step ${count(run.step)}/${count(run.steps)}: ${[...figures(run), ...(run.paused ? [] : [`${rate(run.stepsPerSecond)} steps/s`]), pace(run)].join(", ")}`;
}

/** How long it goes on, or that it waits. */
const pace = ({ paused, stopping, etaSeconds }: RunStatus): string =>
  paused ? "paused" : stopping ? "stops after this epoch" : `ETA ${duration(etaSeconds)}`;

function figures({ trainLoss, validLoss, metric }: RunStatus): string[] {
  const all = [
    value("loss", trainLoss),
    value("valid loss", validLoss),
    value(metric?.name ?? "", metric?.value ?? null),
  ];
  return all.filter(Boolean);
}

const value = (name: string, number: number | null) => (number === null ? "" : `${name} ${figure(number)}`);

function bar(share: number, width = 10): string {
  const full = Math.floor(share * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

function rate(perSecond: number): string {
  return perSecond >= 10 ? count(Math.round(perSecond)) : perSecond.toFixed(1);
}
