import * as vscode from "vscode";
import { notify } from "../notify/index.ts";
import { isRecord } from "../outputs/read.ts";
import { loadPlots, type RunStore } from "../runs/index.ts";
import { chooseRuns, newestTwo } from "./choose.ts";
import { FIRST_VIEW, MOST_RUNS, readState } from "./messages.ts";
import { ComparePanel, type ComparePanelHost } from "./panel.ts";

const VIEW_TYPE = "dlnb.compare";

/**
 * The command Compare Runs, and its panels, which come back when the window is loaded again. `extension` is the extension's folder. `memory`:
 * a window that goes suddenly may not have kept what its pages knew.
 */
export function registerCompare(store: RunStore, extension: vscode.Uri, memory: vscode.Memento): vscode.Disposable[] {
  const dist = vscode.Uri.joinPath(extension, "dist");
  const panels = new Set<ComparePanel>();
  const host: ComparePanelHost = {
    store,
    dist,
    plots: () => loadPlots(extension),
    choose: (keys) => chooseRuns(store, keys),
    changed: (panel) => {
      if (panel.disposed) panels.delete(panel);
      else void memory.update(VIEW_TYPE, panel.state);
    },
  };
  const open = (keys: readonly string[]) => {
    const wanted = keys.slice(0, MOST_RUNS);
    const same = [...panels].find((panel) => panel.keys.join("\n") === wanted.join("\n"));
    if (same !== undefined) {
      same.panel.reveal();
      return;
    }
    const panel = vscode.window.createWebviewPanel(VIEW_TYPE, vscode.l10n.t("Compare Runs"), vscode.ViewColumn.Beside);
    const made = new ComparePanel(panel, { keys: wanted, view: FIRST_VIEW }, host);
    panels.add(made);
    host.changed(made);
  };
  return [
    { dispose: () => void [...panels].map((panel) => panel.dispose()) },
    vscode.commands.registerCommand("dlnb.compareRuns", async (item?: unknown, items?: unknown) => {
      try {
        await store.ready();
        const given = keysOf(store, Array.isArray(items) && items.length > 0 ? items : [item]);
        const keys =
          given.length >= 2
            ? given
            : await chooseRuns(store, given.length === 1 ? beside(store, given) : newestTwo(store));
        if (keys !== null) open(keys);
      } catch (error) {
        void notify.showErrorMessage(error instanceof Error ? error.message : String(error));
      }
    }),
    vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, {
      deserializeWebviewPanel: async (panel, kept: unknown) => {
        const state = readState(kept);
        panels.add(new ComparePanel(panel, state.keys.length > 0 ? state : readState(memory.get(VIEW_TYPE)), host));
      },
    }),
  ];
}

/** The runs that lines of the Runs view, or `{ key }`, stand for. */
const keysOf = (store: RunStore, items: readonly unknown[]): string[] => [
  ...new Set(
    items
      .flatMap((item) => (isRecord(item) ? [item.key, ...(Array.isArray(item.keys) ? item.keys : [])] : []))
      .filter((key) => typeof key === "string" && store.get(key) !== undefined),
  ),
];

/** A run and the newest other of its notebook: what is ticked to begin with. */
function beside(store: RunStore, [key]: readonly string[]): string[] {
  const entry = store.get(key ?? "");
  if (entry === undefined) return [];
  const other = store.of(entry.notebook).find((one) => one.key !== entry.key);
  return [entry.key, ...(other === undefined ? [] : [other.key])];
}
