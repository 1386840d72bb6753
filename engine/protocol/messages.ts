/**
 * The one table of messages between a kernel (engine/kernel) and whoever drives it (the extension host, the
 * command line). JSON-RPC 2.0 on stdio, framed by `vscode-jsonrpc`. Requests go to the kernel, events come from it.
 */

/** Raised whenever a message changes shape; `initialize` refuses a client that speaks another one. */
export const PROTOCOL_VERSION = 2;

export type BackendChoice = "auto" | "webgpu" | "wasm";
export type BackendName = "webgpu" | "wasm";

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
  /** Releases the device and exits with code 0. */
  shutdown(p: Record<string, never>): Record<string, never>;
}

export interface InitializeParams {
  protocol: number;
  client: { name: string; version: string };
  /** Absolute path of the notebook file; null for an untitled one. Imports, data paths and `.dlnb/` start from its folder. */
  notebook: string | null;
  /** Working folder when the notebook is untitled. */
  folder: string;
  backend: BackendChoice;
  /** Worker threads of the wasm backend; 0 takes the machine's. */
  threads: number;
  /** Values that replace the initializer of top-level declarations of the same name (`dlnb run --set name=value`). */
  overrides: Readonly<Record<string, unknown>>;
  /** Only tries the notebook out (`dlnb profile`): fits are short, their training steps are profiled, nothing is kept. */
  profile?: { steps: number | null } | undefined;
}

export interface KernelInfo {
  protocol: number;
  version: string;
  node: string;
  pid: number;
  /** Folder that holds this notebook's run log, checkpoints and saved outputs; null for an untitled notebook. */
  runFolder: string | null;
}

export interface RunParams {
  cell: string;
  /** Position in the notebook, from 1: error messages say "cell 3". */
  index: number;
  text: string;
}

/** A kernel as a client finds it that was away. */
export interface KernelState {
  info: KernelInfo;
  running: RunningCell | null;
  /** What the client before wanted to run next; it is the new client's to ask for it. */
  queued: readonly RunParams[];
  /** The last run of each cell that has ended, in that order. */
  ran: readonly RanCell[];
  /** Order of the cell that began last; 0 when none has. */
  order: number;
}

export interface RunningCell extends RunParams {
  order: number;
  /** ISO 8601. */
  startedAt: string;
  /** All outputs so far, charts with all their rows; console text as in `SavedCell`. */
  outputs: readonly Output[];
}

export interface RanCell {
  cell: string;
  /** As it ran. */
  text: string;
  order: number;
  ok: boolean;
}

/** A number that a cell gives an option. */
export interface LocatedOption {
  cell: string;
  option: string;
  /** The number as it is written, and where. */
  text: string;
  start: number;
  end: number;
  /** The calls around it, outermost first: `["experiment", "optim.adamw"]`. */
  within: readonly string[];
  /** The name that the statement around it declares, as `exp` in `const exp = experiment({ ... })`. */
  declares: string | null;
}

export interface CellResult {
  ok: boolean;
  wallMs: number;
  /** Execution order in this kernel, from 1. */
  order: number;
  error?: CellError;
}

export interface CellError {
  /** Class of the error: ShapeError, ConfigError, SyntaxError, Interrupted ... */
  name: string;
  message: string;
  /** Position in the cell's own text, from 1, when known. */
  line?: number;
  column?: number;
  /** Frames in the user's code only, as text. */
  stack: string;
  /** Ids of the cells that the frames name by their index then: `{ "2": "c2" }`. */
  cells?: Readonly<Record<string, string>>;
  /** What to do about it, in a sentence. */
  remedy?: string;
  /** An editor can run what the cell needs and the cell again: names that other cells define are not there yet. */
  needs?: boolean;
}

export interface CheckedCell {
  problems: readonly Problem[];
  /** Its top-level names, with their lines, from 1. */
  declares: readonly { name: string; line: number }[];
  /** Names that it reads, also inside its functions, and does not declare itself: of other cells, the library and the language. */
  uses: readonly string[];
  /** Names that it does not declare and sets to another value (`lr = 0.1`). */
  assigns: readonly string[];
  /** Equal for texts that differ in layout, comments and types only; empty with a problem. */
  digest: string;
}

