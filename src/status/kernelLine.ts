import * as vscode from "vscode";
import type { BackendName, KernelEvent, RunStatus } from "../../engine/protocol/index.ts";
import type { KernelPhase } from "../controller/session.ts";
import type { Runtime } from "../kernel/index.ts";
import { count, duration } from "./summary.ts";

type Progress = Omit<KernelEvent & { event: "progress" }, "event" | "cell" | "run">;

/** What is known of a notebook's kernel. */
export interface KernelNow {
  phase: KernelPhase;
  /** Index of the cell that runs, from 1. */
  cell: number | null;
  /** Null until something needed one. */
  backend: BackendName | null;
  adapter: string | null;
  runtime: Runtime | null;
  run: RunStatus | null;
  progress: Progress | null;
}

export const NOT_STARTED: KernelNow = {
  phase: "none",
  cell: null,
  backend: null,
  adapter: null,
  runtime: null,
  run: null,
  progress: null,
};

/**
 * One line for the status bar: backend and what the kernel does; `detail` says it in sentences. The editor cuts items at two fifths of the
 * window, so that the line is short and begins with the notebook's `name`, where that is not in front.
 */
export function kernelLine(now: KernelNow, name: string | null): { text: string; detail: string } {
  const icon = iconOf(now);
  const backend = now.run?.backend ?? now.backend;
  // while it trains there is more to say than whose runtime it is
  const whose = backend === null ? "dlnb" : backendWords(backend, now.run === null ? now.runtime : null);
  return {
    text: `$(${icon}) ${[...(name === null ? [] : [name]), whose, doing(now)].join(": ")}`,
    detail: [doing(now), ...backendDetail(backend, now)].join("\n"),
  };
}

function iconOf({ phase, cell, run }: KernelNow): string {
  if (phase === "none") return "circle-outline";
  if (phase === "starting") return "sync~spin";
  if (run !== null) return run.paused ? "debug-pause" : "pulse";
  return cell === null ? "chip" : "sync~spin";
}

function backendWords(backend: BackendName, runtime: Runtime | null): string {
  if (backend === "webgpu") return "WebGPU";
  return runtime === "editor" ? vscode.l10n.t("wasm on the editor's own runtime") : "wasm";
}

function backendDetail(backend: BackendName | null, { adapter, runtime, phase }: KernelNow): string[] {
  if (phase !== "ready") return [];
  return [
    backend === null
      ? vscode.l10n.t("No backend is open yet: the first training opens one.")
      : `${backendWords(backend, runtime)}${adapter === null ? "" : ` (${adapter})`}`,
    ...(runtime === "editor" ? [vscode.l10n.t("The kernel runs on the editor's own runtime, which has no GPU.")] : []),
  ];
}

function doing({ phase, cell, run, progress }: KernelNow): string {
  const { t } = vscode.l10n;
  if (phase === "none") return t("not started");
  if (phase === "starting") return t("starting");
  if (cell === null) return t("idle");
  if (run !== null) {
    const place =
      run.epochs > 0
        ? t("epoch {0}/{1}", count(run.epoch), count(run.epochs))
        : t("step {0}/{1}", count(run.step), count(run.steps));
    if (run.paused) return t("paused at {0}", place);
    if (run.stopping === "epoch") return t("{0}, stops after it", place);
    return run.etaSeconds === null ? place : t("{0}, {1} left", place, duration(run.etaSeconds));
  }
  if (progress === null) return t("busy, cell {0}", cell);
  const { done, total, unit, message } = progress;
  const far = total === null || total === 0 ? `${count(done)} ${unit}` : `${Math.floor((100 * done) / total)} %`;
  return message === "" ? t("cell {0}, {1}", cell, far) : t("cell {0}, {1}: {2}", cell, message, far);
}
