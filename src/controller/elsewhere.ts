import * as vscode from "vscode";
import { notify } from "../notify/index.ts";

/** Said when a notebook is opened whose kernel another window has; whether it is to be used here. */
export async function offerKernel(notebook: vscode.NotebookDocument): Promise<boolean> {
  const use = vscode.l10n.t("Use It Here");
  const said = vscode.l10n.t(
    "The kernel of {0}, with its variables and what it runs, belongs to another window, or to one that was lost.",
    nameOf(notebook),
  );
  return (await notify.showInformationMessage(said, use)) === use;
}

/** Asked before a cell runs in a notebook whose kernel another window has: take it over, start a second one, or run nothing. */
export async function chooseKernel(notebook: vscode.NotebookDocument): Promise<"take" | "start" | null> {
  const [take, start] = [vscode.l10n.t("Use It Here"), vscode.l10n.t("Start Another")];
  const detail = vscode.l10n.t(
    "It may belong to a window that was lost. Used here, it goes on with its variables and what it runs, and the other window lets it go. Two kernels of one notebook write over each other's saved outputs.",
  );
  const question = vscode.l10n.t("Another window has the kernel of {0}.", nameOf(notebook));
  const choice = await notify.showWarningMessage(question, { modal: true, detail }, take, start);
  return choice === take ? "take" : choice === start ? "start" : null;
}

const nameOf = ({ uri }: vscode.NotebookDocument): string => uri.path.split("/").at(-1) ?? "";