export interface Problem {
  message: string;
  /** From 1. */
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  severity: "error" | "warning";
}

export interface AnalyzeParams {
  /** As in `InitializeParams`. */
  notebook: string | null;
  folder: string;
  /** In the order of the notebook. */
  cells: readonly { cell: string; text: string }[];
}

/** Offsets count UTF-16 units of the cell's text. */
export interface CellAnalysis {
  cell: string;
  /** False: the text is no TypeScript as it stands. */
  parsed: boolean;
  problems: readonly CellProblem[];
  hints: readonly CellHint[];
}

/** A mistake of values, ranges or shapes, found before anything ran. */
export interface CellProblem {
  start: number;
  end: number;
  /** The engine's own. */
  message: string;
  severity: "error" | "warning";
  /** What kind it is: `range`, `shape` ... */
  code: string;
  /** Whether types alone could tell, so that TypeScript may have said it. */
  typed: boolean;
  /** The likeliest first. */
  fixes: readonly CellFix[];
}

export interface CellFix {
  title: string;
  edits: readonly { cell: string; start: number; end: number; text: string }[];
}

/** What a layer or experiment will be, to be shown behind `offset`. */
export interface CellHint {
  offset: number;
  /** `→ 16×4×4`. */
  shapes: string;
  /** With the number of parameters: `→ 16×4×4 · 2,320`. */
  text: string;
  tooltip: string;
}

export interface KernelStatus {
  state: "idle" | "busy";
  cell: string | null;
  queued: readonly string[];
  backend: BackendName | null;
  adapter: string | null;
  run: RunStatus | null;
  memory: { rssBytes: number; heapBytes: number; deviceBytes: number };
  uptimeMs: number;
}

/** Where a training run stands. Rates are over the last seconds. */
export interface RunStatus {
  id: string;
  name: string;
  /** Absolute folder with log and checkpoints; null when nothing is written. */
  folder: string | null;
  step: number;
  steps: number;
  epoch: number;
  epochs: number;
  trainLoss: number | null;
  validLoss: number | null;
  /** The first metric on the validation set (train when there is none), with its name. */
  metric: { name: string; value: number } | null;
  lr: number;
  stepsPerSecond: number;
  etaSeconds: number | null;
  backend: BackendName;
  /** Whether it waits, with its device, for `resume`. */
  paused: boolean;
  /** When it ends before its last step because it was asked to: after the epoch under way. */
  stopping: "epoch" | null;
}

/**
 * A change of a run while it trains. Pauses and stops leave the numbers as they are. `set-lr` is the rate of the next step, and
 * the rest of the schedule is scaled with it: a constant rate stays at `value`, a cosine goes on falling, to its end times
 * `value / planned`; where the schedule's rate is 0 there, `value` holds. `set-schedule` goes in straight lines through its points,
 * from the rate in force to the first one, and holds the last one's rate: steps count updates done, ascending. `follow-plan` goes
 * back to the schedule. Momentum keeps to the schedule. `stop-after-epoch` validates, keeps a checkpoint and ends the run as early
 * stopping does (`stopped: "early"`); `keep-going` takes that back.
 */
export type RunControl =
  | { do: "pause" }
  | { do: "resume" }
  | { do: "stop-after-epoch" }
  | { do: "keep-going" }
  | { do: "set-lr"; value: number }
  | { do: "set-schedule"; points: readonly (readonly [step: number, lr: number])[] }
  | { do: "follow-plan" };

/** A change and the updates that were done, or on their way, when it was made: the first step that it concerns comes after them. */
export interface Controlled {
  step: number;
  change: RunControl;
}

/** At most 200 places from the next step to the last. */
export interface RestOfPlan {
  /** Updates done before the step, ascending. */
  steps: readonly number[];
  lr: readonly number[];
  /** What the schedule says without any change. */
  planned: readonly number[];
}

