import * as vscode from "vscode";
import { notebookInFront } from "../notebook/inFront.ts";
import { notify } from "../notify/index.ts";
import { isLive, type RunEntry, type RunStore } from "../runs/index.ts";
import { metricWords, statusWord, timeWords } from "../runs/words.ts";
import { MOST_RUNS } from "./messages.ts";

interface Choice extends vscode.QuickPickItem {
  readonly key: string;
}

/** Asks which runs; `picked` are ticked to begin with. Null: nobody chose, or there are fewer than two, which has been said. */
export async function chooseRuns(store: RunStore, picked: readonly string[]): Promise<string[] | null> {
  await store.ready();
  const entries = store.all();
  if (entries.length < 2) {
    await sayTooFew(entries.length);
    return null;
  }
  const choices = entries.map(choiceOf);
  const pick = vscode.window.createQuickPick<Choice>();
  pick.title = vscode.l10n.t("Compare Runs");
  pick.placeholder = vscode.l10n.t("Select two runs or more");
  pick.canSelectMany = true;
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.items = choices;
  pick.selectedItems = choices.filter(({ key }) => picked.includes(key));
  const chosen = await new Promise<readonly Choice[]>((resolve) => {
    pick.onDidAccept(() => {
      if (pick.selectedItems.length >= 2) resolve(pick.selectedItems);
      else pick.title = vscode.l10n.t("Compare Runs: select at least one more");
    });
    pick.onDidHide(() => resolve([]));
    pick.show();
  });
  pick.dispose();
  if (chosen.length === 0) return null;
  if (chosen.length > MOST_RUNS) {
    const text = vscode.l10n.t(
      "{0} runs are more than can be told apart: the first {1} are compared.",
      chosen.length,
      MOST_RUNS,
    );
    void notify.showInformationMessage(text);
  }
  return chosen.slice(0, MOST_RUNS).map(({ key }) => key);
}

/** The two newest runs of the notebook in front, else the two newest of all. */
export function newestTwo(store: RunStore): string[] {
  const notebook = notebookInFront();
  const own = notebook === undefined ? [] : store.of(notebook.uri);
  return (own.length >= 2 ? own : store.all()).slice(0, 2).map(({ key }) => key);
}

function choiceOf(entry: RunEntry): Choice {
  const words = [timeWords(entry.startedAt), statusWord(entry.status), metricWords(entry)];
  return {
    key: entry.key,
    label: entry.name,
    description: words.filter((word) => word !== "").join(" · "),
    detail: [vscode.workspace.asRelativePath(entry.notebook), entry.experiment ?? ""].filter(Boolean).join(" · "),
    iconPath: new vscode.ThemeIcon(isLive(entry) ? "sync" : "graph-line"),
  };
}

async function sayTooFew(count: number): Promise<void> {
  const { t } = vscode.l10n;
  const text =
    count === 0
      ? t(
          "There are no runs to compare yet: train an experiment in a cell with fit, change something, and train again.",
        )
      : t("There is only one run yet: change something, a learning rate or a seed, and train again to compare.");
  const [button, command] =
    notebookInFront() === undefined
      ? [t("Open Examples"), "dlnb.openExamples"]
      : [t("Compare Optimizers"), "dlnb.compareOptimizers"];
  if ((await notify.showInformationMessage(text, button)) === button) {
    await vscode.commands.executeCommand(command);
  }
}
