import * as vscode from "vscode";
import type { Controller } from "../controller/controller.ts";
import { notebookInFront } from "../notebook/inFront.ts";
import { notify } from "../notify/index.ts";
import { activeNotebook } from "./active.ts";
import { diagnose } from "./diagnose.ts";
import { diagnosticCommands, exportCommands } from "./diagnostics.ts";
import { newNotebook } from "./newNotebook.ts";
import { selectBackend } from "./selectBackend.ts";

/** Commands on notebooks, kernels and experiments. Each works, or says what it needs, whatever is open. */
export function registerCommands(controller: Controller, log: vscode.LogOutputChannel): vscode.Disposable[] {
  const commands: Record<string, () => unknown> = {
    "dlnb.newNotebook": newNotebook,

    "dlnb.restartKernel": async () => {
      const notebook = activeNotebook(vscode.l10n.t("Restart Kernel"));
      if (notebook === null) return;
      const session = controller.sessions.get(notebook);
      if (!session?.kernel) {
        void notify.showInformationMessage(vscode.l10n.t("No kernel is running; the next cell starts one."));
        return;
      }
      await session.restart();
      vscode.window.setStatusBarMessage(
        vscode.l10n.t("dlnb: kernel restarted; run the cells again from the top"),
        5000,
      );
    },

    "dlnb.interrupt": async () => {
      const notebook = activeNotebook(vscode.l10n.t("Interrupt"));
      if (notebook === null) return;
      const session = controller.sessions.get(notebook);
      if (session?.busy) await session.interrupt();
      else void notify.showInformationMessage(vscode.l10n.t("No cell is running."));
    },

    "dlnb.selectBackend": () => {
      const notebook = notebookInFront();
      return selectBackend(notebook === undefined ? undefined : controller.sessions.get(notebook));
    },

    "dlnb.showKernelLog": () => log.show(),

    ...Object.fromEntries(
      Object.entries({ ...diagnosticCommands, ...exportCommands }).map(([id, command]) => [
        id,
        () => diagnose(controller, command),
      ]),
    ),
  };
  return Object.entries(commands).map(([id, run]) => vscode.commands.registerCommand(id, run));
}
