import type * as vscode from "vscode";

/**
 * `finished`, `interrupted`, `early` (early stopping), `non-finite` and `failed` have ended; `lost` is a run whose process went away
 * before it came to an end: what it had written is there.
 */
export type RunState = "running" | "paused" | "finished" | "interrupted" | "early" | "non-finite" | "failed" | "lost";

/** Runs of one call of `replicas`, `compareOptimizers` ... */
export interface RunGroup {
  readonly id: string;
  /** What was called. */
  readonly name: string;
  /** What is varied in this run, in words. */
  readonly label: string;
}

/** A run as lists show it. Entries are replaced, never changed. */
export interface RunEntry {
  /** Its folder's path, or the notebook's address and the run's id where nothing is kept (untitled notebooks). */
  readonly key: string;
  readonly notebook: vscode.Uri;
  /** Unique in its kernel only. */
  readonly id: string;
  /** As a reader calls it, or else as it calls itself. */
  readonly name: string;
  /** A reader marked it. */
  readonly starred: boolean;
  /** The call that trained it beside others; null: it was trained by itself. */
  readonly group: RunGroup | null;
  /** The name by which cells know the experiment, where known. */
  readonly experiment: string | null;
  readonly folder: string | null;
  readonly status: RunState;
  /** Optimizer updates done, and planned; 0 where it is not known. */
  readonly step: number;
  readonly steps: number;
  readonly epoch: number;
  readonly epochs: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly seconds: number;
  /** The first metric, of validation where there is any, else a loss. */
  readonly metric: { readonly name: string; readonly value: number; readonly better: "higher" | "lower" } | null;
  /** Figures at its end, or by now: `trainLoss`, `validLoss`, `validAccuracy` ... */
  readonly final: Readonly<Record<string, number>>;
  /** What `experiment.describe()` wrote; anybody may have written it. Null where it is not known. */
  readonly config: unknown;
  /** Schedule, epochs, early stopping of the fit, as `config` is. */
  readonly fit: unknown;
  /** Validation losses, or training losses where there are none, at most 24, oldest first. */
  readonly spark: readonly number[];
  readonly backend: string;
  /** The id of the cell that trains; empty where it is not known. */
  readonly cell: string;
  /** Numbers that the model learns; 0 where it is not known. */
  readonly parameters: number;
  /** Why it failed; empty otherwise. */
  readonly error: string;
  /** What is not as it should be with its log, behind "its log"; empty: nothing. */
  readonly remark: string;
}

export const isLive = ({ status }: Pick<RunEntry, "status">): boolean => status === "running" || status === "paused";
