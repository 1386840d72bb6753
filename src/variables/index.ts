import * as vscode from "vscode";
import type { Cells } from "../cells/index.ts";
import type { Controller } from "../controller/controller.ts";
import type { Kernel } from "../controller/kernel.ts";
import { lastNotebook, onDidChangeNotebookInFront } from "../notebook/inFront.ts";
import { notify } from "../notify/index.ts";
import { REVEAL, type Shown, VariablesTree } from "./tree.ts";
import { kernelMemory } from "./words.ts";

/** Cells that follow each other make one refresh. */
const PAUSE_MS = 120;
/** A kernel that does not answer within this computes. */
const PATIENCE_MS = 1500;

/** The view of a notebook's names: that of the notebook in front, or the last one that was. */
export class Variables implements vscode.Disposable {
  readonly #controller: Controller;
  readonly #cells: Cells;
  readonly #tree = new VariablesTree();
  readonly #view: vscode.TreeView<Shown>;
  readonly #disposables: readonly vscode.Disposable[];
  #notebook: vscode.NotebookDocument | null = null;
  #timer: NodeJS.Timeout | null = null;
  #asked = 0;

  constructor(controller: Controller, cells: Cells) {
    this.#controller = controller;
    this.#cells = cells;
    this.#view = vscode.window.createTreeView("dlnb.variables", { treeDataProvider: this.#tree });
    const { registerCommand } = vscode.commands;
    this.#disposables = [
      this.#view,
      this.#tree,
      this.#view.onDidChangeVisibility(() => this.#soon()),
      onDidChangeNotebookInFront(() => this.#follow()),
      vscode.workspace.onDidCloseNotebookDocument((notebook) => {
        if (notebook !== this.#notebook) return;
        this.#notebook = null;
        this.#soon();
      }),
      controller.sessions.onNews((news) => {
        if (news.notebook.toString() !== this.#notebook?.uri.toString()) return;
        if (news.news === "kernel" || (news.news === "running" && !news.running)) this.#soon();
      }),
      registerCommand("dlnb.refreshVariables", () => this.#refreshAsked()),
      registerCommand(REVEAL, (shown?: Partial<Shown>) => this.#reveal(shown)),
      registerCommand("dlnb.copyVariableName", (shown?: Partial<Shown>) => this.#copyName(shown)),
      registerCommand("dlnb.copyVariableValue", (shown?: Partial<Shown>) => this.#copyValue(shown)),
    ];
    this.#follow();
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const disposable of this.#disposables) disposable.dispose();
  }

  /** Another editor in front leaves the names in view. */
  #follow(): void {
    const notebook = lastNotebook();
    if (notebook === undefined || notebook === this.#notebook) return;
    this.#notebook = notebook;
    this.#soon();
  }

  #soon(): void {
    if (!this.#view.visible) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#refresh();
    }, PAUSE_MS);
  }

  async #refresh(): Promise<void> {
    const turn = ++this.#asked;
    const notebook = this.#notebook;
    const kernel = await this.#kernel();
    if (turn !== this.#asked) return;
    if (notebook === null || kernel === null) {
      this.#show(notebook, "", "");
      this.#tree.show("", [], null);
      return;
    }
    const late = new Promise<"late">((resolve) => setTimeout(() => resolve("late"), PATIENCE_MS));
    const answer = await Promise.race([kernel.request("variables", {}).catch(() => null), late]);
    if (turn !== this.#asked) return;
    if (answer === "late") {
      // what is there stays in view, and is said to be old
      this.#show(notebook, "", vscode.l10n.t("The kernel is busy and does not answer: this is how it was before."));
      return;
    }
    this.#tree.show(notebook.uri.toString(), answer?.variables ?? [], answer === null ? null : kernel);
    this.#show(notebook, answer === null ? "" : kernelMemory(answer.memory), "");
  }

  #show(notebook: vscode.NotebookDocument | null, memory: string, message: string): void {
    const name = notebook?.uri.path.split("/").at(-1) ?? "";
    this.#view.description = [name, memory].filter((part) => part !== "").join(" · ");
    this.#view.message = message;
  }

  async #kernel(): Promise<Kernel | null> {
    const session = this.#notebook === null ? undefined : this.#controller.sessions.get(this.#notebook);
    return (await session?.kernel?.catch(() => null)) ?? null;
  }

  async #refreshAsked(): Promise<void> {
    if (this.#notebook === null) {
      void notify.showInformationMessage(vscode.l10n.t("Open a .dlnb notebook to see its variables."));
    } else if ((await this.#kernel()) === null) {
      const said = vscode.l10n.t("No kernel is running: run a cell, and the names that it defines appear here.");
      void notify.showInformationMessage(said);
    }
    await this.#refresh();
  }

  async #reveal(shown: Partial<Shown> | undefined): Promise<void> {
    const { name } = shown ?? {};
    if (typeof name !== "string" || this.#notebook === null) return this.#choose();
    const place = await this.#cells.definition(this.#notebook, name);
    if (place === null) {
      void notify.showInformationMessage(vscode.l10n.t("No cell of the notebook defines {0} any more.", name));
      return;
    }
    const at = place.cell.document.validatePosition(new vscode.Position(place.line - 1, 0));
    const range = new vscode.NotebookRange(place.cell.index, place.cell.index + 1);
    // where it is shown already: in the column of a panel that is in front it would be there twice
    const notebook = this.#notebook;
    const column = vscode.window.visibleNotebookEditors.find((one) => one.notebook === notebook)?.viewColumn;
    const there = column === undefined ? {} : { viewColumn: column };
    const editor = await vscode.window.showNotebookDocument(notebook, { ...there, selections: [range] });
    editor.revealRange(range, vscode.NotebookEditorRevealType.InCenterIfOutsideViewport);
    const line = place.cell.document.lineAt(at.line).range;
    await vscode.window.showTextDocument(place.cell.document, {
      ...there,
      selection: new vscode.Range(line.start, line.start),
    });
  }

  async #copyName(shown: Partial<Shown> | undefined): Promise<void> {
    if (typeof shown?.name !== "string" || shown.path === undefined) return this.#choose();
    const path = shown.path.map((key) =>
      /^\d+$/.test(key) ? `[${key}]` : /^[\w$]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`,
    );
    await vscode.env.clipboard.writeText(shown.name + path.join(""));
  }

  async #copyValue(shown: Partial<Shown> | undefined): Promise<void> {
    const { name, path, value } = shown ?? {};
    if (name === undefined || path === undefined || value === undefined || value === null) return this.#choose();
    const text =
      value.type === "statistic"
        ? value.summary
        : await this.#tree.inspect({ name, path, from: 0 }).then(
            (found) => found.text,
            () => value.summary,
          );
    await vscode.env.clipboard.writeText(text);
  }

  /** Commands of the view that were called from elsewhere. */
  async #choose(): Promise<void> {
    const show = vscode.l10n.t("Show Variables");
    const said = vscode.l10n.t("Choose a name in the Variables view.");
    if ((await notify.showInformationMessage(said, show)) === show)
      await vscode.commands.executeCommand("dlnb.variables.focus");
  }
}
