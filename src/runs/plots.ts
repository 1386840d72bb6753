import { pathToFileURL } from "node:url";
import * as vscode from "vscode";
import type { Plots } from "../../engine/protocol/index.ts";

let loaded: Promise<Plots> | null = null;

/**
 * The plots, for charts of what stands on disk: learning curves of runs, comparisons. They are engine/plots, of which src/ imports
 * nothing: a program of their own (dist/plots.mjs) that is loaded here, by its address, when a panel first draws. To add a chart:
 *
 * 1. say in `Plots` (engine/protocol/plots.ts) what is asked and given, data only;
 * 2. do it in engine/plots/recorded, with a plot that the kernel has too;
 * 3. call it: `(await loadPlots(extension)).myChart(...)` gives a `Chart`, which a page draws with `Figure`.
 *
 * `extension` is the extension's folder. Rejects when the program is not there; the next call tries again.
 */
export function loadPlots(extension: vscode.Uri): Promise<Plots> {
  loaded ??= load(vscode.Uri.joinPath(extension, "dist", "plots.mjs").fsPath).catch((error: unknown) => {
    loaded = null;
    throw error;
  });
  return loaded;
}

async function load(path: string): Promise<Plots> {
  const { plots } = (await import(pathToFileURL(path).href)) as { plots: Plots };
  return plots;
}
