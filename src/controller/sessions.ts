import * as vscode from "vscode";
import type { CellError, KernelEvent } from "../../engine/protocol/index.ts";
import type { Rejoined, StartKernel } from "./kernel.ts";
import { type KernelPhase, type Ran, Session, type SessionHost } from "./session.ts";

/** A notebook that is opened again within this time still has its kernel. */
const GRACE_MS = 10_000;

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
  rejoin(notebook: vscode.NotebookDocument, onEvent: (event: KernelEvent) => void): Promise<Rejoined | null>;
  chart(notebook: vscode.NotebookDocument, message: Parameters<SessionHost["chart"]>[0]): void;
}

/** One session per notebook, by its address: it outlives the editor for a moment, and a cell that still runs for as long as it takes. */
export class Sessions implements vscode.Disposable {
  readonly #host: SessionsHost;
  readonly #sessions = new Map<string, Session>();
  readonly #closing = new Map<string, NodeJS.Timeout>();
  readonly #listening: readonly vscode.Disposable[];
  readonly #news = new vscode.EventEmitter<SessionNews>();
  readonly onNews = this.#news.event;
  /** What a reader should know of a cell's error besides. */
  explain: (notebook: vscode.Uri, error: CellError) => CellError | Promise<CellError> = (_, error) => error;

  constructor(host: SessionsHost) {
    this.#host = host;
    this.#listening = [
      vscode.workspace.onDidCloseNotebookDocument((notebook) => this.#closed(notebook.uri.toString())),
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
  rejoin(notebook: vscode.NotebookDocument): Promise<boolean> {
    return this.of(notebook).rejoin(notebook, (onEvent) => this.#host.rejoin(notebook, onEvent));
  }

  /** The window goes; kernels wait for the next one. */
  dispose(): void {
    for (const disposable of this.#listening) disposable.dispose();
    for (const timer of this.#closing.values()) clearTimeout(timer);
    for (const session of this.#sessions.values()) session.leave();
    this.#news.dispose();
  }

  #closed(key: string): void {
    const session = this.#sessions.get(key);
    if (session === undefined) return;
    const look = () => {
      // what runs may finish: its outputs are saved by the kernel and shown when the notebook is opened again
      if (session.busy) {
        this.#closing.set(key, setTimeout(look, GRACE_MS));
        return;
      }
      this.#closing.delete(key);
      this.#sessions.delete(key);
      session.dispose();
    };
    this.#closing.set(key, setTimeout(look, GRACE_MS));
  }

  #keep(key: string): void {
    const timer = this.#closing.get(key);
    if (timer !== undefined) clearTimeout(timer);
    this.#closing.delete(key);
  }
}
