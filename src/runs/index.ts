import type * as vscode from "vscode";
import type { LiveRuns } from "../live/liveRuns.ts";
import { runCommands } from "./commands.ts";
import { RunPanels } from "./panel.ts";
import { loadPlots } from "./plots.ts";
import type { RunStore } from "./store.ts";
import { RunsView } from "./view.ts";

export { isLive, type RunEntry } from "./entry.ts";
export { loadPlots } from "./plots.ts";
export { RunStore } from "./store.ts";

/** The Runs view, panels of runs, and the commands on runs. `extension` is the extension's folder. */
export function registerRuns(
  store: RunStore,
  live: LiveRuns,
  extension: vscode.Uri,
  memory: vscode.Memento,
): vscode.Disposable[] {
  const view = new RunsView(store, memory);
  const panels = new RunPanels({ store, live, extension, plots: () => loadPlots(extension) });
  return [view, panels, ...runCommands(store, view, (entry) => panels.open(entry))];
}
