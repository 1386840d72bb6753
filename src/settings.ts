import * as vscode from "vscode";
import type { BackendChoice } from "../engine/protocol/index.ts";

export interface Settings {
  backend: BackendChoice;
  threads: number;
  /** Empty: the runtime that comes with the extension. */
  nodePath: string;
}

const BACKENDS: readonly BackendChoice[] = ["auto", "webgpu", "wasm"];

/** The settings as they are now; what a settings file says wrongly counts as not said. */
export function readSettings(scope?: vscode.Uri): Settings {
  const settings = vscode.workspace.getConfiguration("dlnb", scope);
  const backend = settings.get("backend") as BackendChoice;
  const threads = settings.get("threads");
  const nodePath = settings.get("kernel.nodePath");
  return {
    backend: BACKENDS.includes(backend) ? backend : "auto",
    threads: Number.isInteger(threads) && (threads as number) >= 0 ? (threads as number) : 0,
    nodePath: typeof nodePath === "string" ? nodePath.trim() : "",
  };
}
