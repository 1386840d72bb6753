import { lstat } from "node:fs/promises";
import * as vscode from "vscode";
import { activeNotebook } from "../commands/active.ts";
import { openRunFolder } from "../commands/openRunFolder.ts";
import { notify } from "../notify/index.ts";
import { isRecord } from "../outputs/read.ts";
import { cleanCheckpoints } from "./clean.ts";
import { isLive, type RunEntry } from "./entry.ts";
import { runAt } from "./find.ts";
import { iconOf } from "./item.ts";
import { notesFile } from "./notes.ts";
import { ORDERS, orderWord } from "./order.ts";
import { sizeOf, sizeWords } from "./size.ts";
import type { RunStore } from "./store.ts";
import type { RunsView } from "./view.ts";
import { metricWords, statusWord, timeWords } from "./words.ts";

/** The commands on runs, from the Runs view with its line (and all that are selected), from elsewhere with a choice. */
export function runCommands(store: RunStore, runs: RunsView, open: (entry: RunEntry) => void): vscode.Disposable[] {
  const commands: Record<string, (item?: unknown, items?: unknown) => unknown> = {
    "dlnb.openRun": async (item) => {
      const line = item ?? (runs.view.selection.length === 1 ? runs.view.selection[0] : undefined);
      // of the runs of a call one sees most beside each other
      if (keysOf(line).length > 1) {
        await vscode.commands.executeCommand("dlnb.compareRuns", line);
        return;
      }
      const entry = await oneOf(store, runs, item, vscode.l10n.t("Open Run"));
      if (entry !== null) open(entry);
    },

    "dlnb.refreshRuns": () => vscode.window.withProgress({ location: { viewId: "dlnb.runs" } }, () => store.refresh()),

    "dlnb.deleteRun": async (item, items) => {
      const lines = linesOf(runs, item, items);
      const many = lines.length > 1 || keysOf(lines[0]).length > 1 ? entriesOf(store, lines) : [];
      const one = many.length > 0 ? null : await oneOf(store, runs, item, vscode.l10n.t("Delete Run"));
      await deleteRuns(store, one === null ? many : [one]);
    },

    "dlnb.filterRuns": () => askFilter(store, runs),

    "dlnb.clearRunsFilter": () => {
      runs.filter = "";
    },

    "dlnb.sortRuns": async () => {
      const choices = ORDERS.map((order) => ({
        label: orderWord(order),
        ...(order === runs.order ? { description: vscode.l10n.t("now") } : {}),
        order,
      }));
      const chosen = await vscode.window.showQuickPick(choices, { title: vscode.l10n.t("Sort Runs") });
      if (chosen !== undefined) runs.order = chosen.order;
    },

    "dlnb.renameRun": async (item) => {
      const entry = await oneOf(store, runs, item, vscode.l10n.t("Rename Run"));
      if (entry === null || !isKept(entry)) return;
      const name = await vscode.window.showInputBox({
        title: vscode.l10n.t("Rename Run"),
        prompt: vscode.l10n.t("Its log keeps the name that it was trained under; leave it empty to go back to that."),
        value: entry.name,
      });
      if (name !== undefined) await store.label(entry.key, { name: name.trim().slice(0, 200) });
    },

    "dlnb.starRun": (item, items) => star(item, items, true),

    "dlnb.unstarRun": (item, items) => star(item, items, false),

    "dlnb.cleanCheckpoints": async (item, items) => {
      await store.refresh();
      const some = entriesOf(store, item === undefined ? [] : linesOf(runs, item, items));
      await cleanCheckpoints(store, some.length > 0 ? some : store.all());
    },

    "dlnb.editRunNotes": async (item) => {
      const entry = await oneOf(store, runs, item, vscode.l10n.t("Edit Notes of Run"));
      if (entry === null) return;
      if (entry.folder === null)
        say(
          vscode.l10n.t(
            "A run of an untitled notebook keeps nothing; save the notebook, and its next runs have notes.",
          ),
        );
      else await vscode.window.showTextDocument(vscode.Uri.file(await notesFile(entry.folder)));
    },

    "dlnb.openRunFolder": async (item) => {
      const entry = entryOf(store, item);
      if (entry === null) {
        const notebook = activeNotebook(vscode.l10n.t("Open Run Folder"));
        if (notebook !== null) await openRunFolder(notebook);
      } else if (entry.folder === null) {
        say(
          vscode.l10n.t("A run of an untitled notebook has no folder; save the notebook, and its next runs have one."),
        );
      } else await revealFolder(entry.folder);
    },
  };
  async function star(item: unknown, items: unknown, starred: boolean): Promise<void> {
    const many = entriesOf(store, linesOf(runs, item, items));
    const title = starred ? vscode.l10n.t("Star Run") : vscode.l10n.t("Unstar Run");
    const one = many.length > 0 ? null : await oneOf(store, runs, item, title);
    for (const entry of one === null ? many : [one]) {
      if (isKept(entry)) await store.label(entry.key, { starred });
    }
  }
  return Object.entries(commands).map(([id, run]) =>
    vscode.commands.registerCommand(id, async (item?: unknown, items?: unknown) => {
      try {
        await run(item, items);
      } catch (error) {
        void notify.showErrorMessage(error instanceof Error ? error.message : String(error));
      }
    }),
  );
}

