import * as vscode from "vscode";
import type { BackendChoice } from "../engine/protocol/index.ts";

export interface Settings {
  backend: BackendChoice;
  threads: number;
  /** Empty: the runtime that comes with the extension. */
  nodePath: string;
  /** How long a kernel goes on without its window while a cell runs. */
  keepAliveSeconds: number;
  /** What a settings file says wrongly, in words. */
  mistakes: readonly string[];
}

const BACKENDS: readonly BackendChoice[] = ["auto", "webgpu", "wasm"];
const MOST_THREADS = 256;
const [KEEP_ALIVE, MOST_KEEP_ALIVE] = [600, 86_400];

/** The settings as they are now; what a settings file says wrongly counts as not said, and is told. */
export function readSettings(scope?: vscode.Uri): Settings {
  const settings = vscode.workspace.getConfiguration("dlnb", scope);
  const backend = settings.get("backend") as BackendChoice;
  const threads = settings.get("threads");
  const nodePath = settings.get("kernel.nodePath");
  const keepAlive = settings.get("kernel.keepAlive");
  const mistakes: string[] = [];
  const valid = <T>(name: string, value: unknown, fits: boolean, wanted: string, instead: T): T => {
    if (fits || value === undefined) return fits ? (value as T) : instead;
    mistakes.push(`dlnb.${name} = ${JSON.stringify(value)} is no ${wanted}; ${JSON.stringify(instead)} counts instead`);
    return instead;
  };
  const seconds = typeof keepAlive === "number" && keepAlive >= 0 && keepAlive <= MOST_KEEP_ALIVE;
  const whole = Number.isInteger(threads) && (threads as number) >= 0 && (threads as number) <= MOST_THREADS;
  return {
    backend: valid("backend", backend, BACKENDS.includes(backend), "backend (auto, webgpu, wasm)", "auto"),
    threads: valid("threads", threads, whole, `whole number from 0 to ${MOST_THREADS}`, 0),
    nodePath: valid("kernel.nodePath", nodePath, typeof nodePath === "string", "path", "").trim(),
    keepAliveSeconds: valid(
      "kernel.keepAlive",
      keepAlive as number,
      seconds,
      `number of seconds from 0 to ${MOST_KEEP_ALIVE}`,
      KEEP_ALIVE,
    ),
    mistakes,
  };
}
