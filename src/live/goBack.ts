import { dirname, join, relative, sep } from "node:path";
import * as vscode from "vscode";
import { insertCell } from "../commands/insertCell.ts";
import { chooseSubject, subjects } from "../commands/subjects.ts";
import type { Sessions } from "../controller/sessions.ts";
import { codeOf, trains } from "../notebook/cellCode.ts";
import { cellId } from "../notebook/cellIds.ts";
import { notebookInFront } from "../notebook/inFront.ts";
import { notify } from "../notify/index.ts";
import { isRecord } from "../outputs/read.ts";
import { runFolderOf } from "../outputs/runFolder.ts";
import { ownOptions } from "../runs/configuration.ts";
import type { RunEntry, RunStore } from "../runs/index.ts";
import { type Checkpoint, type Trail, trailOf } from "./checkpoints.ts";
import { branchText, restoreText } from "./goBackText.ts";

export type How = "restore" | "branch";

/** What a click on a curve asks for: `file` is below the notebook's run folder. */
export interface Asked {
  readonly how: How;
  readonly file: string;
  readonly step: number;
}

const FILE = /^runs\/([\w-]+)\/(checkpoints\/[A-Za-z0-9_-][\w.-]*\.safetensors)$/;

/** From a chart under `cell`: a cell below it that goes back to the checkpoint. */
export async function goBackFrom(
  sessions: Sessions,
  store: RunStore,
  cell: vscode.NotebookCell,
  { how, file, step }: Asked,
) {
  const { notebook } = cell;
  const [, run = "", checkpoint = ""] = FILE.exec(file) ?? [];
  const gone = () => sayGone(step);
  const kept = runFolderOf(notebook);
  if (run === "" || kept === null) return gone();
  const folder = join(kept, "runs", run);
  await store.ready();
  if (store.get(folder) === undefined) await store.refresh();
  const entry = store.get(folder);
  const trail = entry && (await trailOf(store, entry));
  const found = trail?.checkpoints.find((one) => one.file === checkpoint);
  if (!entry || !trail || !found) return gone();
  await insert(sessions, notebook, cell, { how, entry, trail, checkpoint: found });
}

/**
 * From the palette, the Runs view or a run's panel: `item` may say which run (`key`) and which checkpoint (`file`, below the run's
 * folder); what it does not say is asked.
 */
export async function goBack(sessions: Sessions, store: RunStore, how: How, item: unknown): Promise<void> {
  const { t } = vscode.l10n;
  const title = how === "restore" ? t("Restore from Checkpoint") : t("Branch from Checkpoint");
  const entry = await chooseRun(store, item, title);
  if (entry === null) return;
  const trail = await trailOf(store, entry);
  if (trail === null || trail.checkpoints.length === 0) {
    const why =
      entry.folder === null
        ? t(
            "{0} kept no checkpoints: its notebook had no file. Save the notebook, and its next runs keep some.",
            entry.name,
          )
        : t("{0} has no checkpoints on disk.", entry.name);
    void notify.showInformationMessage(why);
    return;
  }
  const file = isRecord(item) && typeof item.file === "string" ? item.file.replaceAll("\\", "/") : null;
  const checkpoint =
    file === null
      ? await chooseCheckpoint(trail, `${title}: ${entry.name}`)
      : trail.checkpoints.find((one) => one.file === file);
  if (checkpoint === undefined) {
    if (file !== null) sayGone(isRecord(item) && typeof item.step === "number" ? item.step : 0);
    return;
  }
  const notebook = await vscode.workspace.openNotebookDocument(entry.notebook);
  // a panel that asks stays in view
  const shown = vscode.window.visibleNotebookEditors.some((editor) => editor.notebook === notebook);
  if (!shown) await vscode.window.showNotebookDocument(notebook, { viewColumn: vscode.ViewColumn.One });
  const below = notebook.getCells().find((cell) => cellId(cell) === entry.cell) ?? null;
  await insert(sessions, notebook, below, { how, entry, trail, checkpoint });
}

function sayGone(step: number): void {
  const text = vscode.l10n.t("The checkpoint of step {0} is not on disk any more.", step.toLocaleString("en-US"));
  void notify.showInformationMessage(text);
}

