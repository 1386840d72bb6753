import { words } from "../../l10n/index.ts";

/** What the tools of a chart say; its title, axes and series are the chart's own. */
export const WORDS = words({
  logAxis: "Log axis",
  logAxisTitle: "Logarithmic vertical axis",
  noLogAxis: "A logarithmic axis needs values above 0",
  surface: "3-D",
  surfaceTitle: "Show as a surface",
  smoothing: "Smoothing",
  png: "Save as PNG",
  svg: "Save as SVG",
  panel: "Panel",
  panelTitle: "Open in a panel beside the notebook",
  play: "Play",
  pause: "Pause",
  position: "position on the chart",
  mark: "{0} on the chart",
  nothing: "none",
  failed: "this chart cannot be drawn: {0}",
});

/** Of a place on a curve that can be gone back to. */
export const PICKED = words({
  restore: "Restore {0}",
  restoreTitle: "A new cell with the run as it was then",
  branch: "Branch from {0}",
  branchTitle: "A new cell that trains on from there as a run of its own",
  close: "Close",
  nearest: "nearest checkpoint before: {0}",
  first: "no checkpoint is older; the first one: {0}",
});

/** Outputs of another version, or of somebody else. */
export const UNREADABLE = words({
  chart: "this output is not a chart that this version of dlnb can draw",
  findings: "this output is not a list of findings that this version of dlnb can show",
  gallery: "this output is not a gallery that this version of dlnb can show",
});
