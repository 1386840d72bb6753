import * as vscode from "vscode";
import type { Sessions } from "../controller/sessions.ts";
import { notebookInFront } from "../notebook/inFront.ts";
import { notify } from "../notify/index.ts";
import type { Origin, Picker } from "./picker.ts";
import type { Kind } from "./target.ts";

/** "Insert Schedule..." and "Insert Initializer...". */
export function pickers(extension: vscode.Uri, sessions: Sessions): vscode.Disposable {
  let open: Picker | null = null;
  const pick = async (kind: Kind) => {
    const origin = originOf();
    if (origin === null) {
      const create = vscode.l10n.t("New Experiment");
      const text = vscode.l10n.t("Open a .dlnb notebook to insert into.");
      if ((await notify.showInformationMessage(text, create)) === create)
        await vscode.commands.executeCommand("dlnb.newFromTemplate");
      return;
    }
    open?.dispose();
    const { Picker } = await import("./picker.ts");
    const mine = await Picker.open(extension, sessions, kind, origin);
    open = mine;
    mine.onDidDispose(() => {
      if (open === mine) open = null;
    });
  };
  return vscode.Disposable.from(
    vscode.commands.registerCommand("dlnb.insertSchedule", () => pick("schedule")),
    vscode.commands.registerCommand("dlnb.insertInitializer", () => pick("init")),
    { dispose: () => open?.dispose() },
  );
}

/** The place in the notebook in front: the cursor of the cell that is edited, else the end of the selected one. */
function originOf(): Origin | null {
  const notebook = notebookInFront();
  if (notebook === undefined) return null;
  const editor = vscode.window.visibleNotebookEditors.find((shown) => shown.notebook === notebook);
  if (editor === undefined) return { notebook, cell: null, offset: 0, next: notebook.cellCount, column: undefined };
  const { viewColumn: column } = editor;
  const typing = vscode.window.activeTextEditor;
  const edited = notebook.getCells().find(({ document }) => document === typing?.document);
  const [selection] = editor.selections;
  const next = selection?.end ?? notebook.cellCount;
  const selected = selection && selection.start < notebook.cellCount ? notebook.cellAt(selection.start) : null;
  const cell = selected ?? edited ?? null;
  if (cell?.kind !== vscode.NotebookCellKind.Code) return { notebook, cell: null, offset: 0, next, column };
  const offset =
    cell === edited && typing ? cell.document.offsetAt(typing.selection.active) : cell.document.getText().length;
  return { notebook, cell, offset, next, column };
}
