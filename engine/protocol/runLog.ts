import type { BackendName } from "./kernel.ts";
import type { Controlled, RunSummary } from "./runs.ts";

/**
 * The lines of `.dlnb/<notebook>/runs/<time>/log.jsonl`, the append-only record of a run: one JSON object per line, tagged by `event`,
 * written (not buffered) before anybody is told. The kernel writes them, the editor reads them; a reader passes over events that it does
 * not know, and over a last line that is cut. A run without a folder (an untitled notebook) keeps nothing.
 *
 * JSON has no NaN and no infinities: such a number is written as the text `"NaN"`, `"Infinity"` or `"-Infinity"`.
 */
export type RunLogLine = {
  readonly [E in keyof RunLogLines]: { readonly event: E } & RunLogLines[E];
}[keyof RunLogLines];

/** Raised when a line changes its meaning. Logs without a version were written before there was one. */
export const RUN_LOG_VERSION = 1;

export interface RunLogLines {
  /** The first line. */
  start: RunLogStart;
  /** Optimizer updates, one line per submit: figures of steps `from` (counted from 1), `from + 1`, ... */
  steps: {
    readonly from: number;
    readonly loss: readonly number[];
    readonly lr: readonly number[];
    /** Euclidean norm of the whole gradient before clipping. */
    readonly gradientNorm: readonly number[];
    /** Where the schedule drives it. */
    readonly momentum?: readonly number[];
    /** What penalties on weights added to the loss, where there are some. */
    readonly penalty?: readonly number[];
  };
  /** An epoch (from 1) has ended after `step` updates. */
  epoch: {
    readonly epoch: number;
    readonly step: number;
    readonly train: Figures;
    /** Not there: it was not validated. */
    readonly valid?: Figures | undefined;
    readonly averaged?: Figures | undefined;
  };
  /** A fall of the rate that a figure caused. */
  drop: { readonly step: number; readonly monitor: string; readonly value: number; readonly best: number };
  /** What looks of `fit({ instruments })` report: names and sizes. */
  looks: {
    readonly columns: readonly (readonly [name: string, size: number])[];
    /** Layer i of the columns `layer <i> std` and so on. */
    readonly layers: readonly { readonly path: string; readonly type: string }[];
    /** Layers with parameters, by the i of their columns `parameter <i> gradient peak` and so on. */
    readonly gradients: readonly {
      readonly path: string;
      readonly type: string;
      readonly parameters: readonly number[];
    }[];
  };
  /** Those numbers after `step` updates, little-endian float32 in base64; at most some hundreds of lines. */
  look: { readonly step: number; readonly f32: string };
  /** `file` is relative to the run's folder. A later line about the same file replaces what an earlier one said. */
  checkpoint: { readonly file: string; readonly step: number; readonly why: string };
  /** A checkpoint makes room for others. */
  removed: { readonly file: string; readonly step: number };
  /** Somebody changes it by hand: what follows concerns the steps after `step` updates. Written before the change is made. */
  control: Controlled;
  /** The last line of a run that came to an end. */
  end: Omit<RunSummary, "history">;
  /** The last line of a run that broke off without a result. */
  failed: { readonly error: string };
}

export interface RunLogStart {
  readonly version: number;
  /** Id of the run in its kernel's events; another kernel may use it again. */
  readonly run: string;
  readonly name: string;
  /** ISO 8601. */
  readonly time: string;
  /** Who writes: a log without an end whose process is gone was cut short. */
  readonly process: { readonly pid: number; readonly host: string };
  readonly versions: Readonly<Record<string, string>>;
  readonly backend: BackendName;
  readonly adapter: string;
  /** Id of the cell that trains, and SHA-256 of its text. */
  readonly cell: string;
  readonly textHash: string | null;
  /** Top-level name of the experiment in its notebook, where it has one: `exp`. */
  readonly experiment: string | null;
  /** Which of many runs of one call it is; not there: it was trained by itself. */
  readonly group?: RunLogGroup | undefined;
  /** Numbers that the model learns, frozen ones among them. */
  readonly parameters: number;
  /** The model's layers in the order in which they finish; the model itself has the path "". */
  readonly layers: readonly { readonly path: string; readonly type: string; readonly outputShape: readonly number[] }[];
  /** Name of the training data. */
  readonly data: string;
  /** What `experiment.describe()` says. */
  readonly config: unknown;
  readonly fit: Readonly<Record<string, unknown>> & RunExtent & { readonly resumedAt: number };
  readonly curve: RunCurve;
}

/** Runs of one `replicas`, `crossValidate`, `compareOptimizers` ... */
export interface RunLogGroup {
  /** The same for all of them, and for no others. */
  readonly id: string;
  /** What was called: "replicas". */
  readonly name: string;
  /** What is varied in this one, in words. */
  readonly label: string;
}

/** The size of a run as it was planned. */
export interface RunExtent {
  readonly steps: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
}

/** What its learning curve is made of. */
export interface RunCurve {
  readonly metrics: readonly { readonly name: string; readonly better: "higher" | "lower" }[];
  /** Whether epochs are validated, and averaged weights beside those under way. */
  readonly validation: boolean;
  readonly averaged: boolean;
  readonly movesMomentum: boolean;
  readonly penalized: boolean;
  /** Gradients are clipped to this Euclidean norm. */
  readonly clipNorm?: number | undefined;
}

type Figures = Readonly<Record<string, number>>;
