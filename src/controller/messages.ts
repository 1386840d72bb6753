import * as vscode from "vscode";
import type { Action, Chart, Columns, RunControl } from "../../engine/protocol/index.ts";
import { type Bundle, bundle } from "../../l10n/index.ts";
import { type LiveStatus, readControl } from "../live/status.ts";
import { notify } from "../notify/index.ts";
import { isRecord, readAction } from "../outputs/read.ts";

/** The renderer in package.json. */
const RENDERER = "dlnb-renderer";

/** What pages are sent; media/chart/payload.ts mirrors it, and a type-level test holds the two equal. */
export type ToRenderer =
  | { type: "chart"; chart: Chart }
  | { type: "rows"; chart: string; dataset: string; columns: Columns; replace: boolean }
  | { type: "live"; run: string; status: LiveStatus }
  | { type: "words"; bundle: Bundle };

export type FromRenderer =
  | { type: "words" }
  | { type: "sync"; chart: string }
  | { type: "open"; chart: string }
  | { type: "reveal"; cell: string; line: number; column: number }
  | { type: "openFile"; file: string; line: number; column: number }
  | { type: "rerun"; cell: string }
  | { type: "act"; cell: string; action: Action }
  | { type: "control"; run: string; change: RunControl }
  | { type: "save"; name: string; base64: string };

export type FromPanel =
  | { type: "ready" }
  | { type: "act"; action: Action }
  | { type: "control"; run: string; change: RunControl }
  | { type: "save"; name: string; base64: string };

export interface RendererHost {
  /** Runs what the cell of this id needs, and the cell. */
  rerun(notebook: vscode.NotebookDocument, cell: string): void;
  /** A chart that still grows in the notebook. */
  chart(notebook: vscode.NotebookDocument, id: string): Chart | null;
  cell(notebook: vscode.NotebookDocument, id: string): vscode.NotebookCell | undefined;
  /** Shows a chart in a panel. */
  open(notebook: vscode.NotebookDocument, id: string): void;
  /** Does what a button under an output of the cell of this id offers: edits a cell's number, or inserts a cell. */
  act(notebook: vscode.NotebookDocument, cell: string, action: Action): void;
  /** Changes a run under way. */
  control(notebook: vscode.NotebookDocument, run: string, change: RunControl): void;
  /** Where the runs of a notebook stand, for a page that has just begun to look. */
  live(notebook: vscode.NotebookDocument): readonly ToRenderer[];
}

/** The wire between running cells and the pages that draw their charts. */
export class RendererMessages implements vscode.Disposable {
  readonly #messaging = vscode.notebooks.createRendererMessaging(RENDERER);
  readonly #listening: vscode.Disposable;
  readonly #host: RendererHost;

  constructor(host: RendererHost) {
    this.#host = host;
    this.#listening = this.#messaging.onDidReceiveMessage(({ editor, message }) => {
      const known = readMessage(message);
      if (known !== null && isFromRenderer(known)) void this.#answer(editor, known);
    });
  }

  /** To every editor that shows the notebook. */
  send(notebook: vscode.NotebookDocument, message: ToRenderer): void {
    this.sendTo(notebook.uri, message);
  }

  sendTo(notebook: vscode.Uri, message: ToRenderer): void {
    const address = notebook.toString();
    for (const editor of vscode.window.visibleNotebookEditors) {
      if (editor.notebook.uri.toString() === address) void this.#messaging.postMessage(message, editor);
    }
  }

  dispose(): void {
    this.#listening.dispose();
  }

  async #answer(editor: vscode.NotebookEditor, message: FromRenderer): Promise<void> {
    switch (message.type) {
      case "words":
        await this.#messaging.postMessage({ type: "words", bundle: bundle() } satisfies ToRenderer, editor);
        return;
      case "sync": {
        const chart = this.#host.chart(editor.notebook, message.chart);
        const grown: ToRenderer[] = chart === null ? [] : [{ type: "chart", chart }];
        for (const one of [...grown, ...this.#host.live(editor.notebook)])
          await this.#messaging.postMessage(one, editor);
        return;
      }
      case "reveal": {
        const cell = this.#host.cell(editor.notebook, message.cell);
        if (cell !== undefined) await reveal(cell, message.line, message.column);
        return;
      }
      case "openFile":
        await openFile(editor.notebook, message.file, message.line, message.column);
        return;
      case "rerun":
        this.#host.rerun(editor.notebook, message.cell);
        return;
      case "open":
        this.#host.open(editor.notebook, message.chart);
        return;
      case "act":
        this.#host.act(editor.notebook, message.cell, message.action);
        return;
      case "control":
        this.#host.control(editor.notebook, message.run, message.change);
        return;
      case "save":
        await saveChart(editor.notebook, message.name, message.base64);
        return;
      default:
        message satisfies never;
    }
  }
}

