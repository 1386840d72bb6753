import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import { activeNotebook } from "../commands/active.ts";
import { printNotebook } from "../notebook/format.ts";
import { toPercent } from "../notebook/percent.ts";
import { NOTEBOOK_TYPE } from "../notebook/type.ts";
import { notify, plainText } from "../notify/index.ts";
import type { RunStore } from "../runs/index.ts";
import { cellsOf, shownCells } from "./cells.ts";
import { toHtml } from "./html.ts";
import { fromJupyter, type JupyterOutput, toJupyter } from "./jupyter.ts";

/** A Jupyter notebook with its pictures; larger ones are something else. */
const MAX_IMPORT_BYTES = 256 * 2 ** 20;

/** The commands that write a notebook in another form, and the one that reads Jupyter's. */
export function registerExports(extension: vscode.Extension<unknown>, runs: RunStore): vscode.Disposable[] {
  const commands: Record<string, (uri?: unknown) => Promise<void>> = {
    "dlnb.exportHtml": (uri) =>
      exporting(uri, vscode.l10n.t("Export HTML"), "html", { HTML: ["html"] }, async (notebook) => {
        await runs.ready();
        return toHtml(extension, notebook, runs.of(notebook.uri));
      }),
    "dlnb.exportTypeScript": (uri) =>
      exporting(uri, vscode.l10n.t("Export TypeScript Script"), "ts", { TypeScript: ["ts"] }, async (notebook) => {
        const cells = cellsOf(notebook);
        const code = cells.flatMap(({ kind, text }) => (kind === "code" ? text : [])).join("\n");
        const names = (await libraryNames(extension)).filter((name) => new RegExp(`(?<![\\w$.])${name}\\b`).test(code));
        return toPercent(cells, names);
      }),
    "dlnb.exportJupyter": (uri) =>
      exporting(uri, vscode.l10n.t("Export Jupyter Notebook"), "ipynb", { Jupyter: ["ipynb"] }, async (notebook) => {
        const shown = await shownCells(notebook);
        return toJupyter(cellsOf(notebook), (i) => jupyterOutputs(shown[i]));
      }),
    "dlnb.importJupyter": importJupyter,
  };
  return Object.entries(commands).map(([id, run]) => vscode.commands.registerCommand(id, run));
}

