import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { CellError, CellResult, KernelEvent, KernelState } from "../../engine/protocol/index.ts";
import type { KernelEnd } from "../kernel/index.ts";
import { CellRun, type RunListener } from "./cellRun.ts";
import type { Kernel, Rejoined, StartKernel } from "./kernel.ts";

export interface SessionHost extends RunListener {
  start: StartKernel;
  createExecution(cell: vscode.NotebookCell): vscode.NotebookCellExecution;
  /** The id under which the kernel knows the cell. */
  idOf(cell: vscode.NotebookCell): string;
  /** Every event, for status and log. */
  event(event: KernelEvent, cell: vscode.NotebookCell | null): void;
  /** A cell starts or has ended. */
  running(cell: vscode.NotebookCell, running: boolean): void;
  /** A cell has run in this kernel, to its end or into an error. */
  ran(run: Ran): void;
  kernel(phase: KernelPhase): void;
  /** What a reader should know of a cell's error besides. */
  explain(error: CellError): CellError | Promise<CellError>;
}

/** A run of a cell in the kernel that there is. */
export interface Ran {
  /** The cell's id. */
  cell: string;
  /** As it ran. */
  text: string;
  order: number;
  ok: boolean;
}

/** `none` before a kernel is wanted and after one has ended. */
export type KernelPhase = "none" | "starting" | "ready";

/** A kernel that does not answer within this computes. */
const PATIENCE_MS = 2000;

interface Waiting {
  cell: vscode.NotebookCell;
  run: CellRun;
  /** Set for a cell that the kernel runs already: its text as it runs. */
  joined?: { text: string };
}

/** A notebook's kernel and the cells that wait for it. The kernel starts with the first cell; after its end the next cell starts another. */
export class Session {
  readonly #host: SessionHost;
  readonly #queue: Waiting[] = [];
  #kernel: Promise<Kernel> | null = null;
  #current: Waiting | null = null;
  #pumping: Promise<void> | null = null;
  #order = 0;
  #starts = 0;
  /** Why we ended the kernel ourselves, for the cell that was running. */
  #reason: CellError | null = null;
  #interrupted = false;
  #joining: Promise<boolean> | null = null;
  /** Events that come before we know to which cell they belong. */
  #held: KernelEvent[] | null = null;
  #over = false;
  /** Text of the cells that ran to their end in this kernel, by id. */
  readonly #ran = new Map<string, string>();

  constructor(host: SessionHost) {
    this.#host = host;
  }

  get busy(): boolean {
    return this.#pumping !== null;
  }

  /** The kernel, when one is running or starting. */
  get kernel(): Promise<Kernel> | null {
    return this.#kernel;
  }

  /** Whether the kernel works: runs a cell, or trains what a cell did not await. One that does not answer computes. */
  async working(): Promise<boolean> {
    if (this.busy) return true;
    const kernel = await this.#kernel?.catch(() => null);
    if (!kernel) return false;
    const asked = kernel.request("status", {}).then(
      ({ state }) => state === "busy",
      () => false,
    );
    return Promise.race([asked, later(PATIENCE_MS).then(() => true)]);
  }

  /** Whether the cell ran to its end in this kernel, with the text that it has now. */
  ran(cell: vscode.NotebookCell): boolean {
    return this.#kernel !== null && this.#ran.get(this.#host.idOf(cell)) === cell.document.getText();
  }

