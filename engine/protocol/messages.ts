import type { AnalyzeParams, CellAnalysis, LocatedOption } from "./analysis.ts";
import type { CellResult, CheckedCell, RunParams } from "./cells.ts";
import type { DoctorReport } from "./doctor.ts";
import type { BackendChoice, BackendName, InitializeParams, KernelInfo, KernelState, KernelStatus } from "./kernel.ts";
import type { Columns, Output } from "./outputs.ts";
import type { Preview, PreviewParams } from "./preview.ts";
import type { RestOfPlan, RunControl, RunStatus, RunSummary } from "./runs.ts";
import type { Part, Variable } from "./values.ts";

/**
 * The one table of messages between a kernel (engine/kernel) and whoever drives it (the extension host, the
 * command line). JSON-RPC 2.0 on stdio, framed by `vscode-jsonrpc`. Requests go to the kernel, events come from it.
 */

/** Raised whenever a message changes shape; `initialize` refuses a client that speaks another one. */
export const PROTOCOL_VERSION = 2;

/** Requests, client to kernel. A request without a handler does not compile (see `Handlers`). */
export interface Requests {
  /** Must be the first request, once per kernel. Fails when the protocol versions differ. */
  initialize(p: InitializeParams): KernelInfo;
  /** Syntax and erasability of a cell, without running it, and what it has to do with names; with a problem, lists are empty. */
  check(p: { cell: string; text: string }): CheckedCell;
  /** Runs one cell; cells queue in the kernel in the order of the requests. Outputs arrive as events before the result. */
  run(p: RunParams): CellResult;
  /**
   * What the client is going to run next, in order; each call replaces what the last one said. While no client is there the
   * kernel runs them itself, up to the first that fails.
   */
  queue(p: { cells: readonly RunParams[] }): Record<string, never>;
  /** For a client that comes back to a kernel: what it has to know. What happens from then on arrives as events. */
  attach(p: { protocol: number }): KernelState;
  /** How a cell ends that runs already; answered at once for one that has ended. Fails for a cell that never ran. */
  outcome(p: { cell: string }): CellResult;
  /**
   * Stops the running cell. Training stops after the running submit, keeps its state and writes a checkpoint; code
   * that does not yield is terminated after a short wait. Queued cells are dropped.
   */
  interrupt(p: Record<string, never>): { stopping: boolean };
  /** Answered at all times, also while training. */
  status(p: Record<string, never>): KernelStatus;
  /**
   * Where cells give options of these names as plain numbers: `lr: 1e-3` in `optim.adamw({ lr: 1e-3 })`, or `const maxLr = 0.1`
   * for `{ maxLr }`, for an editor that puts another number there. Positions count UTF-16 units of the cell's text; cells that do not parse have none.
   */
  locate(p: { cells: readonly { cell: string; text: string }[]; options: readonly string[] }): {
    found: readonly LocatedOption[];
  };
  /** The notebook's top-level names, the last 1,000, in the order of their definition. */
  variables(p: Record<string, never>): { variables: readonly Variable[]; memory: KernelStatus["memory"] };
  /**
   * What the value of a name is made of, from part `from` on, 100 at most; `path` leads into it by the keys of parts. `more` are left
   * out behind; `text` is the whole value as text, of bounded length. Fails when the name or a part is gone.
   */
  inspect(p: { name: string; path: readonly string[]; from: number }): {
    parts: readonly Part[];
    more: number;
    text: string;
  };
  /**
   * What a run of the cells would define and get wrong, from their texts and data alone: nothing is run, written or shown.
   * Cells that do not parse stand for what they were when they last did, and have neither problems nor hints.
   */
  analyze(p: AnalyzeParams): { cells: readonly CellAnalysis[] };
  /**
   * What a schedule or an initializer would do, before it stands in a cell. `call` is evaluated with the library's names alone; a mistake
   * in it comes back as `problem`. A schedule is drawn for a run of the experiment of that name, where a cell has made it.
   */
  preview(p: PreviewParams): Preview;
  /** Which backends and adapters there are, which one `auto` takes and why, and how to mend what is missing. */
  doctor(p: Record<string, never>): DoctorReport;
  /**
   * Changes a fit while it trains, from the next step that is not on its way: within a submit or two. The step is decided here,
   * once, and written to the run's log before anything follows it. `run`: id of the fit; null takes the one that began last.
   * Answered at all times; a change that cannot be made is not applied, and `why` says so in a sentence.
   */
  control(p: { run: string | null; change: RunControl }): { applied: boolean; step: number; why: string };
  /** The learning rates that are still to come, as they stand and as they were planned; empty where nothing trains. */
  plan(p: { run: string | null }): RestOfPlan;
  /** Chooses the backend of plans compiled from now on; running ones keep theirs. */
  selectBackend(p: { backend: BackendChoice }): { backend: BackendName; adapter: string };
  /**
   * The notebook has another place: it was saved for the first time, or under another name, or moved. Its cells see the new folder from
   * now on. With `take` the runs and outputs so far go along, and what trains goes on there; where they cannot, `why` says so and they
   * stay. Never waits for a cell.
   */
  relocate(p: { notebook: string; take: boolean }): { runFolder: string | null; why: string };
  /** Releases the device and exits with code 0. */
  shutdown(p: Record<string, never>): Record<string, never>;
}

/** Events, kernel to client, in the order things happened. */
export type KernelEvent =
  | { event: "state"; state: "idle" | "busy"; cell: string | null }
  | { event: "text"; cell: string; stream: "stdout" | "stderr"; text: string }
  /** A new output under the cell; a later one with the same id takes its place. */
  | { event: "output"; cell: string; output: Output }
  /** Rows that join a chart's dataset; `replace` drops the earlier ones (a long run was thinned). */
  | { event: "rows"; cell: string; chart: string; dataset: string; columns: Columns; replace: boolean }
  /** Anything over a second says how far it is. `total` is null when unknown. */
  | {
      event: "progress";
      cell: string;
      done: number;
      total: number | null;
      unit: string;
      message: string;
      run: RunStatus | null;
    }
  /** A training run ended; `final` and `history` are what `--json` reports. */
  | { event: "run"; cell: string; run: RunSummary }
  /** A line for the kernel log (driver warnings, backend choice), never for the cell. */
  | { event: "log"; level: "info" | "warning" | "error"; text: string };

export type Method = keyof Requests;
export type Params<M extends Method> = Parameters<Requests[M]>[0];
export type Result<M extends Method> = ReturnType<Requests[M]>;
export type Handlers = { readonly [M in Method]: (p: Params<M>) => Result<M> | Promise<Result<M>> };
