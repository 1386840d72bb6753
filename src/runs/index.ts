import * as vscode from "vscode";
import { runCommands } from "./commands.ts";
import type { RunStore } from "./store.ts";
import { RunsView } from "./view.ts";

export type { RunEntry } from "./entry.ts";
export { loadPlots } from "./plots.ts";
export { RunStore } from "./store.ts";

/** The Runs view and the commands on runs. */
export function registerRuns(store: RunStore): vscode.Disposable[] {
  const view = new RunsView(store);
  const open = ({ folder }: { folder: string | null }) => {
    if (folder !== null) void vscode.commands.executeCommand("revealInExplorer", vscode.Uri.file(folder));
  };
  return [view, ...runCommands(store, view, open)];
}