/** A value in words. No getter, method or proxy of it was run to find them. */
export interface DescribedValue {
  /** "number", "Tensor 64×10 f32", "Dataset 1,437 × 64", "Experiment", "Run", "Array 3", the name of a class. */
  type: string;
  /** One line of at most 120 characters. */
  summary: string;
  /** Of tensors and data sets. */
  shape: readonly number[] | null;
  /** Host memory, without what other names hold. Device memory belongs to runs that train, not to names. */
  bytes: number;
  /** There is more than was looked at. */
  atLeast: boolean;
  /** Whether `inspect` gives parts of it. */
  parts: boolean;
}

export interface Variable extends DescribedValue {
  name: string;
}

export interface Part extends DescribedValue {
  /** For `path`. */
  key: string;
  /** What is shown: `[3]`, `train`, `mean`. */
  label: string;
}

export interface PreviewParams {
  /** As `schedule.cosine({ etaMin: 1e-4 })` or `init.orthogonal()`; never text of a cell. */
  call: string;
  experiment: string | null;
  /** Length of the run: in epochs, or in steps; 10 epochs when neither is known. */
  epochs: number | null;
  steps: number | null;
}

export interface Preview {
  problem: string | null;
  curve: RateCurve | null;
  density: Density | null;
  /** The run that a curve is of; `known`: by the experiment's own data, batch size and rate, else of 100 steps an epoch from 0.1. */
  run: { steps: number; stepsPerEpoch: number; lr: number; known: boolean };
}

/** The rates of a schedule over a run, at 240 steps at most, first and last among them. */
export interface RateCurve {
  step: readonly number[];
  lr: readonly number[];
  /** Figures that it waits for; they are taken to stop improving after a fifth of the run. */
  waits: readonly string[];
}

/** How often weights fall into bins of equal width, evenly about 0: shares of all. */
export interface Density {
  center: readonly number[];
  share: readonly number[];
  mean: number;
  std: number;
  /** Shape of the weights that were drawn. */
  shape: readonly number[];
}

export interface DoctorReport {
  versions: {
    dlnb: string;
    node: string;
    webgpu: string | null;
    platform: string;
    arch: string;
    cpu: string;
    cores: number;
  };
  backends: readonly BackendReport[];
  auto: { backend: BackendName; why: string };
}

