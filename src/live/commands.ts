import * as vscode from "vscode";
import type { RunControl } from "../../engine/protocol/index.ts";
import { notebookInFront } from "../notebook/inFront.ts";
import { notify } from "../notify/index.ts";
import { isRecord } from "../outputs/read.ts";
import type { RunStore } from "../runs/index.ts";
import type { LiveRun, LiveRuns } from "./liveRuns.ts";
import { rateText } from "./rates.ts";
import { askRate } from "./setLearningRate.ts";

const STATUS_MS = 6000;

/** Commands on a run under way: of the active notebook, or of the line of the Runs view that they are given. */
export function liveCommands(live: LiveRuns, store: RunStore): Record<string, (item?: unknown) => Promise<void>> {
  const { t } = vscode.l10n;
  const change = async (
    item: unknown,
    title: string,
    what: RunControl,
    fits: (run: LiveRun) => boolean,
    none: string,
  ) => {
    const run = await choose(live, store, item, { title, fits, none });
    if (run !== null) await make(live, run, what);
  };
  return {
    "dlnb.pause": (item) =>
      change(item, t("Pause Training"), { do: "pause" }, ({ status }) => !status.paused, t("it is paused already")),

    "dlnb.resume": (item) =>
      change(item, t("Resume Training"), { do: "resume" }, ({ status }) => status.paused, t("it is not paused")),

    "dlnb.stopAfterEpoch": (item) =>
      change(
        item,
        t("Stop after Epoch"),
        { do: "stop-after-epoch" },
        ({ status }) => status.stopping === null,
        t("it stops after this epoch already"),
      ),

    "dlnb.setLearningRate": async (item) => {
      const none = t("it has no learning rate that could be set");
      const fits = ({ status }: LiveRun) => status.lr !== null || status.ownRates;
      const run = await choose(live, store, item, { title: t("Set Learning Rate"), fits, none });
      const asked = run && (await askRate(live, run));
      if (run && asked) await make(live, run, asked);
    },
  };
}

/** Makes the change and says what came of it. */
export async function make(live: LiveRuns, { notebook, id, name }: LiveRun, change: RunControl): Promise<void> {
  const { applied, step, why } = await live.control(notebook, id, change);
  if (applied) vscode.window.setStatusBarMessage(`dlnb: ${name}: ${saying(change, step)}`, STATUS_MS);
  else void notify.showInformationMessage(`${name}: ${why}.`);
}

function saying(change: RunControl, step: number): string {
  const { t } = vscode.l10n;
  const at = step.toLocaleString("en-US");
  switch (change.do) {
    case "pause":
      return t("paused at step {0}", at);
    case "resume":
      return t("goes on from step {0}", at);
    case "stop-after-epoch":
      return t("stops after this epoch");
    case "keep-going":
      return t("does not stop after this epoch");
    case "set-lr":
      return t("learning rate {0} from step {1} on", rateText(change.value), at);
    case "scale-lr":
      return t("learning rates times {0} from step {1} on", rateText(change.factor), at);
    case "set-schedule":
      return t("the drawn schedule holds from step {0} on", at);
    case "follow-plan":
      return t("follows its schedule again from step {0} on", at);
    default:
      change satisfies never;
      return "";
  }
}

/** The run that is meant; null: none, or nobody chose, which has been said. `none`: why a run that trains does not fit. */
async function choose(
  live: LiveRuns,
  store: RunStore,
  item: unknown,
  { title, fits, none }: { title: string; fits: (run: LiveRun) => boolean; none: string },
): Promise<LiveRun | null> {
  const { t } = vscode.l10n;
  const say = (text: string) => void notify.showInformationMessage(text);
  const keys = isRecord(item) ? [item.key, ...(Array.isArray(item.keys) ? item.keys : [])] : [];
  const entries = keys.flatMap((key) => (typeof key === "string" ? (store.get(key) ?? []) : []));
  // of the runs of a call one that trains stands for all of them
  const entry = entries.find((one) => live.get(one.notebook, one.id) !== undefined) ?? entries[0];
  if (entry !== undefined) {
    const run = live.get(entry.notebook, entry.id);
    if (run === undefined) say(t("{0} does not train any more.", entry.name));
    else if (!fits(run)) say(`${run.name}: ${none}.`);
    else return run;
    return null;
  }
  const active = notebookInFront();
  const own = active === undefined ? [] : live.of(active.uri);
  // the only one there is may be meant from anywhere
  const elsewhere = own.length === 0 ? live.of() : [];
  const runs = own.length > 0 ? own : elsewhere.length === 1 && active?.notebookType !== "dlnb" ? elsewhere : [];
  if (runs.length === 0) {
    if (elsewhere.length === 0)
      say(t("Nothing trains now. Run a cell with fit, and it can be changed while it goes on."));
    else await offer(elsewhere);
    return null;
  }
  const fitting = runs.filter(fits);
  const [first] = fitting;
  if (first === undefined) {
    say(`${(runs[0] as LiveRun).name}: ${none}.`);
    return null;
  }
  if (fitting.length === 1) return first;
  const chosen = await vscode.window.showQuickPick(
    fitting.map((run) => ({
      label: run.name,
      description: t("epoch {0} of {1}", run.status.epoch, run.status.epochs),
      detail: vscode.workspace.asRelativePath(run.notebook),
      run,
    })),
    { title, placeHolder: t("Which run?") },
  );
  return chosen?.run ?? null;
}

/** Says which notebook trains, when it is not the one in front. */
async function offer([first, ...others]: readonly LiveRun[]): Promise<void> {
  if (first === undefined) return;
  const { t } = vscode.l10n;
  const name = vscode.workspace.asRelativePath(first.notebook);
  const text =
    others.length === 0
      ? t("Nothing trains in this notebook; {0} does.", name)
      : t("Nothing trains in this notebook; {0} and others do.", name);
  const show = t("Show {0}", name);
  if ((await notify.showInformationMessage(text, show)) !== show) return;
  const notebook = await vscode.workspace.openNotebookDocument(first.notebook);
  const column = vscode.window.visibleNotebookEditors.find((one) => one.notebook === notebook)?.viewColumn;
  await vscode.window.showNotebookDocument(notebook, column === undefined ? {} : { viewColumn: column });
}