const say = (text: string): void => void notify.showInformationMessage(text);

/** What is kept nowhere has no name but its own; says so. */
function isKept({ folder }: RunEntry): boolean {
  if (folder !== null) return true;
  say(
    vscode.l10n.t(
      "A run of an untitled notebook keeps nothing; save the notebook, and its next runs can be named and starred.",
    ),
  );
  return false;
}

/** Shows what it lets through while it is typed; Escape goes back to what it was. */
async function askFilter(store: RunStore, runs: RunsView): Promise<void> {
  await store.ready();
  const before = runs.filter;
  const input = vscode.window.createInputBox();
  input.title = vscode.l10n.t("Filter Runs");
  input.placeholder = vscode.l10n.t("words, or accuracy>0.9  lr=0.01  optimizer=adam  is:starred");
  input.prompt = vscode.l10n.t("A run is shown when all of these hold of its name, status, settings and figures.");
  input.value = before;
  const accepted = await new Promise<boolean>((resolve) => {
    input.onDidChangeValue((text) => {
      runs.filter = text;
    });
    input.onDidAccept(() => resolve(true));
    input.onDidHide(() => resolve(false));
    input.show();
  });
  runs.filter = accepted ? input.value : before;
  input.dispose();
}

/** The lines that a command is about: from a menu those that it was opened on, from a key those that are selected. */
function linesOf({ view }: RunsView, item: unknown, items: unknown): readonly unknown[] {
  if (Array.isArray(items) && items.length > 0) return items;
  return item === undefined ? view.selection : [item];
}

/** The runs of a line of a call or of an experiment. */
const keysOf = (item: unknown): readonly string[] =>
  isRecord(item) && Array.isArray(item.keys) ? item.keys.filter((key) => typeof key === "string") : [];

/** The runs that lines stand for, each once. */
const entriesOf = (store: RunStore, items: readonly unknown[]): RunEntry[] => {
  const keys = items.flatMap((item) => {
    const key = isRecord(item) && typeof item.key === "string" ? [item.key] : [];
    return key.length > 0 ? key : keysOf(item);
  });
  return [...new Set(keys)].flatMap((key) => store.get(key) ?? []);
};

/** The run that a line of the view, or `{ key }`, stands for. */
const entryOf = (store: RunStore, item: unknown): RunEntry | null =>
  isRecord(item) && typeof item.key === "string" ? (store.get(item.key) ?? null) : null;

/** The run that is meant: that of `item`, the one that is selected, or the one that is chosen. Null: none, which has been said. */
async function oneOf(store: RunStore, { view }: RunsView, item: unknown, title: string): Promise<RunEntry | null> {
  const given = entryOf(store, item) ?? (view.selection.length === 1 ? entryOf(store, view.selection[0]) : null);
  if (given !== null) return given;
  await store.ready();
  const entries = store.all();
  if (entries.length === 0) {
    const examples = vscode.l10n.t("Open Examples");
    const text = vscode.l10n.t("There are no runs yet: train an experiment in a cell with fit.");
    if ((await notify.showInformationMessage(text, examples)) === examples) {
      await vscode.commands.executeCommand("dlnb.openExamples");
    }
    return null;
  }
  const choices = entries.map((entry) => ({
    label: entry.name,
    description: [timeWords(entry.startedAt), statusWord(entry.status), metricWords(entry)].filter(Boolean).join(" · "),
    detail: vscode.workspace.asRelativePath(entry.notebook),
    iconPath: iconOf(entry),
    entry,
  }));
  const chosen = await vscode.window.showQuickPick(choices, { title, matchOnDescription: true, matchOnDetail: true });
  return chosen?.entry ?? null;
}

