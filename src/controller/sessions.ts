import * as vscode from "vscode";
import type { CellError, KernelEvent } from "../../engine/protocol/index.ts";
import type { Join, Kernel, Rejoined, StartKernel } from "./kernel.ts";
import { type KernelPhase, type Ran, Session, type SessionHost } from "./session.ts";

/** A notebook that is opened again within this time still has its kernel. */
const GRACE_MS = 10_000;
const THROWN_AWAY_MS = 2000;
/** A kernel that does not answer within this computes: its runs stay where they are. */
const PATIENCE_MS = 5000;

/** What happens in a notebook's kernel, for whoever wants to know. */
export type SessionNews = { readonly notebook: vscode.Uri } & (
  | { readonly news: "kernel"; readonly phase: KernelPhase }
  /** A cell starts, or has ended in whatever way. */
  | { readonly news: "running"; readonly cell: vscode.NotebookCell; readonly running: boolean }
  | { readonly news: "ran"; readonly run: Ran }
  /** Whatever the kernel tells; `cell` is the one that runs, when the event is of it. */
  | { readonly news: "event"; readonly event: KernelEvent; readonly cell: vscode.NotebookCell | null }
);

export interface SessionsHost extends Pick<SessionHost, "createExecution" | "idOf" | "running" | "event"> {
  start(notebook: vscode.NotebookDocument, onEvent: (event: KernelEvent) => void): ReturnType<StartKernel>;
  /** A kernel that an earlier window left for this notebook; null when there is none. */
  rejoin(
    notebook: vscode.NotebookDocument,
    onEvent: (event: KernelEvent) => void,
    how: Join,
  ): Promise<Rejoined | "elsewhere" | null>;
  /** A notebook has another address, under which later windows look for its kernel. */
  readdress(before: vscode.Uri, after: vscode.Uri): Promise<void>;
  /** What to do about a notebook whose kernel another window has; null: nothing is to run. */
  choose(notebook: vscode.NotebookDocument): Promise<"take" | "start" | null>;
  chart(notebook: vscode.NotebookDocument, message: Parameters<SessionHost["chart"]>[0]): void;
}

/** One session per notebook, by its address: it outlives the editor for a moment, and a cell that still runs for as long as it takes. */
export class Sessions implements vscode.Disposable {
  readonly #host: SessionsHost;
  readonly #sessions = new Map<string, Session>();
  readonly #asking = new Map<string, Promise<boolean>>();
  readonly #moving = new Map<string, Promise<unknown>>();
  readonly #closing = new Map<string, NodeJS.Timeout>();
  readonly #listening: readonly vscode.Disposable[];
  readonly #news = new vscode.EventEmitter<SessionNews>();
  readonly onNews = this.#news.event;
  /** What a reader should know of a cell's error besides. */
  explain: (notebook: vscode.Uri, error: CellError) => CellError | Promise<CellError> = (_, error) => error;

