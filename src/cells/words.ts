import * as vscode from "vscode";
import type { Mark } from "./notebookCells.ts";
import type { Stale } from "./stale.ts";

/** What stands under a cell, and what pointing at it says more. */
export function wordsOf(mark: Mark): { text: string; detail: string } {
  switch (mark.is) {
    case "stale":
      return { text: vscode.l10n.t("stale: {0}", reason(mark.stale)), detail: detail(mark.stale) };
    case "not run":
      return {
        text: vscode.l10n.t("not run in this kernel"),
        detail: vscode.l10n.t(
          "The kernel that ran this cell has ended, and the names that the cell defined went with it.",
        ),
      };
    case "earlier": {
      const when = mark.when.toLocaleString(vscode.env.language);
      return mark.changed
        ? {
            text: vscode.l10n.t("stale: outputs of an earlier version of this cell"),
            detail: vscode.l10n.t("The cell ran on {0}, not in this kernel. Its text has changed since.", when),
          }
        : {
            text: vscode.l10n.t("from an earlier run"),
            detail: vscode.l10n.t("The cell ran on {0}, not in this kernel.", when),
          };
    }
    default:
      return mark satisfies never;
  }
}

function reason(stale: Stale): string {
  switch (stale.why) {
    case "changed":
      return vscode.l10n.t("edited since it ran");
    case "gone":
      return vscode.l10n.t("uses {0}, which no cell defines any more", stale.name);
    case "redefined":
      return vscode.l10n.t("{0} was defined again by cell {1}", stale.name, stale.by);
    case "failed":
      return vscode.l10n.t("cell {1}, which defines {0}, has failed since", stale.name, stale.by);
    case "source changed":
      return vscode.l10n.t("cell {1}, which defines {0}, was edited since", stale.name, stale.by);
    case "source stale":
      return vscode.l10n.t("cell {1}, which defines {0}, is stale", stale.name, stale.by);
    default:
      return stale satisfies never;
  }
}

function detail(stale: Stale): string {
  switch (stale.why) {
    case "changed":
      return vscode.l10n.t("The outputs are those of the text before. Undoing the edit makes them fresh again.");
    case "gone":
      return vscode.l10n.t(
        "The kernel still has `{0}` from a cell that was deleted or changed; a fresh kernel would not.",
        stale.name,
      );
    default:
      return vscode.l10n.t("The outputs are those of the earlier `{0}`.", stale.name);
  }
}
