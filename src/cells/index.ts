import * as vscode from "vscode";
import type { CellError } from "../../engine/protocol/index.ts";
import { activeNotebook } from "../commands/active.ts";
import { type Controller, RUN_CELL } from "../controller/controller.ts";
import type { Kernel } from "../controller/kernel.ts";
import { codeIndex } from "../controller/session.ts";
import type { SessionNews } from "../controller/sessions.ts";
import { lastNotebook, onDidChangeNotebookInFront } from "../notebook/inFront.ts";
import { NOTEBOOK_TYPE } from "../notebook/type.ts";
import { notify } from "../notify/index.ts";
import { Checks } from "./checks.ts";
import { keyOf, type Mark, NotebookCells } from "./notebookCells.ts";
import { wordsOf } from "./words.ts";

/** Typing is over after this. */
const PAUSE_MS = 300;

/**
 * Cells that do not lie: says under each cell whether running it again would give something else, because its text or what it uses
 * has changed, and runs those cells. The kernel reads texts, after a pause in typing; nothing waits for it.
 */
export class Cells implements vscode.NotebookCellStatusBarItemProvider, vscode.Disposable {
  readonly #controller: Controller;
  readonly #checks = new Checks();
  readonly #notebooks = new Map<string, NotebookCells>();
  readonly #marks = new Map<string, ReadonlyMap<string, Mark>>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #kernels = new Map<string, number>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCellStatusBarItems = this.#changed.event;
  readonly #disposables: readonly vscode.Disposable[];
  #context = false;

  constructor(controller: Controller) {
    this.#controller = controller;
    controller.sessions.explain = (notebook, error) => this.#explain(notebook, error);
    this.#disposables = [
      this.#changed,
      vscode.notebooks.registerNotebookCellStatusBarItemProvider(NOTEBOOK_TYPE, this),
      controller.sessions.onNews((news) => this.#hear(news)),
      controller.onRestored(({ cell, textHash, when }) => {
        this.#of(cell.notebook.uri).restored(keyOf(cell), textHash, when);
        this.#soon(cell.notebook.uri);
      }),
      vscode.workspace.onDidChangeNotebookDocument(({ notebook, cellChanges, contentChanges }) => {
        if (!this.#notebooks.has(notebook.uri.toString())) return;
        if (contentChanges.length > 0 || cellChanges.some(({ document }) => document !== undefined))
          this.#soon(notebook.uri, PAUSE_MS);
      }),
      vscode.workspace.onDidCloseNotebookDocument(({ uri }) => this.#forget(uri)),
      onDidChangeNotebookInFront(() => this.#setContext()),
      vscode.commands.registerCommand("dlnb.runStaleCells", () => this.#runStale()),
      vscode.commands.registerCommand(RUN_CELL, (uri: unknown, key: unknown) => this.#runMarked(uri, key)),
    ];
  }

  provideCellStatusBarItems(cell: vscode.NotebookCell): vscode.NotebookCellStatusBarItem[] {
    const key = keyOf(cell);
    const mark = this.#marks.get(cell.notebook.uri.toString())?.get(key);
    if (mark === undefined || cell.kind !== vscode.NotebookCellKind.Code) return [];
    const { text, detail } = wordsOf(mark);
    const icon = mark.is === "stale" || (mark.is === "earlier" && mark.changed) ? "$(warning)" : "$(history)";
    const item = new vscode.NotebookCellStatusBarItem(`${icon} ${text}`, vscode.NotebookCellStatusBarAlignment.Left);
    const title = vscode.l10n.t("Run this cell, and first what it needs");
    item.tooltip = `${capitalized(text)}. ${detail}\n\n${title}`;
    item.accessibilityInformation = { label: `${text}. ${title}`, role: "button" };
    item.command = { command: RUN_CELL, title, arguments: [cell.notebook.uri.toString(), key] };
    // before what a run says of itself
    item.priority = 10;
    return [item];
  }

  /** The cell that defined a name last, and its line there, from 1. */
  async definition(notebook: vscode.NotebookDocument, name: string) {
    const cells = this.#of(notebook.uri);
    const kernel = await this.#kernel(notebook.uri);
    if (kernel !== null)
      await Promise.race([cells.check(notebook, kernel), new Promise((late) => setTimeout(late, 1000))]);
    return cells.definition(notebook, name);
  }

  dispose(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #hear(news: SessionNews): void {
    const cells = this.#of(news.notebook);
    switch (news.news) {
      case "running":
        cells.running(keyOf(news.cell), news.running);
        break;
      case "ran": {
        const kernel = this.#kernel(news.notebook);
        const born = this.#kernels.get(news.notebook.toString());
        const told = async () => {
          const running = await kernel;
          if (running !== null) await this.#checks.ask([news.run.text], running);
          // its kernel may have ended meanwhile
          if (born === this.#kernels.get(news.notebook.toString())) cells.ran(news.run);
          this.#soon(news.notebook);
        };
        void told();
        return;
      }
      case "kernel":
        if (news.phase !== "none") return;
        this.#kernels.set(news.notebook.toString(), (this.#kernels.get(news.notebook.toString()) ?? 0) + 1);
        cells.kernelGone();
        break;
      case "event":
        return;
      default:
        news satisfies never;
    }
    this.#soon(news.notebook);
  }

  /** Says of a name that is not there which cell defines it. */
  async #explain(uri: vscode.Uri, error: CellError): Promise<CellError> {
    const name = error.name === "ReferenceError" ? /^([\w$]+) is not defined/.exec(error.message)?.[1] : undefined;
    const notebook = openNotebook(uri);
    const place = name === undefined || notebook === undefined ? null : await this.definition(notebook, name);
    if (name === undefined || place === null) return error;
    const remedy = vscode.l10n.t("Cell {0} defines {1} and has not run in this kernel.", codeIndex(place.cell), name);
    return { ...error, remedy, needs: true };
  }

  #of(uri: vscode.Uri): NotebookCells {
    const key = uri.toString();
    const known = this.#notebooks.get(key);
    if (known !== undefined) return known;
    const cells = new NotebookCells(this.#checks);
    this.#notebooks.set(key, cells);
    return cells;
  }

  #soon(uri: vscode.Uri, wait = 20): void {
    const key = uri.toString();
    clearTimeout(this.#timers.get(key));
    this.#timers.set(
      key,
      setTimeout(() => {
        this.#timers.delete(key);
        void this.#look(uri);
      }, wait),
    );
  }

  /** Marks what is known at once, and the rest when the kernel has read it. */
  async #look(uri: vscode.Uri): Promise<void> {
    const notebook = openNotebook(uri);
    const cells = this.#notebooks.get(uri.toString());
    if (notebook === undefined || cells === undefined) return;
    this.#show(notebook, cells);
    if (cells.unknown(notebook).length === 0) return;
    const kernel = await this.#kernel(uri);
    if (kernel === null) return;
    await cells.check(notebook, kernel);
    if (!notebook.isClosed) this.#show(notebook, cells);
  }

  #show(notebook: vscode.NotebookDocument, cells: NotebookCells): void {
    const key = notebook.uri.toString();
    const marks = cells.marks(notebook);
    const before = this.#marks.get(key);
    this.#marks.set(key, marks);
    this.#setContext();
    if (describe(before) !== describe(marks)) this.#changed.fire();
  }

  #setContext(): void {
    const notebook = lastNotebook();
    const marks = notebook === undefined ? undefined : this.#marks.get(notebook.uri.toString());
    const stale = marks !== undefined && [...marks.values()].some(counts);
    if (stale === this.#context) return;
    this.#context = stale;
    void vscode.commands.executeCommand("setContext", "dlnb.stale", stale);
  }

  async #runStale(): Promise<void> {
    const notebook = activeNotebook(vscode.l10n.t("Run Stale Cells"));
    if (notebook === null) return;
    const wanted = await this.#upToDate(notebook, (marks) =>
      [...marks].flatMap(([key, mark]) => (counts(mark) ? [key] : [])),
    );
    if (wanted.length > 0) return this.#controller.run(wanted, notebook);
    const busy = this.#controller.sessions.get(notebook)?.busy ?? false;
    void notify.showInformationMessage(
      busy
        ? vscode.l10n.t("No cell is stale but what runs already.")
        : vscode.l10n.t("No cell is stale: all that ran would give the same again."),
    );
  }

