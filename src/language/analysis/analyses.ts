import { homedir } from "node:os";
import * as vscode from "vscode";
import type { CellAnalysis, CellHint, CellProblem } from "../../../engine/protocol/index.ts";
import type { AnalystProcess } from "./process.ts";

/** Notebooks are looked at this long after the last change. */
const QUIET_MS = 300;
/** The process is kept this long for a notebook that is opened again. */
const GRACE_MS = 10_000;

/** A text that cannot be looked at is tried once more, by a new process: the machine may have been busy. */
const MOST_TRIES = 2;

/** What is known of a cell's text. Offsets are of the text as it stands: edits move them until the next answer. */
export interface KnownCell {
  readonly hints: readonly CellHint[];
  readonly problems: readonly CellProblem[];
  /** The document's version that problems and their fixes are of. */
  readonly version: number;
}

/** Looks at the cells of visible notebooks, each time they have changed and been left alone for a moment. Nothing in untrusted workspaces. */
export class Analyses implements vscode.Disposable {
  readonly #type: string;
  readonly #process: AnalystProcess;
  readonly #known = new Map<string, KnownCell>();
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  readonly #changed = new vscode.EventEmitter<vscode.TextDocument>();
  readonly #disposables: readonly vscode.Disposable[];
  /** Texts that could not be looked at and how often that was tried, by their notebook. */
  readonly #failed = new Map<string, { readonly text: string; readonly tries: number }>();
  #busy: Promise<void> = Promise.resolve();
  #ending: NodeJS.Timeout | undefined;

  /** A cell of which something new is known. */
  readonly onDidChange = this.#changed.event;

