import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import * as vscode from "vscode";
import { translated } from "../../l10n/index.ts";
import type { Controller } from "../controller/controller.ts";
import type { Kernel } from "../controller/kernel.ts";
import { codeIndex } from "../controller/session.ts";
import { mayRun } from "../controller/trust.ts";
import { codeOf, trains } from "../notebook/cellCode.ts";
import { notify } from "../notify/index.ts";
import { activeNotebook } from "./active.ts";
import type { DiagnosticCommand } from "./diagnostics.ts";
import { insertCell, scrollTo, showCell } from "./insertCell.ts";
import { chooseSubject, type Subject, subjects } from "./subjects.ts";
import { template } from "./template.ts";

/** Puts a diagnostic's call into a cell below the experiment or run it is for, runs it, and shows what comes of it. */
export async function diagnose(controller: Controller, command: DiagnosticCommand): Promise<void> {
  const { of, path, writes } = command;
  const title = translated(command.title);
  const notebook = activeNotebook(title);
  if (notebook === null || !(await mayRun())) return;
  const session = controller.sessions.of(notebook);
  const found = await subjects(notebook, await running(session.kernel));
  if (!found.some(({ kind }) => of.includes(kind))) {
    await sayWhatToWrite(notebook, title);
    return;
  }
  const subject = await chooseSubject(found, of, title);
  if (subject === undefined) return;

  // before anything runs: names stay, positions do not
  const selected = vscode.window.activeNotebookEditor?.selections[0]?.end ?? 0;
  const anchor = Math.max(selected - 1, subject.cell?.index ?? 0);
  const needed = cellsFor(subject, (cell) => session.ran(cell));
  if (!(await mayTrain(subject, needed))) return;
  if (needed.length > 0) {
    await controller.run(needed, notebook);
    const failed = needed.find((cell) => !session.ran(cell));
    if (failed !== undefined) {
      await showCell(failed);
      const message = vscode.l10n.t(
        "{0}: there is no {1} yet, because cell {2} did not run to its end.",
        title,
        subject.name,
        codeIndex(failed),
      );
      void notify.showWarningMessage(message);
      return;
    }
  }

  const file = writes === undefined ? null : freeFile(notebook, writes);
  const call = `await ${subject.name}.${path}(${file === null ? "" : JSON.stringify(file.name)})`;
  const there = [anchor, anchor + 1].map((index) => cellAt(notebook, index)).find((cell) => isCall(cell, call));
  const cell = there ?? (await insertCell(notebook, anchor + 1, call));
  if (cell === null) return;
  if (there !== undefined) await showCell(cell);
  await controller.run([cell], notebook);
  if (file !== null) {
    if (writes === "py" && existsSync(file.path))
      await vscode.commands.executeCommand("vscode.open", vscode.Uri.file(file.path));
    return;
  }
  // what came grew the cell; a reader who has gone elsewhere meanwhile stays there
  const editor = vscode.window.activeNotebookEditor;
  if (editor?.notebook === notebook && editor.selections[0]?.start === cell.index) scrollTo(editor, cell);
}

/** A file beside the notebook that is not there yet. */
function freeFile(notebook: vscode.NotebookDocument, ending: string): { name: string; path: string } {
  const untitled = notebook.isUntitled || notebook.uri.scheme !== "file";
  const folder = untitled
    ? (vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? homedir())
    : dirname(notebook.uri.fsPath);
  const base = untitled ? "model" : basename(notebook.uri.fsPath, ".dlnb");
  for (let n = 1; ; n++) {
    const name = `${base}${n === 1 ? "" : `-${n}`}.${ending}`;
    if (!existsSync(join(folder, name))) return { name, path: join(folder, name) };
  }
}

/** The kernel, when one runs; null when it did not start. */
const running = async (kernel: Promise<Kernel> | null): Promise<Kernel | null> =>
  (await kernel?.catch(() => null)) ?? null;

/** What must run before the subject is as the notebook says; a run that is there stays, whatever was edited since. */
function cellsFor({ cell, live, kind }: Subject, ran: (cell: vscode.NotebookCell) => boolean): vscode.NotebookCell[] {
  if (cell === null || ran(cell)) return [];
  if (live) return kind === "run" || trains(cell.document.getText()) ? [] : [cell];
  return cell.notebook
    .getCells(new vscode.NotebookRange(0, cell.index + 1))
    .filter((above) => above.kind === vscode.NotebookCellKind.Code && !ran(above));
}

/** Asks before cells run that train: that may take long. */
async function mayTrain(subject: Subject, cells: readonly vscode.NotebookCell[]): Promise<boolean> {
  const training = cells.filter((cell) => trains(cell.document.getText()));
  if (training.length === 0) return true;
  const numbers = training.map(codeIndex).join(", ");
  const one = training.length === 1;
  const choice = await notify.showInformationMessage(
    subject.kind === "run"
      ? vscode.l10n.t('The run "{0}" has not been made yet. Run the cells up to it first?', subject.name)
      : vscode.l10n.t('The experiment "{0}" has not been made yet. Run the cells up to it first?', subject.name),
    {
      modal: true,
      detail: one ? vscode.l10n.t("Cell {0} trains.", numbers) : vscode.l10n.t("Cells {0} train.", numbers),
    },
    vscode.l10n.t("Run Cells"),
  );
  return choice !== undefined;
}

async function sayWhatToWrite(notebook: vscode.NotebookDocument, title: string): Promise<void> {
  const choice = await notify.showInformationMessage(
    vscode.l10n.t(
      "{0}: this notebook has no experiment yet. Write one in a cell, as const exp = experiment({ data, model, loss, optimizer });",
      title,
    ),
    vscode.l10n.t("Insert Experiment"),
  );
  const end = vscode.window.activeNotebookEditor?.selections[0]?.end ?? notebook.cellCount;
  if (choice !== undefined) await insertCell(notebook, end, template.definition);
}

function cellAt(notebook: vscode.NotebookDocument, index: number): vscode.NotebookCell | undefined {
  return index < notebook.cellCount ? notebook.cellAt(index) : undefined;
}

/** Whether the cell is that call and nothing else, whatever options it gives. */
function isCall(cell: vscode.NotebookCell | undefined, call: string): cell is vscode.NotebookCell {
  if (cell?.kind !== vscode.NotebookCellKind.Code) return false;
  const code = codeOf(cell.document.getText()).trim();
  return code.startsWith(call.slice(0, -1)) && /^[^;]*\)\s*;?$/.test(code) && code.match(/\bawait\b/g)?.length === 1;
}
