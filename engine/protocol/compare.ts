import type { Chart } from "./chart.ts";
import type { RunHistory } from "./runs.ts";

/** A run as it is compared: what a kernel or a run log knows of it, as plain JSON. */
export interface RunFacts {
  /** Tells it from all others. */
  readonly key: string;
  readonly name: string;
  /** What the experiment's `describe()` says, and of the fit `schedule`, `epochs`, `earlyStopping` where they are known. */
  readonly config: Readonly<Record<string, unknown>>;
  /** How it stands, in a word: "running", "finished". */
  readonly state: string;
  /** It may still change. */
  readonly live: boolean;
  /** Its loss or gradient was not finite: it ended with nothing that counts. */
  readonly broken: boolean;
  readonly steps: number;
  readonly epochs: number;
  readonly seconds: number;
  /** `trainLoss`, `validAccuracy` ... */
  readonly final: Readonly<Record<string, number>>;
  readonly history: RunHistory;
}

/** What a reader of a comparison chose to see. */
export interface CompareView {
  /** What the curves show: `loss`, a metric, `lr` or `gradientNorm`; null: the main metric. */
  readonly figure: string | null;
  readonly x: "step" | "epoch" | "time";
  /** Runs that differ in their seed alone are one line with a band. */
  readonly bands: boolean;
  /** Runs with one value of this setting are one line with a band, whatever else differs; null: as `bands` says. */
  readonly groupBy: string | null;
  /** Runs outside of these ranges are left out of the curves and the table; ends as axes have them. */
  readonly brush: readonly { readonly label: string; readonly low: number; readonly high: number }[];
  /** Weight of the past in [0, 1) in curves of single steps. */
  readonly smoothing: number;
  /** Labels of groups whose curves are left out. */
  readonly hidden: readonly string[];
}

/** All that a page shows of runs beside each other. Groups and runs are named by their places in `groups` and `runs`. */
export interface ComparedRuns {
  /** Who is best and whether that is more than noise, in a sentence. */
  readonly verdict: string;
  /** What else has to be known to read it. */
  readonly notes: readonly string[];
  readonly figure: string;
  readonly figures: readonly { readonly key: string; readonly label: string }[];
  readonly chart: Chart;
  /** In the order of their first runs, which decides colours and shapes whatever they come to. */
  readonly groups: readonly ComparedGroup[];
  /** Places of the groups, the best first. */
  readonly ranking: readonly number[];
  readonly runs: readonly ComparedRun[];
  /** Columns of the table of runs, by their places in `cells`. */
  readonly columns: readonly RunColumn[];
  /** Settings, a value for each group: null where a group has none. */
  readonly config: readonly {
    readonly path: string;
    readonly group: string;
    readonly differs: boolean;
    readonly values: readonly (string | null)[];
  }[];
  /** Numbers that differ and what they led to, a value for each run; null with fewer than three runs, or when no number differs. */
  readonly parallel: readonly ParallelAxis[] | null;
  /** Settings that runs can be grouped by: they differ, and some runs have one in common. */
  readonly groupings: readonly string[];
}

export interface ComparedGroup {
  readonly label: string;
  /** Places of its runs. */
  readonly runs: readonly number[];
  readonly hidden: boolean;
  /** "0.9861 ± 0.0012, 3 runs". */
  readonly ends: string;
  /** How far behind the best, with its interval; empty for the best and where nothing is known. */
  readonly behind: string;
}

export interface ComparedRun {
  readonly key: string;
  readonly name: string;
  readonly group: number;
  readonly live: boolean;
  /** Whether it is in all ranges of the view's brush. */
  readonly within: boolean;
  readonly cells: readonly (string | number | null)[];
}

export interface RunColumn {
  readonly label: string;
  readonly numeric: boolean;
  /** Which values are good, where some are. */
  readonly better: "higher" | "lower" | null;
  /** What the verdict is about. */
  readonly main: boolean;
}

export interface ParallelAxis {
  readonly label: string;
  readonly log: boolean;
  /** The figure that the settings led to. */
  readonly outcome: boolean;
  /** Ends of the axis; equal to none of the values where it has room beyond them. */
  readonly low: number;
  readonly high: number;
  readonly values: readonly (number | null)[];
}