async function revealFolder(folder: string): Promise<void> {
  const uri = vscode.Uri.file(folder);
  const inside = vscode.workspace.getWorkspaceFolder(uri) !== undefined || vscode.env.uiKind === vscode.UIKind.Web;
  await vscode.commands.executeCommand(inside ? "revealInExplorer" : "revealFileInOS", uri);
}

/** Asks, and moves the folders of runs to the trash; for good where there is none, after asking again. */
async function deleteRuns(store: RunStore, given: readonly RunEntry[]): Promise<void> {
  if (given.length === 0) return;
  await store.refresh();
  const there = given.flatMap(({ key }) => store.get(key) ?? []);
  const going = there.filter(isLive);
  const entries: (RunEntry & { folder: string })[] = [];
  for (const entry of there) {
    if (!isLive(entry) && entry.folder !== null && (await isRunFolder(entry.folder))) {
      entries.push({ ...entry, folder: entry.folder });
    }
  }
  const [first] = entries;
  if (first === undefined) {
    say(
      going.length > 0
        ? vscode.l10n.t("{0} is running; interrupt it before it is deleted.", going[0]?.name ?? "")
        : vscode.l10n.t("There is no folder to delete."),
    );
    return;
  }
  const bytes = await Promise.all(entries.map(({ folder }) => sizeOf(folder)));
  const size = sizeWords(bytes.reduce((a, b) => a + b, 0));
  const question =
    entries.length === 1
      ? vscode.l10n.t(
          "Delete {0} of {1}, its log, checkpoints and notes ({2})?",
          first.name,
          timeWords(first.startedAt),
          size,
        )
      : vscode.l10n.t("Delete {0} runs, their logs, checkpoints and notes ({1})?", entries.length, size);
  const left = going.length > 0 ? vscode.l10n.t("{0} of those selected are running and stay.", going.length) : "";
  const trash = vscode.l10n.t("Move to Trash");
  const options = {
    modal: true,
    detail: [vscode.l10n.t("You can bring them back from the trash."), left].filter(Boolean).join(" "),
  };
  if ((await notify.showWarningMessage(question, options, trash)) !== trash) return;
  const kept = await removed(store, entries, true);
  if (kept.length === 0) return;
  const forGood = vscode.l10n.t("Delete Permanently");
  const again = vscode.l10n.t("There is no trash for these folders. Delete them permanently?");
  const detail = kept.map(({ entry }) => entry.folder).join("\n");
  if ((await notify.showWarningMessage(again, { modal: true, detail }, forGood)) !== forGood) return;
  const [failed] = await removed(
    store,
    kept.map(({ entry }) => entry),
    false,
  );
  if (failed !== undefined)
    throw new Error(vscode.l10n.t("{0} could not be deleted: {1}", failed.entry.folder, failed.why));
}

/** Those that could not be removed, and why. */
async function removed<Entry extends RunEntry & { folder: string }>(
  store: RunStore,
  entries: readonly Entry[],
  useTrash: boolean,
): Promise<{ entry: Entry; why: string }[]> {
  const kept: { entry: Entry; why: string }[] = [];
  for (const entry of entries) {
    try {
      await vscode.workspace.fs.delete(vscode.Uri.file(entry.folder), { recursive: true, useTrash });
      store.forget(entry.key);
    } catch (error) {
      kept.push({ entry, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return kept;
}

/** Whether it is a run's folder within a notebook's `.dlnb`, and no link. */
async function isRunFolder(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => null);
  return found?.isDirectory() === true && runAt(folder)?.folder === folder;
}
