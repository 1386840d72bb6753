import * as vscode from "vscode";
import type { RunSummary } from "../../engine/protocol/index.ts";
import type { Controller } from "../controller/controller.ts";
import { codeIndex } from "../controller/session.ts";
import type { SessionNews } from "../controller/sessions.ts";
import { notify } from "../notify/index.ts";
import { duration, qualityOf } from "./summary.ts";

const DEFAULT_SECONDS = 60;

/** What has been seen of a cell that runs. */
interface Running {
  readonly since: number;
  /** Not known while it runs; false when its kernel ended. */
  ok: boolean;
  run: RunSummary | null;
}

/** Says that a cell has ended when it took long and nobody was looking. */
export class LongRuns implements vscode.Disposable {
  readonly #running = new Map<string, Running>();
  readonly #listening: vscode.Disposable;

  constructor(controller: Controller) {
    this.#listening = controller.sessions.onNews((news) => this.#hear(news));
  }

  dispose(): void {
    this.#listening.dispose();
  }

  #hear(news: SessionNews): void {
    const key = news.notebook.toString();
    const running = this.#running.get(key);
    switch (news.news) {
      case "running":
        if (news.running) this.#running.set(key, { since: Date.now(), ok: false, run: null });
        else if (running !== undefined) {
          this.#running.delete(key);
          if (isLong(running, news.notebook) && !inView(news.notebook)) void tell(news.cell, running);
        }
        return;
      case "ran":
        if (running !== undefined) running.ok = news.run.ok;
        return;
      case "event":
        if (news.event.event === "run" && running !== undefined) running.run = news.event.run;
        return;
      case "kernel":
        return;
      default:
        news satisfies never;
    }
  }
}

function isLong({ since }: Running, notebook: vscode.Uri): boolean {
  const given = vscode.workspace.getConfiguration("dlnb", notebook).get<unknown>("notifications.longRun");
  const seconds = typeof given === "number" && given >= 0 ? given : DEFAULT_SECONDS;
  return seconds > 0 && Date.now() - since >= seconds * 1000;
}

function inView(notebook: vscode.Uri): boolean {
  const shown = vscode.window.visibleNotebookEditors.some(
    (editor) => editor.notebook.uri.toString() === notebook.toString(),
  );
  return vscode.window.state.focused && shown;
}

async function tell(cell: vscode.NotebookCell, { since, ok, run }: Running): Promise<void> {
  const { t } = vscode.l10n;
  const name = cell.notebook.uri.path.split("/").at(-1) ?? "";
  const took = duration((Date.now() - since) / 1000);
  const figures = run === null ? [] : qualityOf(run);
  const what = ok
    ? t("Cell {0} of {1} has finished after {2}", codeIndex(cell), name, took)
    : t("Cell {0} of {1} has stopped after {2} without finishing", codeIndex(cell), name, took);
  const text = figures.length > 0 ? `${what}: ${figures.join(", ")}` : what;
  const show = t("Show");
  const { showInformationMessage, showWarningMessage } = notify;
  if ((await (ok ? showInformationMessage : showWarningMessage)(text, show)) !== show) return;
  // the notebook may have been closed and opened again meanwhile
  const notebook = await vscode.workspace.openNotebookDocument(cell.notebook.uri);
  const at = Math.max(0, Math.min(cell.index, notebook.cellCount - 1));
  const range = new vscode.NotebookRange(at, at + 1);
  const editor = await vscode.window.showNotebookDocument(notebook, { selections: [range] });
  editor.revealRange(range, vscode.NotebookEditorRevealType.InCenterIfOutsideViewport);
}