  constructor(type: string, process: AnalystProcess) {
    this.#type = type;
    this.#process = process;
    const { workspace, window } = vscode;
    this.#disposables = [
      this.#changed,
      window.onDidChangeVisibleNotebookEditors((editors) => {
        for (const { notebook } of editors) this.#soon(notebook, 0);
      }),
      workspace.onDidOpenNotebookDocument((notebook) => this.#soon(notebook)),
      workspace.onDidSaveNotebookDocument((notebook) => this.#soon(notebook)),
      workspace.onDidChangeNotebookDocument(({ notebook, contentChanges }) => {
        for (const { removedCells } of contentChanges) for (const cell of removedCells) this.#forget(cell);
        if (contentChanges.length > 0) this.#soon(notebook);
      }),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => this.#edited(document, contentChanges)),
      workspace.onDidCloseNotebookDocument((notebook) => this.#closed(notebook)),
      // the Problems view itself may hold a notebook open that nobody sees any more
      window.tabGroups.onDidChangeTabs(({ closed }) => {
        if (closed.length > 0) this.#leave();
      }),
      workspace.onDidGrantWorkspaceTrust(() => this.again()),
    ];
    this.again();
  }

  of(document: vscode.TextDocument): KnownCell | undefined {
    return this.#known.get(document.uri.toString());
  }

  /** Looks at all visible notebooks. */
  again(): void {
    for (const { notebook } of vscode.window.visibleNotebookEditors) this.#soon(notebook, 0);
  }

  dispose(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    clearTimeout(this.#ending);
    this.#process.stop();
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #soon(notebook: vscode.NotebookDocument, ms = QUIET_MS): void {
    if (notebook.notebookType !== this.#type || !vscode.workspace.isTrusted) return;
    if (!vscode.window.visibleNotebookEditors.some((editor) => editor.notebook === notebook)) return;
    clearTimeout(this.#ending);
    const key = notebook.uri.toString();
    clearTimeout(this.#waiting.get(key));
    const look = () => {
      this.#waiting.delete(key);
      // one after the other: a later text waits for the answer to the one before
      this.#busy = this.#busy.then(() => this.#look(notebook)).catch(() => {});
    };
    this.#waiting.set(key, setTimeout(look, ms));
  }

  async #look(notebook: vscode.NotebookDocument): Promise<void> {
    if (notebook.isClosed || this.#waiting.has(notebook.uri.toString())) return;
    const documents = notebook
      .getCells()
      .filter(({ kind, document }) => kind === vscode.NotebookCellKind.Code && LANGUAGES.includes(document.languageId))
      .map(({ document }) => document);
    const cells = documents.map((document) => ({ cell: document.uri.toString(), text: document.getText() }));
    const versions = documents.map(({ version }) => version);
    const key = notebook.uri.toString();
    const asked = JSON.stringify(cells);
    const failed = this.#failed.get(key);
    const tries = failed?.text === asked ? failed.tries : 0;
    if (tries >= MOST_TRIES) return;
    const onDisk = !notebook.isUntitled && notebook.uri.scheme === "file";
    const answers = await this.#process.analyze({
      notebook: onDisk ? notebook.uri.fsPath : null,
      folder: vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file")?.uri.fsPath ?? homedir(),
      cells,
    });
    if (answers === null) this.#failed.set(key, { text: asked, tries: tries + 1 });
    else this.#failed.delete(key);
    // an answer to what no longer stands there is none
    if (notebook.isClosed || documents.some((document, i) => document.isClosed || document.version !== versions[i]))
      return;
    for (const document of documents) {
      this.#hear(
        document,
        answers?.find(({ cell }) => cell === document.uri.toString()),
      );
    }
    if (answers === null) this.#soon(notebook);
  }

  #hear(document: vscode.TextDocument, answer: CellAnalysis | undefined): void {
    const key = document.uri.toString();
    const before = this.#known.get(key);
    // while a text is being written its hints stay where they are
    const hints = answer === undefined ? [] : answer.parsed ? answer.hints : (before?.hints ?? []);
    this.#known.set(key, { hints, problems: answer?.problems ?? [], version: document.version });
    this.#changed.fire(document);
  }

  #edited(document: vscode.TextDocument, changes: readonly vscode.TextDocumentContentChangeEvent[]): void {
    const notebook = vscode.workspace.notebookDocuments.find(
      ({ notebookType, uri }) => notebookType === this.#type && uri.path === document.uri.path,
    );
    if (!notebook || changes.length === 0) return;
    const key = document.uri.toString();
    const known = this.#known.get(key);
    if (known) this.#known.set(key, { ...known, hints: changes.reduce(moved, known.hints) });
    this.#soon(notebook);
  }

  #closed(notebook: vscode.NotebookDocument, shown?: ReadonlySet<string>): void {
    if (notebook.notebookType !== this.#type) return;
    const key = notebook.uri.toString();
    clearTimeout(this.#waiting.get(key));
    this.#waiting.delete(key);
    this.#failed.delete(key);
    for (const cell of notebook.getCells()) this.#forget(cell);
    const left = vscode.workspace.notebookDocuments.some(
      (other) => other !== notebook && other.notebookType === this.#type && (shown?.has(other.uri.toString()) ?? true),
    );
    if (left) return;
    clearTimeout(this.#ending);
    this.#ending = setTimeout(() => this.#process.stop(), GRACE_MS);
  }

  /** Forgets notebooks that are in no tab. */
  #leave(): void {
    const shown = new Set(
      vscode.window.tabGroups.all.flatMap(({ tabs }) =>
        tabs.flatMap(({ input }) => (input instanceof vscode.TabInputNotebook ? [input.uri.toString()] : [])),
      ),
    );
    for (const notebook of vscode.workspace.notebookDocuments) {
      if (notebook.notebookType === this.#type && !shown.has(notebook.uri.toString())) this.#closed(notebook, shown);
    }
  }

  #forget({ document }: vscode.NotebookCell): void {
    if (this.#known.delete(document.uri.toString())) this.#changed.fire(document);
  }
}

const LANGUAGES = ["typescript", "javascript"];

/** Hints after an edit: those in what was replaced are gone, those behind it move. */
const moved = (
  hints: readonly CellHint[],
  { rangeOffset, rangeLength, text }: vscode.TextDocumentContentChangeEvent,
): readonly CellHint[] =>
  hints.flatMap((hint) => {
    if (hint.offset <= rangeOffset) return [hint];
    if (hint.offset < rangeOffset + rangeLength) return [];
    return [{ ...hint, offset: hint.offset + text.length - rangeLength }];
  });