/** Makes the text of a file, asks where it goes, writes it, and offers to open it. */
async function exporting(
  uri: unknown,
  title: string,
  ending: string,
  filters: Record<string, string[]>,
  make: (notebook: vscode.NotebookDocument) => Promise<string>,
): Promise<void> {
  const notebook = await notebookOf(uri, title);
  if (notebook === null) return;
  const name = notebook.uri.path.replace(/^.*\//, "").replace(/\.dlnb$/, "");
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t("Export {0}", name),
    filters,
    defaultUri: vscode.Uri.joinPath(folderOf(notebook), `${name}.${ending}`),
  });
  if (target === undefined) return;
  const location = vscode.ProgressLocation.Notification;
  const file = target.path.replace(/^.*\//, "");
  try {
    await vscode.window.withProgress({ location, title: plainText(vscode.l10n.t("Writing {0}", file)) }, async () =>
      vscode.workspace.fs.writeFile(target, new TextEncoder().encode(await make(notebook))),
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    void notify.showErrorMessage(vscode.l10n.t("{0} could not be written: {1}", file, why));
    return;
  }
  void offerToOpen(target, file, ending);
}

async function offerToOpen(target: vscode.Uri, file: string, ending: string): Promise<void> {
  const open = ending === "html" ? vscode.l10n.t("Open in Browser") : vscode.l10n.t("Open");
  if ((await notify.showInformationMessage(vscode.l10n.t("{0} is written.", file), open)) !== open) return;
  // a browser elsewhere cannot see the file of a remote workspace
  if (ending === "html" && vscode.env.remoteName === undefined) await vscode.env.openExternal(target);
  else await vscode.commands.executeCommand("vscode.open", target);
}

/** The notebook that a command is for: a file of the explorer, or the one in front. */
async function notebookOf(uri: unknown, title: string): Promise<vscode.NotebookDocument | null> {
  if (!(uri instanceof vscode.Uri)) return activeNotebook(title);
  try {
    const notebook = await vscode.workspace.openNotebookDocument(uri);
    if (notebook.notebookType === NOTEBOOK_TYPE) return notebook;
    void notify.showErrorMessage(vscode.l10n.t("{0} is not a dlnb notebook.", uri.path.replace(/^.*\//, "")));
  } catch (error) {
    void notify.showErrorMessage(error instanceof Error ? error.message : String(error));
  }
  return null;
}

function folderOf(notebook: vscode.NotebookDocument): vscode.Uri {
  if (!notebook.isUntitled) return vscode.Uri.joinPath(notebook.uri, "..");
  return vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(process.cwd());
}

/** What cells need not import: the first part of every name that hovers know. */
async function libraryNames(extension: vscode.Extension<unknown>): Promise<string[]> {
  const library = JSON.parse(await readFile(join(extension.extensionPath, "snippets", "library.json"), "utf8"));
  const names = Object.keys(library).map((name) => name.split(".")[0] ?? "");
  return [...new Set(names)].filter((name) => name !== "").sort();
}

/** What Jupyter shows of a cell: text and pictures; charts by their words. */
function jupyterOutputs(cell: Awaited<ReturnType<typeof shownCells>>[number] | undefined): JupyterOutput[] {
  if (cell?.kind !== "code") return [];
  return cell.shown.map((shown): JupyterOutput => {
    if (shown.kind === "text") return { stream: { name: shown.stream, text: shown.text } };
    const data: Record<string, string> = {};
    for (const item of shown.output.items) {
      if (item.mime === "text/plain" || item.mime === "text/markdown" || item.mime === "image/png")
        data[item.mime] = item.data;
      else if ("text" in Object(item.data)) data["text/plain"] ??= String((item.data as { text: unknown }).text);
    }
    return { data };
  });
}

/** Writes a Jupyter notebook's cells as a dlnb notebook beside it, and opens that. */
async function importJupyter(uri?: unknown): Promise<void> {
  const filters = { "Jupyter Notebook": ["ipynb"] };
  const title = vscode.l10n.t("Import Jupyter Notebook");
  const source = uri instanceof vscode.Uri ? uri : (await vscode.window.showOpenDialog({ title, filters }))?.[0];
  if (source === undefined) return;
  const file = source.path.replace(/^.*\//, "");
  try {
    const { size } = await vscode.workspace.fs.stat(source);
    if (size > MAX_IMPORT_BYTES) throw new Error(vscode.l10n.t("it has {0} MB", Math.round(size / 2 ** 20)));
    const { cells, foreign, shown, outputs } = fromJupyter(
      new TextDecoder().decode(await vscode.workspace.fs.readFile(source)),
    );
    const target = await freeName(source);
    await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(printNotebook({ cells })));
    await vscode.commands.executeCommand("vscode.openWith", target, NOTEBOOK_TYPE);
    const said = [
      vscode.l10n.t("{0} was imported as {1}.", file, target.path.replace(/^.*\//, "")),
      ...(foreign === null
        ? []
        : [vscode.l10n.t("{0} cells of {1} became text: cells here are TypeScript.", shown, foreign)]),
      ...(outputs === 0 ? [] : [vscode.l10n.t("Outputs were left behind.")]),
    ];
    void notify.showInformationMessage(said.join(" "));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    void notify.showErrorMessage(vscode.l10n.t("{0} could not be imported: {1}.", file, why));
  }
}

/** `name.dlnb` beside a file, with a number where there is one already. */
async function freeName(source: vscode.Uri): Promise<vscode.Uri> {
  const folder = vscode.Uri.joinPath(source, "..");
  const name = source.path.replace(/^.*\//, "").replace(/\.ipynb$/i, "");
  for (let n = 1; ; n++) {
    const target = vscode.Uri.joinPath(folder, `${name}${n === 1 ? "" : `-${n}`}.dlnb`);
    const there = await vscode.workspace.fs.stat(target).then(
      () => true,
      () => false,
    );
    if (!there) return target;
  }
}