async function chooseRun(store: RunStore, item: unknown, title: string): Promise<RunEntry | null> {
  const { t } = vscode.l10n;
  if (isRecord(item) && typeof item.key === "string") {
    const given = store.get(item.key);
    if (given !== undefined) return given;
  }
  await store.ready();
  const active = notebookInFront();
  const own = active?.notebookType === "dlnb" ? store.of(active.uri) : [];
  const runs = own.length > 0 ? own : active?.notebookType === "dlnb" ? [] : store.all();
  if (runs.length === 0) {
    void notify.showInformationMessage(t("There are no runs to go back to: train an experiment in a cell with fit."));
    return null;
  }
  const chosen = await vscode.window.showQuickPick(
    runs.slice(0, 500).map((entry) => ({
      label: entry.name,
      description: t("{0} of {1} steps", entry.step.toLocaleString("en-US"), entry.steps.toLocaleString("en-US")),
      detail: [
        new Date(entry.startedAt).toLocaleString(vscode.env.language),
        ...(entry.metric ? [`${entry.metric.name} ${shown(entry.metric.value)}`] : []),
        ...(own.length > 0 ? [] : [vscode.workspace.asRelativePath(entry.notebook)]),
      ].join(" · "),
      entry,
    })),
    { title, placeHolder: t("Which run?"), matchOnDetail: true },
  );
  return chosen?.entry ?? null;
}

async function chooseCheckpoint({ checkpoints }: Trail, title: string): Promise<Checkpoint | undefined> {
  const { t } = vscode.l10n;
  const words: Readonly<Record<string, string>> = { best: t("best epoch"), last: t("last state") };
  const choices = [...checkpoints].reverse().map((checkpoint) => {
    const { step, epoch, why, loss } = checkpoint;
    return {
      label: t("step {0}", step.toLocaleString("en-US")),
      description: [
        ...(epoch === null ? [] : [t("epoch {0}", epoch.toLocaleString("en-US"))]),
        ...(words[why] ? [words[why]] : []),
      ].join(" · "),
      detail: loss === null ? "" : t("loss {0}", shown(loss)),
      checkpoint,
    };
  });
  const chosen = await vscode.window.showQuickPick(choices, { title, placeHolder: t("Which checkpoint?") });
  return chosen?.checkpoint;
}

const shown = (value: number): string => String(Number(value.toPrecision(4)));

/** A restored run is what was asked for, so its cell runs; a branch is for its author to look over first. */
async function insert(
  sessions: Sessions,
  notebook: vscode.NotebookDocument,
  below: vscode.NotebookCell | null,
  { how, entry, trail, checkpoint }: { how: How; entry: RunEntry; trail: Trail; checkpoint: Checkpoint },
): Promise<void> {
  const { t } = vscode.l10n;
  const session = sessions.at(notebook.uri);
  const kernel = (await session?.kernel?.catch(() => null)) ?? null;
  const found = await subjects(notebook, kernel);
  const known = found.filter(({ kind }) => kind === "experiment");
  const named = known.find(({ name }) => name === entry.experiment);
  const title = how === "restore" ? t("Restore from Checkpoint") : t("Branch from Checkpoint");
  const subject = named ?? (known.length > 0 ? await chooseSubject(known, ["experiment"], title) : undefined);
  if (subject === undefined) {
    if (known.length > 0) return;
    void notify.showInformationMessage(
      t("This notebook has no experiment for the checkpoint: write the one that {0} was trained with.", entry.name),
    );
    return;
  }
  const cells = notebook.getCells().filter(({ kind }) => kind === vscode.NotebookCellKind.Code);
  const code = cells.map((cell) => codeOf(cell.document.getText())).join("\n");
  const taken = (name: string) =>
    found.some((one) => one.name === name) ||
    new RegExp(`\\b(?:const|let|var|function|class)\\s+${name}\\b`).test(code);
  const path = relative(dirname(notebook.uri.fsPath), join(entry.folder ?? "", checkpoint.file));
  const back = { file: path.split(sep).join("/"), step: checkpoint.step, experiment: subject.name, taken };
  const trained = notebook.getCells().find((cell) => cellId(cell) === entry.cell);
  const run = {
    name: entry.name,
    text: trained?.document.getText() ?? null,
    ...trail,
    own: entry.group && ownOptions(entry),
  };
  const text = how === "restore" ? restoreText(back) : branchText(back, run);
  const inserted = await insertCell(notebook, (below?.index ?? notebook.cellCount - 1) + 1, text);
  if (inserted === null || how === "branch") return;

  // the experiment must be there first; a cell that trains is for its author to start
  const maker = subject.cell;
  const needed = subject.live || maker === null ? [] : [maker];
  if (maker && needed.some((cell) => trains(cell.document.getText()))) {
    void notify.showInformationMessage(
      t("{0} is not there yet, and the cell that makes it trains: run that first, then the new cell.", subject.name),
    );
    return;
  }
  const ranges = [...needed, inserted].map(({ index }) => ({ start: index, end: index + 1 }));
  await vscode.commands.executeCommand("notebook.cell.execute", { ranges, document: notebook.uri });
}
