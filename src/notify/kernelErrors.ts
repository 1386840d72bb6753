import * as vscode from "vscode";
import { notify } from "./index.ts";

/** Kinds that are remembered. */
const MOST = 100;

/** Tells what a kernel could not do beside its cells, as to save their outputs: each kind once, the rest stands in the log. */
export class KernelErrors {
  readonly #told = new Set<string>();
  readonly #log: Pick<vscode.LogOutputChannel, "show">;

  constructor(log: Pick<vscode.LogOutputChannel, "show">) {
    this.#log = log;
  }

  async tell(text: string): Promise<void> {
    const [line = ""] = text.split("\n", 1);
    // of another cell, or at another step, it is the same
    const kind = line.replaceAll(/\d+/g, "");
    if (this.#told.has(kind) || this.#told.size >= MOST) return;
    this.#told.add(kind);
    const show = vscode.l10n.t("Show Kernel Log");
    const said = `${line.charAt(0).toUpperCase()}${line.slice(1)}`;
    if ((await notify.showWarningMessage(said, show)) === show) this.#log.show();
  }
}
