import { cp } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import {
  type Action,
  type BackendChoice,
  CHART_MIME,
  type KernelEvent,
  type RunControl,
} from "../../engine/protocol/index.ts";
import { act } from "../commands/act.ts";
import { LiveRuns } from "../live/liveRuns.ts";
import { cellId, missingIds } from "../notebook/cellIds.ts";
import { moveRunFolder } from "../notebook/moving.ts";
import { restoreOutputs } from "../notebook/restore.ts";
import { NOTEBOOK_TYPE } from "../notebook/type.ts";
import { notify } from "../notify/index.ts";
import { runFolderOf } from "../outputs/runFolder.ts";
import { shownChart } from "../outputs/shownChart.ts";
import { ChartPanels } from "../panel/chartPanels.ts";
import { CellStatus } from "../status/cellStatus.ts";
import { chooseKernel, offerKernel } from "./elsewhere.ts";
import { RendererMessages } from "./messages.ts";
import { Sessions, type SessionsHost } from "./sessions.ts";
import { mayRun } from "./trust.ts";

/** Runs what a cell needs, and the cell. Arguments: the notebook's address and the cell's id. */
export const RUN_CELL = "dlnb.runMarkedCell";

/** Cells that were replaced from disk, as a checkout does it, are known to be clean after this. */
const RELOADED_MS = 300;
/** As soon as the editor has told of them. */
const REPLACED_MS = 40;

export interface ControllerHost extends Pick<SessionsHost, "start" | "rejoin" | "readdress"> {
  log(event: KernelEvent & { event: "log" }): void;
}

/** A cell whose outputs are those of an earlier kernel. */
export interface RestoredCell {
  cell: vscode.NotebookCell;
  /** Of the text that ran. */
  textHash: string;
  when: Date;
}

/** The "dlnb" kernel of the notebook editor: runs cells, stops them, and puts back what earlier runs left. */
export class Controller implements vscode.Disposable {
  readonly sessions: Sessions;
  /** Runs under way. */
  readonly live: LiveRuns;
  readonly #controller: vscode.NotebookController;
  readonly #extension: string;
  readonly #status = new CellStatus();
  readonly #messages: RendererMessages;
  readonly #panels: ChartPanels;
  readonly #disposables: readonly vscode.Disposable[];
  readonly #restored = new WeakSet<vscode.NotebookDocument>();
  readonly #restoring = new WeakMap<vscode.NotebookDocument, Promise<void>>();
  readonly #restoredCell = new vscode.EventEmitter<RestoredCell>();
  /** A cell got outputs from disk. */
  readonly onRestored = this.#restoredCell.event;
  /** Notebooks for which the user took another kernel. */
  readonly #declined = new WeakSet<vscode.NotebookDocument>();
  /** Cells that run because all or many were started: nobody looks at a certain one. */
  readonly #unwatched = new WeakSet<vscode.NotebookCell>();

