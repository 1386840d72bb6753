import * as vscode from "vscode";
import type { KernelEvent } from "../../engine/protocol/index.ts";
import { type CellSummary, finishedSummary, progressSummary, runningSummary } from "./summary.ts";

const INTERVAL_MS = 500;

/** Lines in the cells' status bars: training while it runs, and its result after. */
export class CellStatus implements vscode.NotebookCellStatusBarItemProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCellStatusBarItems = this.#changed.event;
  readonly #summaries = new WeakMap<vscode.NotebookCell, CellSummary>();
  #timer: NodeJS.Timeout | null = null;

  /** A cell starts: what was said about its last run is over. */
  clear(cell: vscode.NotebookCell): void {
    this.#summaries.delete(cell);
    this.#soon();
  }

  handle(cell: vscode.NotebookCell, event: KernelEvent): void {
    if (event.event === "run") this.#summaries.set(cell, finishedSummary(event.run));
    else if (event.event === "progress") {
      const { run, done, total, unit, message } = event;
      this.#summaries.set(cell, run === null ? progressSummary(done, total, unit, message) : runningSummary(run));
    } else return;
    this.#soon();
  }

  /** A cell has ended: a progress line that was not followed by a result goes. */
  ended(cell: vscode.NotebookCell): void {
    const text = this.#summaries.get(cell)?.items[0] ?? "";
    if (/^\$\((?:pulse|debug-pause|sync)/.test(text)) this.#summaries.delete(cell);
    this.#soon();
  }

  provideCellStatusBarItems(cell: vscode.NotebookCell): vscode.NotebookCellStatusBarItem[] {
    const summary = this.#summaries.get(cell);
    if (summary === undefined) return [];
    return summary.items.map((text) => {
      const item = new vscode.NotebookCellStatusBarItem(text, vscode.NotebookCellStatusBarAlignment.Left);
      item.tooltip = summary.tooltip;
      return item;
    });
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#changed.dispose();
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#changed.fire();
    }, INTERVAL_MS);
  }
}
