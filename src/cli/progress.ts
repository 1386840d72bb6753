import type { RunStatus } from "../../engine/protocol/index.ts";

export interface Progress {
  done: number;
  total: number | null;
  unit: string;
  message: string;
  run: RunStatus | null;
}

/** Where work stands, in one line of at most `width` characters: what does not fit is left out from the end. */
export function progressLine(cell: number, progress: Progress, width: number): string {
  const { done, total, unit, message, run } = progress;
  const share = total ? Math.min(1, done / total) : null;
  const parts = [`cell ${cell}`];
  if (share !== null) parts.push(bar(share), `${Math.floor(100 * share)} %`.padStart(5));
  parts.push(
    run ? `step ${count(run.step)}/${count(run.steps)}` : `${count(done)}${total ? `/${count(total)}` : ""} ${unit}`,
  );
  if (run) parts.push(...figures(run), `${rate(run.stepsPerSecond)} steps/s`, `ETA ${duration(run.etaSeconds)}`);
  else if (message) parts.push(message);
  let line = "";
  for (const part of parts) {
    const longer = line === "" ? part : `${line}  ${part}`;
    if (longer.length > width) break;
    line = longer;
  }
  return line;
}

/** The same for a file: no bar, the epoch first. */
export function plainProgress({ done, total, unit, message, run }: Progress): string {
  if (!run) return [`${count(done)}${total ? ` of ${count(total)}` : ""} ${unit}`, message].filter(Boolean).join(", ");
  const at = run.epochs > 0 ? `epoch ${run.epoch}/${run.epochs}, ` : "";
  return `${at}step ${count(run.step)}/${count(run.steps)}: ${[...figures(run), `${rate(run.stepsPerSecond)} steps/s`, `ETA ${duration(run.etaSeconds)}`].join(", ")}`;
}

function figures({ trainLoss, validLoss, metric }: RunStatus): string[] {
  return [
    ...(trainLoss === null ? [] : [`loss ${figure(trainLoss)}`]),
    ...(validLoss === null ? [] : [`valid ${figure(validLoss)}`]),
    ...(metric === null ? [] : [`${metric.name} ${figure(metric.value)}`]),
  ];
}

function bar(share: number, width = 20): string {
  const full = Math.floor(share * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

/** Four digits: 0.01234, 12.3, 1.2e-7. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(2);
  return value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 4);
}

export const count = (n: number) => n.toLocaleString("en-US");

function rate(perSecond: number): string {
  return perSecond >= 10 ? count(Math.round(perSecond)) : perSecond.toFixed(1);
}

/** `850 ms`, `12.3 s`, `4 min 5 s`, `2 h 3 min`. */
export function duration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return "?";
  if (seconds < 1) return `${Math.round(1000 * seconds)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min ${Math.round(seconds % 60) % 60} s`;
}

/** testAccuracy: "test accuracy". */
export const words = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