  constructor(extension: vscode.Extension<unknown>, host: ControllerHost) {
    this.#extension = extension.id;
    this.#panels = new ChartPanels(extension.extensionUri);
    const controller = vscode.notebooks.createNotebookController("dlnb", NOTEBOOK_TYPE, "dlnb");
    this.#controller = controller;
    controller.supportedLanguages = ["typescript"];
    controller.supportsExecutionOrder = true;
    controller.description = "trains on WebGPU or WebAssembly";
    controller.executeHandler = (cells, notebook) => this.run(cells, notebook);
    controller.interruptHandler = async (notebook) => {
      // cells that are read anew from disk are interrupted first and replaced then
      await new Promise((resolve) => setTimeout(resolve, REPLACED_MS));
      const session = this.sessions.get(notebook);
      return session?.replaced(notebook) ? session.attach(notebook) : session?.interrupt();
    };
    const cellOf = (notebook: vscode.NotebookDocument, id: string) =>
      notebook.getCells().find((cell) => cellId(cell) === id);
    this.#messages = new RendererMessages({
      chart: (notebook, id) => this.sessions.get(notebook)?.chart(id)?.snapshot() ?? null,
      open: (notebook, id) => {
        const growing = () => this.sessions.get(notebook)?.chart(id)?.snapshot() ?? null;
        const shown = shownChart(notebook, id);
        const chart = growing() ?? shown?.chart;
        if (chart === undefined) return;
        const offer = shown === null ? {} : { act: (action: Action) => void act(this.sessions, shown.cell, action) };
        const control = (run: string, change: RunControl) => void this.#change(notebook.uri, run, change);
        const live = () => this.live.messages(notebook.uri);
        this.#panels.open(chart, { growing, control, live, ...offer }, notebook);
      },
      cell: cellOf,
      control: (notebook, run, change) => void this.#change(notebook.uri, run, change),
      live: (notebook) => this.live.messages(notebook.uri),
      rerun: (notebook, id) => void vscode.commands.executeCommand(RUN_CELL, notebook.uri.toString(), id),
      act: (notebook, id, action) => {
        const cell = cellOf(notebook, id);
        if (cell !== undefined) void act(this.sessions, cell, action);
      },
    });
    this.sessions = new Sessions({
      start: host.start,
      rejoin: host.rejoin,
      readdress: host.readdress,
      choose: chooseKernel,
      createExecution: (cell) => controller.createNotebookCellExecution(cell),
      idOf: (cell) => cellId(cell) ?? `cell-${cell.index}`,
      chart: (notebook, message) => {
        this.#messages.send(notebook, message);
        this.#panels.send(message);
      },
      running: (cell, running) => (running ? this.#status.clear(cell) : this.#status.ended(cell)),
      event: (event, cell) => {
        if (event.event === "log") host.log(event);
        if (cell === null) return;
        this.#status.handle(cell, event);
        if (isLiveChart(event) && this.#unwatched.delete(cell)) reveal(cell);
      },
    });
    this.live = new LiveRuns(this.sessions, (notebook, message) => {
      this.#messages.sendTo(notebook, message);
      this.#panels.sendLive(notebook, message);
    });
    this.#disposables = [
      controller,
      this.live,
      this.#status,
      this.#restoredCell,
      this.#messages,
      this.#panels,
      this.sessions,
      controller.onDidChangeSelectedNotebooks(({ notebook, selected }) => {
        if (selected) void this.#restore(notebook);
        else this.#declined.add(notebook);
      }),
      vscode.window.onDidChangeActiveNotebookEditor((editor) => void this.#select(editor)),
      vscode.notebooks.registerNotebookCellStatusBarItemProvider(NOTEBOOK_TYPE, this.#status),
      vscode.workspace.onDidChangeNotebookDocument(({ notebook, contentChanges }) => {
        const replaced = contentChanges.some(
          ({ removedCells, addedCells }) => removedCells.length * addedCells.length > 0,
        );
        if (!replaced || notebook.notebookType !== NOTEBOOK_TYPE) return;
        // an edit makes a notebook dirty; what came from disk leaves it clean
        setTimeout(() => notebook.isDirty || notebook.isClosed || void this.restoreAgain(notebook.uri), RELOADED_MS);
      }),
      vscode.workspace.onWillSaveNotebookDocument((event) => {
        const edit = event.notebook.notebookType === NOTEBOOK_TYPE ? missingIds(event.notebook) : null;
        if (edit !== null) event.waitUntil(Promise.resolve(edit));
      }),
    ];
    void this.#select(vscode.window.activeNotebookEditor);
  }

  /** What a page asks of a run; a page shows what came of it, and the editor why nothing did. */
  async #change(notebook: vscode.Uri, run: string, change: RunControl): Promise<void> {
    const { applied, why } = await this.live.control(notebook, run, change);
    if (!applied) void notify.showInformationMessage(`${this.live.get(notebook, run)?.name ?? "dlnb"}: ${why}.`);
  }

  /** Kernels that run compile for this backend from now on. */
  async useBackend(backend: BackendChoice): Promise<void> {
    for (const session of this.sessions.all()) {
      const kernel = await session.kernel?.catch(() => null);
      // a kernel without that device says so in the cell that needs it
      await kernel?.request("selectBackend", { backend }).catch(() => undefined);
    }
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  /** Runs cells as the editor's own buttons do; settles when they have ended. Where no code may run, none does. */
  async run(cells: readonly vscode.NotebookCell[], notebook: vscode.NotebookDocument): Promise<void> {
    if (!(await mayRun())) return;
    const ids = missingIds(notebook);
    if (ids !== null) await vscode.workspace.applyEdit(ids);
    for (const cell of cells) {
      if (cells.length > 1) this.#unwatched.add(cell);
      else this.#unwatched.delete(cell);
    }
    if (await this.sessions.ready(notebook)) await this.sessions.of(notebook).run(cells);
  }

  /** The editor offers the only kernel there is but takes it with the first run; outputs of earlier runs should not wait for that. */
  async #select(editor: vscode.NotebookEditor | undefined): Promise<void> {
    const notebook = editor?.notebook;
    if (notebook?.notebookType !== NOTEBOOK_TYPE || this.#restored.has(notebook) || this.#declined.has(notebook))
      return;
    await vscode.commands.executeCommand("notebook.selectKernel", {
      notebookEditor: editor,
      id: this.#controller.id,
      extension: this.#extension,
    });
  }

  /** Shows what the notebook's folder has now, under cells that show nothing. */
  async restoreAgain(uri: vscode.Uri): Promise<void> {
    const notebook = vscode.workspace.notebookDocuments.find((open) => open.uri.toString() === uri.toString());
    if (notebook === undefined || !this.#restored.has(notebook)) return;
    await this.#restoring.get(notebook);
    this.#restored.delete(notebook);
    await this.#restore(notebook);
  }

  /** A notebook goes on in another file, which shows what it showed. An untitled one takes its runs along, another one keeps its own. */
  async savedAs(from: vscode.NotebookDocument, to: vscode.NotebookDocument): Promise<void> {
    const [before, after] = [runFolderOf(from), runFolderOf(to)];
    if (before === null || after === null) return;
    const copy = () => cp(join(before, "outputs"), join(after, "outputs"), { recursive: true }).catch(() => undefined);
    const moved = await this.sessions.move(
      from.uri,
      to.uri,
      from.isUntitled ? { take: true } : { take: false, first: copy },
    );
    const why =
      from.isUntitled && moved === null ? await moveRunFolder(before, after).catch(String) : (moved?.why ?? "");
    await this.restoreAgain(to.uri);
    if (why !== "")
      void notify.showWarningMessage(vscode.l10n.t("The runs of {0} stay in {1}: {2}", to.uri.fsPath, before, why));
  }

  /** A notebook that is opened while another window has its kernel; or one that crashed, and is not known to be gone. */
  async #offer(notebook: vscode.NotebookDocument): Promise<void> {
    if (!(await offerKernel(notebook)) || notebook.isClosed) return;
    await this.sessions.rejoin(notebook, "take");
  }

  async #restore(notebook: vscode.NotebookDocument): Promise<void> {
    if (this.#restored.has(notebook)) return;
    this.#restored.add(notebook);
    const restoring = this.#restoreNow(notebook);
    this.#restoring.set(notebook, restoring);
    await restoring;
  }

  async #restoreNow(notebook: vscode.NotebookDocument): Promise<void> {
    if ((await this.sessions.rejoin(notebook, "wait")) === "elsewhere") void this.#offer(notebook);
    this.sessions.get(notebook)?.attach(notebook);
    await restoreOutputs(notebook, {
      active: (id) => this.sessions.get(notebook)?.has(id) ?? false,
      createExecution: (cell) => this.#controller.createNotebookCellExecution(cell),
      restored: (cell, textHash, when) => {
        // of a kernel that was joined again: nothing about it is old
        if (!this.sessions.get(notebook)?.ran(cell)) this.#restoredCell.fire({ cell, textHash, when });
      },
    });
  }
}

function isLiveChart(event: KernelEvent): boolean {
  return event.event === "output" && event.output.items.some((item) => item.mime === CHART_MIME && item.data.live);
}

/** Shows a cell whose training begins: its curve is what the reader waits for. */
function reveal(cell: vscode.NotebookCell): void {
  const range = new vscode.NotebookRange(cell.index, cell.index + 1);
  for (const editor of vscode.window.visibleNotebookEditors) {
    if (editor.notebook === cell.notebook) editor.revealRange(range, vscode.NotebookEditorRevealType.AtTop);
  }
}
