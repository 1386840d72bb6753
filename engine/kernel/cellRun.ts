import type { Backend } from "../backends/backend.ts";
import { type CellEvent, inContext, type RunContext, type Steered } from "../context/index.ts";
import { Interrupted } from "../errors/index.ts";
import type { CellError, CellResult, KernelEvent, RunningCell, RunParams, SavedCell } from "../protocol/index.ts";
import { toCellError } from "./cells/errors.ts";
import type { CellRuntime } from "./cells/runtime.ts";
import { CellRecord, saveCell, textHash } from "./record.ts";
import { rehearsalOf } from "./rehearsal.ts";
import { TextSink } from "./text.ts";

/** What the kernel lends to a run of a cell. */
export interface CellHost {
  readonly runtime: CellRuntime;
  /** Of dlnb. */
  readonly version: string;
  /** Changes when the notebook is moved, as does the next one. */
  readonly runFolder: string | null;
  readonly notebookFolder: string;
  send(event: KernelEvent): void;
  backend(): Promise<Backend>;
  rivals(): Promise<readonly Backend[]>;
  /** A training begins, or has ended; one that nobody awaited ends after its cell. */
  training(change: 1 | -1): void;
  /** Set when the notebook is only tried out: how many steps are profiled, and which experiments were. */
  readonly profile?: { readonly steps: number | null; readonly done: WeakSet<object> };
}

/** An await that an interrupt finds under way is abandoned after this, unless shielded work is still to end. */
const ABANDON_MS = 300;
/** Outputs that arrive after the end of the run (nobody awaited them) are saved this much later. */
const LATE_SAVE_MS = 500;
/** While a cell runs its outputs are saved this often, so that a kernel's end by force takes little with it; at most this share of the time goes into it. */
const SAVE_MS = 5000;
const SAVE_SHARE = 0.02;
/** Shielded work that was terminated never ends; what else is shielded has this long. */
const TERMINATED_MS = 1500;
/** Outputs of one run, text aside. */
const MAX_OUTPUTS = 500;

/** One run of one cell: its context, its outputs, its result. */
export class CellRun {
  readonly context: RunContext;
  readonly #host: CellHost;
  readonly #params: RunParams;
  readonly #order: number;
  readonly #abort = new AbortController();
  readonly #abandoned = Promise.withResolvers<never>();
  readonly #shielded = new Set<Promise<unknown>>();
  readonly #record = new CellRecord();
  readonly #text: TextSink;
  readonly #startedAt = new Date();
  readonly #shown = new Set<string>();
  /** Runs under way that can be changed, in the order in which they began. */
  readonly #steered = new Set<Steered>();
  #ids = 0;
  #result: CellResult | undefined;
  #lateSave: NodeJS.Timeout | undefined;
  #nextSave: NodeJS.Timeout | undefined;
  #saveMs = SAVE_MS;