  /** Queues cells; settles when they have ended. */
  async run(cells: readonly vscode.NotebookCell[]): Promise<void> {
    for (const cell of cells) this.#queue.push(this.#entry(cell));
    // what runs in a kernel that is being joined comes first
    if (this.#joining !== null) await this.#joining;
    if (this.#pumping === null && this.#queue.length > 0) this.#pumping = this.#pump();
    else void this.#tellQueue();
    await this.#pumping;
  }

  /**
   * Goes on with a kernel that a window before this one left: what runs there is shown under its cell, what waited waits again.
   * Resolves false when there is none to join, or this session has one of its own.
   */
  async rejoin(
    notebook: vscode.NotebookDocument,
    join: (onEvent: (event: KernelEvent) => void) => Promise<Rejoined | null>,
  ): Promise<boolean> {
    if (this.#kernel !== null || this.#pumping !== null || this.#joining !== null) return false;
    this.#held = [];
    this.#joining = join((event) => this.#receive(event)).then(
      (joined) => this.#joined(notebook, joined),
      () => this.#joined(notebook, null),
    );
    return this.#joining;
  }

  /** First press: the running cell stops as soon as it can and keeps its state. A second press ends the process. */
  async interrupt(): Promise<void> {
    this.#dropQueue();
    if (this.#current === null || this.#kernel === null) return;
    if (this.#interrupted) {
      const message = "the kernel was ended because the cell did not stop; names of earlier cells are gone";
      this.#reason = { name: "Interrupted", message, stack: "" };
    }
    this.#interrupted = true;
    await (await this.#kernel.catch(() => null))?.interrupt();
  }

  /** Ends the kernel; the next cell starts a fresh one. */
  async restart(): Promise<void> {
    this.#dropQueue();
    const ending = this.#kernel;
    this.#end("Interrupted", "the kernel was restarted");
    await (await ending?.catch(() => null))?.ended;
  }

  /** The cells that run or wait, after their notebook was closed and opened again: they go on under the new document's cells. */
  attach(notebook: vscode.NotebookDocument): void {
    const waiting = this.#current === null ? this.#queue : [this.#current, ...this.#queue];
    for (const entry of waiting) {
      const cell = notebook.getCells().find((cell) => this.#host.idOf(cell) === entry.run.cell);
      if (cell === undefined || cell === entry.cell) continue;
      entry.cell = cell;
      entry.run.attach(this.#host.createExecution(cell));
    }
  }

  /** Whether another cell has taken the running one's place: the notebook was read anew from disk, which the editor takes for an interrupt. */
  replaced(notebook: vscode.NotebookDocument): boolean {
    const [running, cells] = [this.#current?.cell, notebook.getCells()];
    if (running === undefined || cells.includes(running)) return false;
    return cells.some((cell) => this.#host.idOf(cell) === this.#current?.run.cell);
  }

  /** Whether the cell of this id runs or waits. */
  has(id: string): boolean {
    return this.#current?.run.cell === id || this.#queue.some(({ run }) => run.cell === id);
  }

  /** A chart of the running cell that still grows. */
  chart(id: string) {
    return this.#current?.run.chart(id);
  }

  dispose(): void {
    this.#over = true;
    this.#dropQueue();
    this.#end("Interrupted", "the notebook was closed");
  }

  /** The window goes: the kernel is left to itself, and to the next window. */
  leave(): void {
    this.#over = true;
    void this.#kernel?.then((kernel) => kernel.leave()).catch(() => undefined);
  }

  /** As `leave`, while the window stays: the kernel goes on under another address. */
  letGo(): void {
    this.leave();
    this.#current?.run.letGo();
    this.#dropQueue();
    if (this.#kernel !== null) this.#forget();
  }

  #entry(cell: vscode.NotebookCell): Waiting {
    // notebooks may have cells of the same ids that run at the same moment
    const prefix = `${this.#starts}-${randomUUID().slice(0, 13)}:`;
    return { cell, run: new CellRun(this.#host.idOf(cell), this.#host.createExecution(cell), prefix, this.#host) };
  }

  #joined(notebook: vscode.NotebookDocument, joined: Rejoined | null): boolean {
    const held = this.#held ?? [];
    this.#held = null;
    this.#joining = null;
    if (joined === null) return false;
    if (this.#over) {
      joined.kernel.leave();
      return false;
    }
    const kernel = Promise.resolve(joined.kernel);
    this.#kernel = kernel;
    this.#starts++;
    this.#reason = null;
    this.#host.kernel("starting");
    this.#host.kernel("ready");
    void joined.kernel.ended.then(() => this.#kernel === kernel && this.#forget());
    this.#goOn(notebook, joined.state);
    for (const event of held) this.#receive(event);
    return true;
  }

  #goOn(notebook: vscode.NotebookDocument, { order, ran, running, queued }: KernelState): void {
    const find = (id: string) => notebook.getCells().find((cell) => this.#host.idOf(cell) === id);
    this.#order = order;
    for (const run of ran) {
      if (run.ok) this.#ran.set(run.cell, run.text);
      this.#host.ran(run);
    }
    const waiting: Waiting[] = [];
    const at = running === null ? undefined : find(running.cell);
    if (running !== null && at !== undefined) {
      const entry = this.#entry(at);
      entry.run.resume(running);
      waiting.push({ ...entry, joined: { text: running.text } });
    }
    for (const { cell } of queued) {
      const next = find(cell);
      if (next !== undefined) waiting.push(this.#entry(next));
    }
    this.#queue.unshift(...waiting);
    if (this.#pumping === null && this.#queue.length > 0) this.#pumping = this.#pump();
  }

  /** What waits here is lost with the window; the kernel knows it too, and goes on with it. */
  async #tellQueue(): Promise<void> {
    const cells = this.#queue.map(({ cell, run }) => ({
      cell: run.cell,
      index: codeIndex(cell),
      text: cell.document.getText(),
    }));
    const kernel = await this.#kernel?.catch(() => null);
    await kernel?.request("queue", { cells }).catch(() => undefined);
  }

  async #pump(): Promise<void> {
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        this.#current = next;
        this.#interrupted = false;
        this.#host.running(next.cell, true);
        const ok = await this.#runCell(next);
        this.#current = null;
        this.#host.running(next.cell, false);
        if (!ok) this.#dropQueue();
      }
    } finally {
      this.#current = null;
      this.#pumping = null;
    }
  }

  async #runCell({ cell, run, joined }: Waiting): Promise<boolean> {
    if (joined === undefined) run.start(this.#order + 1);
    let kernel: Kernel;
    try {
      kernel = await this.open();
    } catch (error) {
      run.end({ ok: false, order: null, error: this.#reason ?? startFailure(error) });
      return false;
    }
    // stopped before it began: by an interrupt or a restart while the kernel started
    if (this.#interrupted || this.#reason !== null) {
      const reason: CellError = { name: "Interrupted", message: "interrupted before it began", stack: "" };
      run.end({ ok: false, order: null, error: this.#reason ?? reason });
      return false;
    }
    const kernelOfRun = this.#kernel;
    const index = codeIndex(cell);
    const text = joined?.text ?? cell.document.getText();
    this.#ran.delete(run.cell);
    const asked: Promise<CellResult> =
      joined === undefined
        ? kernel.request("run", { cell: run.cell, index, text })
        : kernel.request("outcome", { cell: run.cell });
    if (this.#queue.length > 0) void this.#tellQueue();
    const answer = asked.catch((error: unknown) => ({ failed: error }));
    const ended = kernel.ended.then((end) => ({ end }));
    let result = await Promise.race([answer, ended]);
    // a request that fails because the process ends may settle first
    if ("failed" in result) result = await Promise.race([ended, later(500).then(() => result)]);
    if ("end" in result) {
      const { runFolder } = kernel.info;
      const error = this.#reason ?? kernelEnded(result.end, index, runFolder);
      const { resumeOffer } = await import("./resumeOffer.ts");
      const offer = error.name === "KernelExited" ? await resumeOffer(run.training, runFolder) : null;
      run.end({ ok: false, error }, offer);
      return false;
    }
    if ("failed" in result) {
      const message = result.failed instanceof Error ? result.failed.message : String(result.failed);
      run.end({ ok: false, error: { name: "KernelError", message, stack: "" } });
      return false;
    }
    const { error, ...end } = result;
    run.end(error === undefined ? end : { ...end, error: await this.#host.explain(error) });
    // a kernel that is on its way out counts no more
    if (this.#kernel === kernelOfRun) {
      this.#order = result.order;
      if (result.ok) this.#ran.set(run.cell, text);
      this.#host.ran({ cell: run.cell, text, order: result.order, ok: result.ok });
    }
    return result.ok;
  }

  /** The kernel, started when there is none. Rejects when it does not start. */
  open(): Promise<Kernel> {
    if (this.#kernel !== null) return this.#kernel;
    if (this.#joining !== null) return this.#joining.then(() => this.open());
    const starting = this.#host.start((event) => this.#receive(event));
    this.#kernel = starting;
    this.#starts++;
    this.#reason = null;
    this.#host.kernel("starting");
    const forget = () => {
      if (this.#kernel === starting) this.#forget();
    };
    starting.then((kernel) => {
      if (this.#kernel === starting) this.#host.kernel("ready");
      void kernel.ended.then(forget);
    }, forget);
    return starting;
  }

  #receive(event: KernelEvent): void {
    if (this.#held !== null) {
      this.#held.push(event);
      return;
    }
    const current = this.#current;
    const concerns = current !== null && "cell" in event && event.cell === current.run.cell;
    if (concerns) current.run.handle(event);
    this.#host.event(event, concerns ? current.cell : null);
  }

  #end(name: string, message: string): void {
    const kernel = this.#kernel;
    if (kernel === null) return;
    this.#forget();
    this.#reason = { name, message, stack: "" };
    kernel.then(
      (running) => void running.close(),
      () => undefined,
    );
  }

  #forget(): void {
    this.#kernel = null;
    this.#order = 0;
    this.#ran.clear();
    this.#host.kernel("none");
  }

  #dropQueue(): void {
    for (const { run } of this.#queue.splice(0)) run.drop();
  }
}

/** Position among the code cells, from 1: what error messages call "cell 3". */
export function codeIndex(cell: vscode.NotebookCell): number {
  const before = cell.notebook.getCells().slice(0, cell.index + 1);
  return before.filter(({ kind }) => kind === vscode.NotebookCellKind.Code).length;
}

function kernelEnded({ how, lastOutput, taken }: KernelEnd, index: number, runFolder: string | null): CellError {
  if (taken) {
    const message =
      "another window has taken the kernel over, and the cell goes on there; the next cell here asks for it";
    return { name: "KernelTaken", message, stack: "" };
  }
  const saved =
    runFolder === null
      ? "an untitled notebook has no run folder, so nothing was saved"
      : `what it had logged and its last checkpoint are in ${runFolder}`;
  const output = lastOutput.trim() === "" ? "" : "; its last output is below";
  return {
    name: "KernelExited",
    message: `kernel ${how} while running cell ${index}${output}\n${saved}; the next cell starts a fresh kernel, in which earlier cells have to run again`,
    stack: lastOutput.trim(),
  };
}

function startFailure(error: unknown): CellError {
  const message = error instanceof Error ? error.message : String(error);
  return { name: "KernelNotStarted", message: `the kernel did not start: ${message}`, stack: "" };
}

function later(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
