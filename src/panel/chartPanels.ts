import * as vscode from "vscode";
import type { Action, Chart, RunControl } from "../../engine/protocol/index.ts";
import { readMessage, saveChart, type ToRenderer } from "../controller/messages.ts";
import { notebookOfPanel } from "../notebook/inFront.ts";
import { page } from "./page.ts";

export interface PanelHost {
  /** The chart with all rows while it grows; asked whenever the page is made anew. */
  growing(): Chart | null;
  /** Does what a button under the chart offers; not given: its cell is gone. */
  act?(action: Action): void;
  /** Changes a run of the notebook. */
  control(run: string, change: RunControl): void;
  /** Where the runs of the notebook stand. */
  live(): readonly ToRenderer[];
}

/** Panels beside the notebook, one per chart; those of running cells grow as the notebook's own do. */
export class ChartPanels implements vscode.Disposable {
  readonly #dist: vscode.Uri;
  readonly #panels = new Map<string, { panel: vscode.WebviewPanel; chart: Chart; notebook: string }>();

  constructor(extension: vscode.Uri) {
    this.#dist = vscode.Uri.joinPath(extension, "dist");
  }

  open(chart: Chart, { growing, act, control, live }: PanelHost, notebook: vscode.NotebookDocument): void {
    const open = this.#panels.get(chart.id);
    if (open !== undefined) {
      open.panel.reveal(undefined, true);
      return;
    }
    const panel = vscode.window.createWebviewPanel(
      "dlnb.chart",
      chart.title,
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      { enableScripts: true, localResourceRoots: [this.#dist] },
    );
    const entry = { panel, chart, notebook: notebook.uri.toString() };
    this.#panels.set(chart.id, entry);
    panel.onDidDispose(() => this.#panels.delete(chart.id));
    panel.onDidChangeViewState(() => panel.active && notebookOfPanel(notebook.uri));
    panel.webview.onDidReceiveMessage(async (message: unknown) => {
      const known = readMessage(message);
      if (known?.type === "ready") {
        const messages: ToRenderer[] = [{ type: "chart", chart: growing() ?? entry.chart }, ...live()];
        for (const one of messages) await panel.webview.postMessage(one);
      } else if (known?.type === "act") act?.(known.action);
      else if (known?.type === "control") control(known.run, known.change);
      else if (known?.type === "save") await saveChart(notebook, known.name, known.base64);
    });
    panel.webview.html = page(panel.webview, this.#dist, "chart");
  }

  /** A run of the notebook moved on. */
  sendLive(notebook: vscode.Uri, message: ToRenderer & { type: "live" }): void {
    for (const { panel, notebook: own } of this.#panels.values()) {
      if (own === notebook.toString()) void panel.webview.postMessage(message);
    }
  }

  /** A chart grew, or its last word has come. */
  send(message: Exclude<ToRenderer, { type: "live" | "words" }>): void {
    const entry = this.#panels.get(message.type === "chart" ? message.chart.id : message.chart);
    if (entry === undefined) return;
    if (message.type === "chart") {
      entry.chart = message.chart;
      entry.panel.title = message.chart.title;
    }
    void entry.panel.webview.postMessage(message);
  }

  dispose(): void {
    for (const { panel } of this.#panels.values()) panel.dispose();
  }
}
