import { rm } from "node:fs/promises";
import * as vscode from "vscode";
import { runFolderOf } from "../outputs/runFolder.ts";
import { cellId } from "./cellIds.ts";
import { lastNotebook } from "./inFront.ts";
import { addressesOf, openNotebook } from "./tabs.ts";
import { NOTEBOOK_TYPE } from "./type.ts";

/** "Save As" opens the new file, writes it and shows it, within this time. */
const WITHIN_MS = 30_000;
/** An untitled notebook that was closed has been thrown away, unless it is saved by then. */
const THROWN_AWAY_MS = 5000;

/**
 * Notices that a notebook is saved under another name, or for the first time, which the editor does not tell: a notebook is opened
 * without cells, gets those of the notebook in front, is saved, and takes its tab.
 */
export class SavedAs implements vscode.Disposable {
  readonly #opened = new WeakMap<vscode.NotebookDocument, number>();
  /** Notebooks whose runs have gone to another, or were to. */
  readonly #kept = new WeakSet<vscode.NotebookDocument>();
  readonly #sources = new Map<string, vscode.NotebookDocument>();
  readonly #listening: readonly vscode.Disposable[];

  constructor(saved: (from: vscode.NotebookDocument, to: vscode.NotebookDocument) => Promise<void>) {
    const { workspace, window } = vscode;
    this.#listening = [
      workspace.onDidOpenNotebookDocument((notebook) => this.#opened.set(notebook, Date.now())),
      workspace.onWillSaveNotebookDocument(({ notebook }) => {
        const since = Date.now() - (this.#opened.get(notebook) ?? 0);
        const source = lastNotebook();
        if (since > WITHIN_MS || source === undefined || source === notebook || !sameCells(source, notebook)) return;
        this.#sources.set(notebook.uri.toString(), source);
      }),
      window.tabGroups.onDidChangeTabs(({ opened }) => {
        for (const address of addressesOf(opened)) {
          const [source, notebook] = [this.#sources.get(address), openNotebook(address)];
          this.#sources.delete(address);
          if (source === undefined || notebook === undefined) continue;
          this.#kept.add(source);
          void saved(source, notebook);
        }
      }),
      workspace.onDidCloseNotebookDocument((notebook) => {
        if (notebook.isUntitled && notebook.notebookType === NOTEBOOK_TYPE)
          setTimeout(() => void this.#throwAway(notebook), THROWN_AWAY_MS);
      }),
    ];
  }

  dispose(): void {
    for (const listener of this.#listening) listener.dispose();
  }

  async #throwAway(notebook: vscode.NotebookDocument): Promise<void> {
    const folder = runFolderOf(notebook);
    if (folder === null || this.#kept.has(notebook) || openNotebook(notebook.uri.toString()) !== undefined) return;
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

const sameCells = (a: vscode.NotebookDocument, b: vscode.NotebookDocument): boolean =>
  a.notebookType === b.notebookType &&
  a.cellCount === b.cellCount &&
  a.getCells().every((cell, i) => {
    const other = b.cellAt(i);
    return cellId(cell) === cellId(other) && cell.document.getText() === other.document.getText();
  });
