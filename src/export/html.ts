import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import * as vscode from "vscode";
import { bundle } from "../../l10n/index.ts";
import type { Report, ReportedRun } from "../report/index.ts";
import { isLive, type RunEntry } from "../runs/entry.ts";
import { shownCells } from "./cells.ts";

/**
 * The notebook with what its cells show as one page: charts answer to the pointer, nothing is fetched from anywhere. `runs` are
 * those that are known of it; of each cell the last one is listed.
 */
export async function toHtml(
  extension: vscode.Extension<unknown>,
  notebook: vscode.NotebookDocument,
  runs: readonly RunEntry[],
): Promise<string> {
  const dist = join(extension.extensionPath, "dist");
  const { version } = extension.packageJSON as { version: string };
  const onDisk = !notebook.isUntitled && notebook.uri.scheme === "file";
  // Vega and Markdown are a program of their own: most windows never export
  const { writeReport } = (await import(pathToFileURL(join(dist, "report.mjs")).href)) as {
    writeReport(report: Report): Promise<string>;
  };
  const cells = await shownCells(notebook);
  const listed = cells.flatMap((cell) => (cell.kind === "code" ? (lastOf(cell.id, runs) ?? []) : []));
  const backends = [...new Set(listed.map(({ backend }) => backend))];
  return writeReport({
    name: notebook.uri.path.replace(/^.*\//, ""),
    folder: onDisk ? dirname(notebook.uri.fsPath) : null,
    cells,
    runs: listed,
    where: backends.length === 0 ? "" : vscode.l10n.t("on {0}", backends.join(", ")),
    about: [new Date().toISOString().replace("T", " ").replace(/\..*/, " UTC"), `dlnb ${version}`],
    generator: `dlnb ${version}`,
    bundle: bundle(),
    program: await readFile(join(dist, "report-page.js"), "utf8"),
  });
}

function lastOf(cell: string, runs: readonly RunEntry[]): ReportedRun | undefined {
  const [last] = runs.filter((run) => run.cell === cell && !isLive(run)).sort((a, b) => b.startedAt - a.startedAt);
  if (last === undefined) return undefined;
  const { id, name, folder, backend, step, epoch, seconds, final, status } = last;
  const stopped = status === "finished" || status === "early" || status === "non-finite" ? status : "interrupted";
  return {
    id,
    name,
    folder,
    backend: backend === "webgpu" ? "webgpu" : "wasm",
    steps: step,
    epochs: epoch,
    seconds,
    stopped,
    final,
  };
}