export interface BackendReport {
  backend: BackendName;
  available: boolean;
  adapters: readonly { name: string; vendor: string; kind: "discrete" | "integrated" | "cpu" | "unknown" }[];
  detail: string;
  /** How to mend what is missing; empty when nothing is. */
  mend: string;
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

/** One output: the same content under several media types, richest first for the renderer, text/plain always there. */
export interface Output {
  id: string;
  items: readonly OutputItem[];
}

export type OutputItem =
  | { mime: typeof CHART_MIME; data: Chart }
  | { mime: typeof FINDINGS_MIME; data: Findings }
  | { mime: typeof GALLERY_MIME; data: Gallery }
  | { mime: "text/plain" | "text/markdown" | "text/html" | "image/svg+xml"; data: string }
  | { mime: "image/png"; data: string /* base64 */ }
  | { mime: "application/json"; data: unknown }
  | { mime: typeof ERROR_MIME; data: CellError };

export const CHART_MIME = "application/vnd.dlnb.chart+json";
export const FINDINGS_MIME = "application/vnd.dlnb.findings+json";
export const GALLERY_MIME = "application/vnd.dlnb.gallery+json";
export const ERROR_MIME = "application/vnd.dlnb.error+json";

/** A theme-free Vega-Lite spec that refers to its datasets by name, and their rows so far. */
export interface Chart {
  id: string;
  /** What the reader should look for, in one line: "validation loss 0.081 after 20 epochs, best at epoch 17". */
  title: string;
  kind: ChartKind;
  /** `usermeta.dlnb` holds `ChartHints`. */
  spec: Readonly<Record<string, unknown>>;
  datasets: Readonly<Record<string, Columns>>;
  /** True while rows still arrive. */
  live: boolean;
  /** Text alternative for screen readers and plain viewers. */
  text: string;
}

export type ChartKind = "learning-curve" | "plot";

/** What a reader can do with a chart beyond looking: all parts are optional, none changes the data. */
export interface ChartHints {
  /** The column that all datasets share as their horizontal position. */
  x?: {
    field: string;
    label: string;
    /** The spec's parameter that ends the axis, and where it ends when all is done: see `axisEnd` in engine/plots. */
    end?: { param: string; planned: number };
  };
  /** Names of the views whose vertical axis may be logarithmic. */
  log?: readonly string[];
  /** `as` is the moving average of `field`; `weight` in [0, 1) is where the slider starts. */
  smooth?: { dataset: string; field: string; as: string; weight: number };
  /** Values shown for the position under the pointer; `series` is the colour they are drawn in. */
  values?: readonly { dataset: string; field: string; label: string; series: string | null }[];
  /**
   * Pointing at a mark whose row has text in `field` sets parameter `param` to that text, here and in every chart of the
   * notebook that links the same field; null when nothing is pointed at. So a layer in one chart is seen in all.
   */
  link?: { field: string; param: string };
  /** A control that moves parameter `param` through `values`, by hand or, with `perSecond`, by itself. */
  scrub?: {
    param: string;
    label: string;
    values: readonly number[];
    /** Index of the value to begin with. */
    start: number;
    /** Values per second when played; not given: there is no play button. */
    perSecond?: number;
  };
  /** Lists to choose from; the first choice is the one the spec begins with. */
  choose?: readonly { param: string; label: string; choices: readonly { label: string; value: string | number }[] }[];
  /** A grid that can be seen in three dimensions, turned, and saved as a mesh: rows of `dataset` in any order. */
  surface?: {
    dataset: string;
    x: string;
    y: string;
    z: string;
    labels: { x: string; y: string; z: string };
    /** Heights are drawn as log10(z). */
    log: boolean;
    /** A line over the surface, such as the path of an optimizer. */
    path?: { dataset: string; x: string; y: string; z: string };
  };
  /** What can be done with what the chart found. */
  actions?: readonly Action[];
  /**
   * A click on the chart, or Enter at the cursor, takes a place on the horizontal axis: a row of `dataset` is what can be gone
   * back to, the last one at or before the place. `field` is its place, `file` (text) what it is in,
   * a path in the notebook's run folder, `label` (text) its name.
   */
  pick?: { kind: "checkpoint"; dataset: string; field: string; file: string; label: string };
  /** Id of the run that the chart is of: while the chart is live, the run can be changed. */
  run?: string;
}

/** Something an editor offers to do. Other readers show the label or nothing. */
export interface Action {
  /** On the button: "Insert 3.2e-3". */
  label: string;
  /** What happens, in a sentence. */
  title: string;
  do:
    | {
        /** Puts `value` where a cell gives one of these options, the first that is found; undoable. */
        kind: "set-option";
        options: readonly string[];
        value: number;
        /** Name of the experiment, when known: cells that define it come first. */
        experiment: string | null;
      }
    /** A new cell with this text below the one that offers it. */
    | { kind: "insert-cell"; text: string }
    /** A new cell that brings the run back as it was at a checkpoint, or trains on from there; `file` as `ChartHints.pick` says. */
    | { kind: "go-back"; how: "restore" | "branch"; file: string; step: number };
}

/** Checks and findings in words: what preflight and a diagnosis show. */
export interface Findings {
  id: string;
  /** "2 warnings in 11 checks: ..." */
  title: string;
  findings: readonly Finding[];
}

export interface Finding {
  /** Name of the rule or check: "dead-relu". */
  rule: string;
  severity: "error" | "warning" | "info" | "pass";
  /** The finding in a few words: "the learning rate is too high". */
  title: string;
  /** What was seen, with numbers. */
  saw: string;
  /** Why it matters; empty for a check that passed. */
  why: string;
  /** What to try, best first. */
  tries: readonly { text: string; action?: Action }[];
  /** The number that marks its evidence on a chart of the same output; not given: there is no mark. */
  mark?: number;
  /** Where it comes from. */
  paper?: string;
}

/** Small pictures in rows: examples, filters, attention maps. */
export interface Gallery {
  id: string;
  title: string;
  /** Text alternative. */
  text: string;
  pictures: readonly Picture[];
  /** Pictures of a row, where rows mean something; as many as there is room for when not given. */
  columns?: number;
}

export interface Picture {
  /** Under the picture: "7, not 1: 98 %". */
  caption: string;
  /** Larger text for a tooltip and screen readers. */
  detail: string;
  width: number;
  height: number;
  /** One byte per pixel (0 dark to 255 light) or three (red, green, blue), row-major, in base64. */
  channels: 1 | 3;
  pixels: string;
  /** One byte per pixel that is laid over the picture as warmth, 0 none to 255 most, in base64. */
  heat?: string;
}

/** A table by columns. Numbers are little-endian float64 in base64 (NaN: missing); text stays text. */
export type Columns = Readonly<Record<string, { f64: string } | { text: readonly string[] }>>;

export interface RunSummary {
  id: string;
  name: string;
  /** Absolute folder with log and checkpoints; null when nothing is written. */
  folder: string | null;
  backend: BackendName;
  adapter: string;
  steps: number;
  epochs: number;
  seconds: number;
  /** `early`: by early stopping, or by hand after an epoch. */
  stopped: "finished" | "interrupted" | "early" | "non-finite";
  final: Readonly<Record<string, number>>;
  history: RunHistory;
}

/** Per step (thinned to a bounded number of points when `thinned`) and per epoch. */
export interface RunHistory {
  step: readonly number[];
  trainLoss: readonly number[];
  lr: readonly number[];
  /** Euclidean norm of the whole gradient before clipping. */
  gradientNorm: readonly number[];
  /** What penalties on weights added to the loss, where there are some. */
  penalty?: readonly number[];
  epoch: readonly number[];
  epochStep: readonly number[];
  valid: Readonly<Record<string, readonly number[]>>;
  train: Readonly<Record<string, readonly number[]>>;
  /** As `valid`, of averaged weights where they are kept; NaN before they begin. */
  averaged?: Readonly<Record<string, readonly number[]>>;
  thinned: boolean;
}

/**
 * What the kernel saves under `.dlnb/<notebook>/outputs/<cell>.json`, for the editor to show on reopening. Console text
 * is an output of text/plain whose id begins with "stdout-" or "stderr-"; a failed cell's last output is its error.
 */
export interface SavedCell {
  version: 1;
  cell: string;
  /** SHA-256 of the cell's text when it ran: other text means the outputs are old. */
  textHash: string;
  order: number;
  ok: boolean;
  startedAt: string;
  wallMs: number;
  outputs: readonly Output[];
}

export type Method = keyof Requests;
export type Params<M extends Method> = Parameters<Requests[M]>[0];
export type Result<M extends Method> = ReturnType<Requests[M]>;
export type Handlers = { readonly [M in Method]: (p: Params<M>) => Result<M> | Promise<Result<M>> };

/** JSON-RPC notification that carries a `KernelEvent`. */
export const EVENT_METHOD = "event";

/** JSON-RPC notification without parameters, the last one on a channel: another client has taken the kernel over. */
export const TAKEN_METHOD = "taken";

/** First line of a client on a kernel's socket, as JSON. The kernel answers with a `Welcome` in a line; JSON-RPC follows. */
export interface Hello {
  token: string;
  /** Take the kernel from a client that is there; without it the newcomer is refused. */
  take: boolean;
  /** How long the kernel stays when this client leaves it while a cell runs. */
  keepAliveSeconds: number;
}

export type Welcome = { ok: true } | { ok: false; why: "token" | "busy" };

/** What a kernel that listens (`kernel.mjs --listen`) reads from stdin, a line of JSON; it writes `LISTENING` to stdout when it does. */
export interface ListenOn {
  /** Path of a Unix domain socket in a folder of its own, which the kernel removes when it ends, or a Windows pipe. */
  address: string;
  token: string;
}

export const LISTENING = "listening";
