import * as vscode from "vscode";
import type { Action, LocatedOption } from "../../engine/protocol/index.ts";
import { codeIndex } from "../controller/session.ts";
import type { Sessions } from "../controller/sessions.ts";
import { mayRun } from "../controller/trust.ts";
import { cellId, missingIds } from "../notebook/cellIds.ts";
import { notify } from "../notify/index.ts";
import { insertCell, showCell } from "./insertCell.ts";
import { type CellText, experimentOf, places, renamed, roomFor, type SetOption, written } from "./rate.ts";

/** A kernel that computes does not answer at once. */
const PATIENCE_MS = 3000;
const STATUS_MS = 10_000;

/** Does what an output of `cell` offers. Every change is one step to undo. */
export async function act(sessions: Sessions, cell: vscode.NotebookCell, action: Action): Promise<void> {
  if (action.do.kind === "insert-cell") {
    const { own, cells } = textsOf(cell);
    await insertCell(cell.notebook, cell.index + 1, renamed(action.do.text, own, cells));
  } else if (action.do.kind === "go-back") {
    const { how, file, step } = action.do;
    const command = how === "restore" ? "dlnb.restoreCheckpoint" : "dlnb.branchFromCheckpoint";
    await vscode.commands.executeCommand(command, { cell, file, step });
  } else await setOption(sessions, cell, action.do, written({ label: action.label, do: action.do }));
}

/** A piece of a cell's text that another takes the place of. */
interface Change {
  cell: vscode.NotebookCell;
  start: number;
  end: number;
  text: string;
  /** "lr: 1e-3 → 3.2e-3" */
  says: string;
}

async function setOption(
  sessions: Sessions,
  offering: vscode.NotebookCell,
  set: SetOption,
  number: string,
): Promise<void> {
  const { notebook } = offering;
  const ids = missingIds(notebook);
  if (ids !== null) await vscode.workspace.applyEdit(ids);
  const { own, cells } = textsOf(offering);
  const byId = (id: string) => notebook.getCells().find((cell) => cellId(cell) === id) as vscode.NotebookCell;
  const found = await locate(sessions, notebook, cells, set.options);
  if (found === null) return;

  const experiment = experimentOf(own, cells, set.experiment);
  const fitting = places(found, set.options, experiment, cells);
  const place = fitting.length > 1 ? await choosePlace(fitting, byId, number) : fitting[0];
  if (place !== undefined) {
    const { option, text, start, end } = place;
    await change({ cell: byId(place.cell), start, end, text: number, says: `${option}: ${text} → ${number}` }, text);
    return;
  }
  if (fitting.length > 1) return;
  const room = set.options.map((option) => roomFor(option, number, experiment, cells)).find((one) => one !== null);
  if (room) {
    const { start, text } = room;
    await change(
      {
        cell: byId(room.cell),
        start,
        end: start,
        text,
        says: vscode.l10n.t("lr: {0}, which was the default,", number),
      },
      "",
    );
    return;
  }
  await sayWhereItBelongs(set.options, number);
}

/** The notebook's code cells, and the one that offers something. */
function textsOf(offering: vscode.NotebookCell): { own: CellText | null; cells: CellText[] } {
  const code = offering.notebook.getCells().filter(({ kind }) => kind === vscode.NotebookCellKind.Code);
  const cells = code.map((cell): CellText => ({ id: cellId(cell) ?? "", text: cell.document.getText() }));
  return { own: cells[code.indexOf(offering)] ?? null, cells };
}

/** Null when there is no answer, which was said. */
async function locate(
  sessions: Sessions,
  notebook: vscode.NotebookDocument,
  cells: readonly CellText[],
  options: readonly string[],
): Promise<readonly LocatedOption[] | null> {
  if (!(await mayRun())) return null;
  try {
    const kernel = await sessions.open(notebook);
    const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), PATIENCE_MS));
    const asked = cells.map(({ id, text }) => ({ cell: id, text }));
    const answer = await Promise.race([kernel.request("locate", { cells: asked, options }), late]);
    if (answer !== null) return answer.found;
    void notify.showInformationMessage(
      vscode.l10n.t("The kernel is busy: try again when the cell that runs has ended."),
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    void notify.showErrorMessage(vscode.l10n.t("The kernel could not look for the number: {0}.", why));
  }
  return null;
}

async function choosePlace(
  fitting: readonly LocatedOption[],
  byId: (id: string) => vscode.NotebookCell,
  number: string,
): Promise<LocatedOption | undefined> {
  const choices = fitting.map((place) => {
    const cell = byId(place.cell);
    const { line } = cell.document.positionAt(place.start);
    return {
      label: `${place.option}: ${place.text}`,
      description: vscode.l10n.t("cell {0}, line {1}", codeIndex(cell), line + 1),
      detail: cell.document.lineAt(line).text.trim(),
      place,
    };
  });
  const chosen = await vscode.window.showQuickPick(choices, {
    title: vscode.l10n.t("Insert {0}", number),
    placeHolder: vscode.l10n.t("Which number takes this value?"),
    matchOnDetail: true,
  });
  return chosen?.place;
}

/** Writes, shows and selects what was written; `before` must still be there. */
async function change({ cell, start, end, text, says }: Change, before: string): Promise<void> {
  const { document } = cell;
  const at = (offset: number) => document.positionAt(offset);
  const range = new vscode.Range(at(start), at(end));
  if (document.getText(range) !== before) {
    void notify.showInformationMessage(
      vscode.l10n.t("Cell {0} has just changed: press the button again.", codeIndex(cell)),
    );
    return;
  }
  if (before === text) {
    await show(cell, range);
    vscode.window.setStatusBarMessage(
      vscode.l10n.t("dlnb: cell {0} has {1} already", codeIndex(cell), text),
      STATUS_MS,
    );
    return;
  }
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, range, text);
  if (!(await vscode.workspace.applyEdit(edit))) {
    void notify.showErrorMessage(vscode.l10n.t("The notebook cannot be changed."));
    return;
  }
  vscode.window.setStatusBarMessage(
    vscode.l10n.t("dlnb: {0} in cell {1}; undo takes it back", says, codeIndex(cell)),
    STATUS_MS,
  );
  await show(cell, new vscode.Range(at(start), at(start + text.length)));
}

/** The editor does not open a cell that it has not drawn; then the cell is shown, without its text selected. */
async function show(cell: vscode.NotebookCell, selection: vscode.Range): Promise<void> {
  try {
    await vscode.window.showTextDocument(cell.document, { selection });
  } catch {
    await showCell(cell);
  }
}

async function sayWhereItBelongs(options: readonly string[], number: string): Promise<void> {
  const example = options.includes("lr") ? `optim.adam({ lr: ${number} })` : `{ ${options[0]}: ${number} }`;
  const copy = vscode.l10n.t("Copy {0}", number);
  const choice = await notify.showInformationMessage(
    vscode.l10n.t(
      "No cell gives {0} as a plain number that could be changed. Write it, as {1}.",
      options.join(vscode.l10n.t(" or ")),
      example,
    ),
    copy,
  );
  if (choice === copy) await vscode.env.clipboard.writeText(number);
}