/** Pages are not trusted more than what they show. */
export function readMessage(message: unknown): FromRenderer | FromPanel | null {
  if (!isRecord(message)) return null;
  const { type, chart, cell, line, column, file, name, base64, run } = message;
  if (type === "ready" || type === "words") return { type };
  if ((type === "sync" || type === "open") && typeof chart === "string") return { type, chart };
  if (type === "reveal" && typeof cell === "string" && isPosition(line) && isPosition(column)) {
    return { type, cell, line, column };
  }
  if (type === "openFile" && typeof file === "string" && isPosition(line) && isPosition(column)) {
    return { type, file, line, column };
  }
  if (type === "rerun" && typeof cell === "string") return { type, cell };
  if (type === "act" && (cell === undefined || typeof cell === "string")) {
    const action = readAction(message.action);
    if (action === null) return null;
    return cell === undefined ? { type, action } : { type, cell, action };
  }
  if (type === "control" && typeof run === "string") {
    const change = readControl(message.change);
    return change === null ? null : { type, run, change };
  }
  if (type === "save" && typeof name === "string" && FILE_NAME.test(name) && typeof base64 === "string") {
    return { type, name, base64 };
  }
  return null;
}

/** A panel has one chart, and need not say of which cell. */
function isFromRenderer(message: FromRenderer | FromPanel): message is FromRenderer {
  return message.type !== "ready" && (message.type !== "act" || "cell" in message);
}

/** Pictures and meshes. */
const FILE_NAME = /^[\w.-]+\.(svg|png|obj|ply)$/;
const FILTERS: Readonly<Record<string, Record<string, string[]>>> = {
  svg: { SVG: ["svg"] },
  png: { PNG: ["png"] },
  obj: { "Wavefront OBJ": ["obj"] },
  ply: { PLY: ["ply"] },
};

function isPosition(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1;
}

async function reveal(cell: vscode.NotebookCell, line: number, column: number): Promise<void> {
  const at = cell.document.validatePosition(new vscode.Position(line - 1, column - 1));
  await vscode.window.showTextDocument(cell.document, { selection: new vscode.Range(at, at) });
}

/** Shows a line of a user's file, which a page names: only files of the notebook's folder and of the workspace. */
async function openFile(notebook: vscode.NotebookDocument, file: string, line: number, column: number): Promise<void> {
  const { fileURLToPath } = await import("node:url");
  const { dirname, isAbsolute, normalize, relative } = await import("node:path");
  let path: string;
  try {
    path = normalize(file.startsWith("file:") ? fileURLToPath(file) : file);
  } catch {
    return;
  }
  const folders = vscode.workspace.workspaceFolders?.map(({ uri }) => uri.fsPath) ?? [];
  const isWithin = (folder: string) => {
    const way = relative(folder, path);
    return way !== "" && !way.startsWith("..") && !isAbsolute(way);
  };
  if (!isAbsolute(path) || ![dirname(notebook.uri.fsPath), ...folders].some(isWithin)) return;
  try {
    const document = await vscode.workspace.openTextDocument(path);
    const at = document.validatePosition(new vscode.Position(line - 1, column - 1));
    await vscode.window.showTextDocument(document, { selection: new vscode.Range(at, at) });
  } catch {
    void notify.showWarningMessage(vscode.l10n.t("{0} no longer exists, or is not a text file.", path));
  }
}

/** Asks where, and writes the file. */
export async function saveChart(
  notebook: Pick<vscode.NotebookDocument, "isUntitled" | "uri">,
  name: string,
  base64: string,
): Promise<void> {
  const folder = notebook.isUntitled
    ? vscode.workspace.workspaceFolders?.[0]?.uri
    : vscode.Uri.joinPath(notebook.uri, "..");
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t("Save Chart"),
    filters: FILTERS[name.replace(/^.*\./, "")] ?? {},
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, name) }),
  });
  if (target !== undefined) await vscode.workspace.fs.writeFile(target, Buffer.from(base64, "base64"));
}
