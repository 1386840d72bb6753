import * as vscode from "vscode";
import type { Controller } from "../controller/controller.ts";
import { codeIndex } from "../controller/session.ts";
import type { SessionNews } from "../controller/sessions.ts";
import { lastNotebook, onDidChangeNotebookInFront } from "../notebook/inFront.ts";
import { type KernelNow, kernelLine, NOT_STARTED } from "./kernelLine.ts";

/** What can be done with a kernel, from the status bar. */
const MENU = "dlnb.kernelMenu";
/** A training tells more often than anyone reads. */
const INTERVAL_MS = 300;
/** A kernel that computes answers late. */
const PATIENCE_MS = 2000;

/** The item in the status bar: the kernel of the notebook in front or last in front, or else of one that computes. */
export class NotebookStatus implements vscode.Disposable {
  readonly #controller: Controller;
  readonly #item = vscode.window.createStatusBarItem("dlnb.kernel", vscode.StatusBarAlignment.Left, 50);
  readonly #kernels = new Map<string, KernelNow>();
  readonly #disposables: readonly vscode.Disposable[];
  #timer: NodeJS.Timeout | null = null;

  constructor(controller: Controller) {
    this.#controller = controller;
    this.#item.name = vscode.l10n.t("dlnb Kernel");
    this.#item.command = MENU;
    this.#disposables = [
      this.#item,
      controller.sessions.onNews((news) => this.#hear(news)),
      onDidChangeNotebookInFront(() => this.#soon()),
      vscode.workspace.onDidCloseNotebookDocument(() => this.#soon()),
      vscode.commands.registerCommand(MENU, () => this.#menu()),
    ];
    this.#soon();
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #hear(news: SessionNews): void {
    const key = news.notebook.toString();
    const now = this.#kernels.get(key) ?? NOT_STARTED;
    const set = (change: Partial<KernelNow>) => {
      this.#kernels.set(key, { ...now, ...change });
      this.#soon();
    };
    switch (news.news) {
      case "kernel":
        if (news.phase === "none") this.#kernels.delete(key);
        else set({ phase: news.phase });
        this.#soon();
        if (news.phase === "ready") void this.#ask(news.notebook);
        return;
      case "running":
        set({ cell: news.running ? codeIndex(news.cell) : null, run: null, progress: null });
        void this.#ask(news.notebook);
        return;
      case "event": {
        const { event } = news;
        if (event.event === "progress") set(event.run === null ? { progress: event } : { run: event.run });
        else if (event.event === "run")
          set({ run: null, progress: null, backend: event.run.backend, adapter: event.run.adapter });
        return;
      }
      case "ran":
        return;
      default:
        news satisfies never;
    }
  }

  /** Which backend there is, and what trains: a run that is paused tells nothing by itself when its window comes back. */
  async #ask(notebook: vscode.Uri): Promise<void> {
    const kernel = await this.#controller.sessions.at(notebook)?.kernel?.catch(() => null);
    if (!kernel) return;
    const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), PATIENCE_MS));
    const status = await Promise.race([kernel.request("status", {}).catch(() => null), late]);
    const now = this.#kernels.get(notebook.toString());
    if (now === undefined || now.phase !== "ready") return;
    const known = status === null ? {} : { backend: status.backend, adapter: status.adapter };
    const run = now.run ?? (now.cell === null ? null : (status?.run ?? null));
    this.#kernels.set(notebook.toString(), { ...now, run, runtime: kernel.runtime, ...known });
    this.#soon();
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#show();
    }, INTERVAL_MS);
  }

  #show(): void {
    const notebook = this.#notebook();
    if (notebook === null) {
      this.#item.hide();
      return;
    }
    const name = notebook.uri.path.split("/").at(-1) ?? "";
    const inFront = notebook === vscode.window.activeNotebookEditor?.notebook;
    const now = this.#kernels.get(notebook.uri.toString()) ?? NOT_STARTED;
    const { text, detail } = kernelLine(now, inFront ? null : name);
    this.#item.text = text;
    this.#item.tooltip = `${name}\n${detail}`;
    this.#item.accessibilityInformation = { label: vscode.l10n.t("dlnb kernel of {0}: {1}", name, detail) };
    this.#item.show();
  }

  #notebook(): vscode.NotebookDocument | null {
    const last = lastNotebook();
    if (last !== undefined) return last;
    const busy = (notebook: vscode.NotebookDocument) => this.#controller.sessions.get(notebook)?.busy ?? false;
    return vscode.workspace.notebookDocuments.find(busy) ?? null;
  }

  async #menu(): Promise<void> {
    const notebook = this.#notebook();
    const session = notebook === null ? undefined : this.#controller.sessions.get(notebook);
    const { t } = vscode.l10n;
    const commands = [
      ...(session?.busy ? [{ label: `$(debug-stop) ${t("Interrupt")}`, run: () => session.interrupt() }] : []),
      ...(session?.kernel
        ? [
            {
              label: `$(debug-restart) ${t("Restart Kernel")}`,
              detail: t("Names of earlier cells are gone then."),
              run: () => session.restart(),
            },
          ]
        : []),
      { label: `$(chip) ${t("Select Backend")}`, run: "dlnb.selectBackend" },
      { label: `$(output) ${t("Show Kernel Log")}`, run: "dlnb.showKernelLog" },
      { label: `$(heart) ${t("Doctor")}`, run: "dlnb.doctor" },
    ];
    const title = notebook === null ? "dlnb" : (notebook.uri.path.split("/").at(-1) ?? "dlnb");
    const chosen = await vscode.window.showQuickPick(commands, { title, placeHolder: t("What to do with the kernel") });
    if (chosen === undefined) return;
    if (typeof chosen.run === "string") await vscode.commands.executeCommand(chosen.run);
    else await chosen.run();
  }
}