  async #runMarked(uri: unknown, key: unknown): Promise<void> {
    const notebook = vscode.workspace.notebookDocuments.find((open) => open.uri.toString() === uri);
    if (notebook === undefined || typeof key !== "string") return;
    await this.#controller.run(await this.#upToDate(notebook, () => [key]), notebook);
  }

  /** The cells to run, found with all texts read: that takes a kernel. */
  async #upToDate(
    notebook: vscode.NotebookDocument,
    choose: (marks: ReadonlyMap<string, Mark>) => string[],
  ): Promise<vscode.NotebookCell[]> {
    const cells = this.#of(notebook.uri);
    if (choose(cells.marks(notebook)).length === 0 && cells.unknown(notebook).length === 0) return [];
    const session = this.#controller.sessions.get(notebook);
    // without one the first cell says why it does not start
    const kernel =
      cells.unknown(notebook).length === 0 || !vscode.workspace.isTrusted ? null : await this.#open(notebook);
    if (kernel !== null) await cells.check(notebook, kernel);
    const plan = cells.plan(notebook, choose(cells.marks(notebook)));
    return plan.filter((cell) => !(session?.has(keyOf(cell)) ?? false));
  }

  #open(notebook: vscode.NotebookDocument): Promise<Kernel | null> {
    return this.#controller.sessions.open(notebook).catch(() => null);
  }

  async #kernel(uri: vscode.Uri): Promise<Kernel | null> {
    const session = this.#controller.sessions.at(uri);
    return (await session?.kernel?.catch(() => null)) ?? null;
  }

  /** A notebook that is closed keeps its kernel for a moment, and the cells what they know as long. */
  #forget(uri: vscode.Uri): void {
    const key = uri.toString();
    this.#marks.delete(key);
    for (const known of this.#notebooks.keys()) {
      const address = vscode.Uri.parse(known);
      if (openNotebook(address) === undefined && this.#controller.sessions.at(address) === undefined)
        this.#notebooks.delete(known);
    }
  }
}

/** Whether "Run Stale Cells" runs the cell. Outputs from disk that fit their text are only said to be old. */
function counts(mark: Mark): boolean {
  return mark.is !== "earlier" || mark.changed;
}

function openNotebook(uri: vscode.Uri): vscode.NotebookDocument | undefined {
  return vscode.workspace.notebookDocuments.find((notebook) => notebook.uri.toString() === uri.toString());
}

function describe(marks: ReadonlyMap<string, Mark> | undefined): string {
  return JSON.stringify([...(marks ?? [])]);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
