import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import { notify } from "../notify/index.ts";
import { isLive, type RunEntry } from "./entry.ts";
import { runAt } from "./find.ts";
import { sizeWords } from "./size.ts";
import type { RunStore } from "./store.ts";

const FILE = /^[A-Za-z0-9_-][\w.-]*\.safetensors$/;

/** A file that can be let go. */
interface Old {
  readonly path: string;
  readonly bytes: number;
}

/** What a run keeps to go back to. */
interface Kept {
  readonly entry: RunEntry;
  /** Those of epochs: the last state and the best epoch are not among them. */
  readonly steps: readonly Old[];
  readonly all: readonly Old[];
}

/** Asks of which runs checkpoints are to go, the largest first, and of each whether all or those between; then removes them. */
export async function cleanCheckpoints(store: RunStore, given: readonly RunEntry[]): Promise<void> {
  const { t } = vscode.l10n;
  const ended = given.filter((entry) => !isLive(entry) && entry.folder !== null);
  const kept = await vscode.window.withProgress({ location: { viewId: "dlnb.runs" } }, async () =>
    (await Promise.all(ended.map(keptBy))).filter(({ all }) => all.length > 0),
  );
  if (kept.length === 0) {
    void notify.showInformationMessage(t("No run that has ended keeps checkpoints on disk."));
    return;
  }
  const sum = (files: readonly Old[]) => files.reduce((bytes, file) => bytes + file.bytes, 0);
  const choices = kept
    .sort((a, b) => sum(b.all) - sum(a.all))
    .map((one) => ({
      label: `${one.entry.starred ? "★ " : ""}${one.entry.name}`,
      description: sizeWords(sum(one.all)),
      detail: [
        vscode.workspace.asRelativePath(one.entry.notebook),
        one.all.length === 1 ? t("1 checkpoint") : t("{0} checkpoints", one.all.length),
        new Date(one.entry.startedAt).toLocaleString(vscode.env.language),
      ].join(" · "),
      // what was marked stays unless somebody says so
      picked: !one.entry.starred,
      one,
    }));
  const total = sizeWords(sum(kept.flatMap(({ all }) => all)));
  const chosen = await vscode.window.showQuickPick(choices, {
    title: t("Clean Up Checkpoints: {0} in {1} runs", total, kept.length),
    placeHolder: t("Untick runs whose checkpoints stay"),
    canPickMany: true,
    matchOnDetail: true,
  });
  if (chosen === undefined || chosen.length === 0) return;
  const steps = chosen.flatMap(({ one }) => one.steps);
  const all = chosen.flatMap(({ one }) => one.all);
  const between = t("Remove Those Between ({0})", sizeWords(sum(steps)));
  const every = t("Remove All ({0})", sizeWords(sum(all)));
  const question =
    chosen.length === 1
      ? t("Remove checkpoints of {0}?", chosen[0]?.one.entry.name ?? "")
      : t("Remove checkpoints of {0} runs?", chosen.length);
  const detail = t(
    "Logs, curves and notes stay. “Those between” leaves of each run its last state and its best epoch; without those a run can neither be restored nor continued. This cannot be undone.",
  );
  const buttons = steps.length > 0 ? [between, every] : [every];
  const answer = await notify.showWarningMessage(question, { modal: true, detail }, ...buttons);
  if (answer !== between && answer !== every) return;
  const going = answer === between ? steps : all;
  let failed = 0;
  for (const { path } of going) await rm(path).catch(() => failed++);
  await store.refresh();
  const freed = sizeWords(sum(going));
  if (failed === 0) vscode.window.setStatusBarMessage(t("dlnb: {0} freed", freed), 5000);
  else void notify.showWarningMessage(t("{0} of {1} checkpoints could not be removed.", failed, going.length));
}

/** Files in the run's own folder of checkpoints; links are none. */
async function keptBy(entry: RunEntry): Promise<Kept> {
  const folder = entry.folder as string;
  const inside =
    runAt(folder)?.folder === folder && (await isFolder(folder)) && (await isFolder(join(folder, "checkpoints")));
  const names = inside ? await readdir(join(folder, "checkpoints")).catch(() => []) : [];
  const all: Old[] = [];
  for (const name of names.filter((one) => FILE.test(one))) {
    const path = join(folder, "checkpoints", name);
    const found = await lstat(path).catch(() => null);
    if (found?.isFile()) all.push({ path, bytes: found.size });
  }
  return { entry, all, steps: all.filter(({ path }) => !/[\\/](?:last|best)\.safetensors$/.test(path)) };
}

const isFolder = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(() => null))?.isDirectory() === true;