  constructor(host: SessionsHost) {
    this.#host = host;
    this.#listening = [
      vscode.workspace.onDidCloseNotebookDocument(({ uri, isUntitled }) => this.#closed(uri.toString(), isUntitled)),
      vscode.workspace.onDidOpenNotebookDocument((notebook) => this.#keep(notebook.uri.toString())),
    ];
  }

  get(notebook: vscode.NotebookDocument): Session | undefined {
    return this.at(notebook.uri);
  }

  at(notebook: vscode.Uri): Session | undefined {
    return this.#sessions.get(notebook.toString());
  }

  /** Whether a cell of the notebook at this address runs or waits, open or not. */
  busy(notebook: vscode.Uri): boolean {
    return this.#sessions.get(notebook.toString())?.busy ?? false;
  }

  all(): Session[] {
    return [...this.#sessions.values()];
  }

  of(notebook: vscode.NotebookDocument): Session {
    const key = notebook.uri.toString();
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const { createExecution, idOf, running, start, event: handle, chart } = this.#host;
    // the document of a notebook that was closed and opened again is another one
    const current = () => vscode.workspace.notebookDocuments.find(({ uri }) => uri.toString() === key) ?? notebook;
    const { uri } = notebook;
    const session = new Session({
      createExecution,
      idOf,
      running: (cell, isRunning) => {
        running(cell, isRunning);
        this.#news.fire({ notebook: uri, news: "running", cell, running: isRunning });
      },
      explain: (error) => this.explain(uri, error),
      ran: (run) => this.#news.fire({ notebook: uri, news: "ran", run }),
      kernel: (phase) => this.#news.fire({ notebook: uri, news: "kernel", phase }),
      start: (onEvent) => start(notebook, onEvent),
      event: (event, cell) => {
        handle(event, cell);
        this.#news.fire({ notebook: uri, news: "event", event, cell });
      },
      chart: (message) => chart(current(), message),
    });
    this.#sessions.set(key, session);
    return session;
  }

  /** Goes on with a kernel that an earlier window left, where there is one and this window has none for the notebook. */
  async rejoin(notebook: vscode.NotebookDocument, how: Join): Promise<"joined" | "elsewhere" | "none"> {
    await this.#moving.get(notebook.uri.toString());
    let elsewhere = false;
    const joined = await this.of(notebook).rejoin(notebook, async (onEvent) => {
      const found = await this.#host.rejoin(notebook, onEvent, how);
      elsewhere = found === "elsewhere";
      return found === "elsewhere" ? null : found;
    });
    return joined ? "joined" : elsewhere ? "elsewhere" : "none";
  }

  /**
   * Whether the notebook has a kernel or may start one. One that a window before this one left is joined first; where another window
   * has it the user is asked, because two kernels of one notebook write over each other's outputs.
   */
  ready(notebook: vscode.NotebookDocument): Promise<boolean> {
    if (this.get(notebook)?.kernel) return Promise.resolve(true);
    const key = notebook.uri.toString();
    const asking = this.#asking.get(key) ?? this.#settle(notebook).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }

  /** The notebook's kernel, found or started. Rejects when none starts. */
  async open(notebook: vscode.NotebookDocument): Promise<Kernel> {
    if (!(await this.ready(notebook))) throw new Error(vscode.l10n.t("the notebook's kernel is in another window"));
    return this.of(notebook).open();
  }

  async #settle(notebook: vscode.NotebookDocument): Promise<boolean> {
    if ((await this.rejoin(notebook, "now")) !== "elsewhere") return true;
    const choice = await this.#host.choose(notebook);
    if (choice === "take") await this.rejoin(notebook, "take");
    return choice !== null;
  }

  /** Addresses of notebooks in a folder that have a session. */
  within(folder: vscode.Uri): vscode.Uri[] {
    return [...this.#sessions.keys()].filter((key) => key.startsWith(`${folder}/`)).map((key) => vscode.Uri.parse(key));
  }

  /**
   * A notebook has another address: its kernel goes on there, with its variables and what runs and waits, as it would in the next
   * window. `first` is done before. `take`: its runs and outputs go along; `why` says why they could not. Null: it has no kernel.
   */
  move(
    before: vscode.Uri,
    after: vscode.Uri,
    { take, first }: { take: boolean; first?: () => Promise<void> },
  ): Promise<{ why: string } | null> {
    const key = after.toString();
    this.#keep(before.toString());
    const moving = this.#moveNow(before, after, take, first).finally(() => this.#moving.delete(key));
    this.#moving.set(
      key,
      moving.catch(() => null),
    );
    return moving;
  }

  async #moveNow(before: vscode.Uri, after: vscode.Uri, take: boolean, first?: () => Promise<void>) {
    await first?.();
    const key = before.toString();
    const session = this.#sessions.get(key);
    const kernel = await session?.kernel?.catch(() => null);
    if (session === undefined || !kernel) return null;
    const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), PATIENCE_MS));
    const asked = kernel.request("relocate", { notebook: after.fsPath, take });
    const answer = await Promise.race([asked, late]).catch((error: unknown) => ({ why: String(error) }));
    await this.#host.readdress(before, after);
    this.#sessions.delete(key);
    session.letGo();
    return answer ?? { why: vscode.l10n.t("the kernel is busy and did not answer") };
  }

  /** The window goes; kernels wait for the next one. */
  dispose(): void {
    for (const disposable of this.#listening) disposable.dispose();
    for (const timer of this.#closing.values()) clearTimeout(timer);
    for (const session of this.#sessions.values()) session.leave();
    this.#news.dispose();
  }

  #closed(key: string, untitled: boolean): void {
    const session = this.#sessions.get(key);
    if (session === undefined) return;
    const wait = () => {
      // one that was thrown away does not come back; one that was saved has moved on by then
      const timer = setTimeout(() => void look(), untitled ? THROWN_AWAY_MS : GRACE_MS);
      this.#closing.set(key, timer);
      const look = async () => {
        // what runs may finish: its outputs are saved by the kernel and shown when the notebook is opened again
        const working = !untitled && (await session.working());
        if (this.#closing.get(key) !== timer) return;
        if (working) return wait();
        this.#closing.delete(key);
        this.#sessions.delete(key);
        session.dispose();
      };
    };
    wait();
  }

  #keep(key: string): void {
    const timer = this.#closing.get(key);
    if (timer !== undefined) clearTimeout(timer);
    this.#closing.delete(key);
  }
}
