import type { Columns } from "./outputs.ts";

/** A chart, and what a reader can do with it. */

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