  constructor(host: CellHost, params: RunParams, order: number) {
    this.#host = host;
    this.#params = params;
    this.#order = order;
    this.#abandoned.promise.catch(() => {});
    this.#text = new TextSink((stream, text) => this.#emit({ event: "text", stream, text }));
    this.context = {
      cell: params.cell,
      textHash: textHash(params.text),
      version: host.version,
      nameOf: (value) => host.runtime.names.nameOf(value),
      signal: this.#abort.signal,
      emit: (event) => {
        this.#text.flush();
        if (event.event !== "output" || this.#mayShow(event.output.id)) this.#emit(event);
      },
      log: (level, text) => host.send({ event: "log", level, text }),
      freshId: (prefix) => `${prefix}-${params.cell}-${order}-${++this.#ids}`,
      get runFolder() {
        return host.runFolder;
      },
      get notebookFolder() {
        return host.notebookFolder;
      },
      backend: () => host.backend(),
      rivals: () => host.rivals(),
      shield: (work) => {
        // awaited, not `then`: a promise with one reaction keeps the asynchronous stack that leads to the cell
        const watch = async () => {
          try {
            return await work;
          } finally {
            this.#shielded.delete(watched);
          }
        };
        const watched = watch();
        this.#shielded.add(watched);
        return watched;
      },
      steered: (run) => {
        this.#steered.add(run);
        host.training(1);
        return () => {
          if (this.#steered.delete(run)) host.training(-1);
        };
      },
      rehearsal: host.profile && rehearsalOf(host.profile.steps, () => this.context, host.profile.done),
    };
  }

  get cell(): string {
    return this.#params.cell;
  }

  /** The run of this id that is under way, or the one that began last. */
  steered(id: string | null): Steered | undefined {
    return [...this.#steered].findLast((run) => id === null || run.id === id);
  }

  /** What the cell or code it started prints. */
  print(stream: "stdout" | "stderr", text: string): void {
    this.#text.write(stream, text);
  }

  /** Asks the cell's code to stop; what does not listen is abandoned. `terminated`: some of it was ended by force. */
  interrupt(terminated: boolean): void {
    if (terminated) setTimeout(() => this.#abandon(), TERMINATED_MS);
    if (this.#abort.signal.aborted) return;
    this.#abort.abort(new Interrupted("interrupted"));
    void this.#abandonLater();
  }

  /** What the cell has shown so far. What it prints from now on is a text of its own. */
  soFar(): RunningCell {
    this.#text.flush();
    const outputs = this.#record.soFar();
    return { ...this.#params, order: this.#order, startedAt: this.#startedAt.toISOString(), outputs };
  }

  async run(): Promise<CellResult> {
    const { runtime } = this.#host;
    const { cell, index, text } = this.#params;
    const started = performance.now();
    let error: CellError | undefined;
    runtime.running = this.context;
    try {
      const work = inContext(this.context, async () => {
        const value = await runtime.run(cell, index, this.#order, text);
        if (value !== undefined) await runtime.display(value);
      });
      await Promise.race([work, this.#abandoned.promise]);
      this.#abort.signal.throwIfAborted();
    } catch (thrown) {
      error = toCellError(thrown, index, runtime.scripts, this.#host.notebookFolder, runtime.names.known());
    }
    runtime.running = undefined;
    this.#text.finish();
    const wallMs = performance.now() - started;
    this.#result = { ok: error === undefined, wallMs, order: this.#order, ...(error ? { error } : {}) };
    clearTimeout(this.#nextSave);
    this.#save(this.#result);
    return this.#result;
  }

  /** A loop that displays must not flood the editor. */
  #mayShow(output: string): boolean {
    if (this.#shown.has(output)) return true;
    if (this.#shown.size > MAX_OUTPUTS) return false;
    this.#shown.add(output);
    if (this.#shown.size <= MAX_OUTPUTS) return true;
    this.print("stderr", `… a cell shows at most ${MAX_OUTPUTS} outputs; the rest was dropped …\n`);
    return false;
  }

  #emit(event: CellEvent): void {
    this.#record.add(event);
    this.#host.send({ ...event, cell: this.#params.cell } as KernelEvent);
    if (event.event === "progress") return;
    const result = this.#result;
    if (result) this.#lateSave ??= setTimeout(() => this.#save(result), LATE_SAVE_MS);
    else this.#nextSave ??= setTimeout(() => this.#saveSoFar(), this.#saveMs).unref();
  }

  async #abandonLater(): Promise<void> {
    do {
      await Promise.allSettled(this.#shielded);
      await new Promise((resolve) => setTimeout(resolve, ABANDON_MS));
    } while (this.#shielded.size > 0);
    this.#abandon();
  }

  #abandon(): void {
    this.#abandoned.reject(this.#abort.signal.reason);
  }

  /** What is there when nothing can be saved any more. */
  #saveSoFar(): void {
    this.#nextSave = undefined;
    const began = performance.now();
    const message =
      "this cell had not ended when its outputs were saved: its kernel is gone, or still at work elsewhere";
    const wallMs = Date.now() - this.#startedAt.getTime();
    this.#save({ ok: false, wallMs, order: this.#order, error: { name: "Unfinished", message, stack: "" } });
    this.#saveMs = Math.max(SAVE_MS, (performance.now() - began) / SAVE_SHARE);
  }

  #save({ ok, wallMs, order, error }: CellResult): void {
    this.#lateSave = undefined;
    const { runFolder } = this.#host;
    if (runFolder === null) return;
    const saved: SavedCell = {
      version: 1,
      cell: this.#params.cell,
      textHash: textHash(this.#params.text),
      order,
      ok,
      startedAt: this.#startedAt.toISOString(),
      wallMs,
      outputs: this.#record.outputs(error),
    };
    try {
      saveCell(runFolder, saved);
    } catch (failure) {
      const text = `the outputs of cell ${this.#params.index} could not be saved: ${(failure as Error).message}`;
      this.#host.send({ event: "log", level: "error", text });
    }
  }
}
