import * as vscode from "vscode";
import type { KernelEvent } from "../engine/protocol/index.ts";
import { speak } from "../l10n/index.ts";
import { Cells } from "./cells/index.ts";
import { act } from "./commands/act.ts";
import { registerCommands } from "./commands/index.ts";
import { registerCompare } from "./compare/index.ts";
import { Controller } from "./controller/controller.ts";
import { Kernels } from "./controller/kernels.ts";
import { registerDoctor } from "./doctor/index.ts";
import { registerExports } from "./export/index.ts";
import { registerAnalysis } from "./language/analysis/index.ts";
import { CellOrder } from "./language/cellOrder.ts";
import { LibraryHovers } from "./language/hover.ts";
import { LibrarySnippets } from "./language/snippets.ts";
import { registerLive } from "./live/index.ts";
import { followNotebookInFront } from "./notebook/inFront.ts";
import { MovedNotebooks } from "./notebook/moving.ts";
import { FileProblems } from "./notebook/problems.ts";
import { SavedAs } from "./notebook/savedAs.ts";
import { serializer } from "./notebook/serializer.ts";
import { NOTEBOOK_TYPE } from "./notebook/type.ts";
import { notify } from "./notify/index.ts";
import { KernelErrors } from "./notify/kernelErrors.ts";
import { keepUntitledIn } from "./outputs/runFolder.ts";
import { pickers } from "./pickers/index.ts";
import { FindingProblems } from "./problems/findingProblems.ts";
import { RunStore, registerRuns } from "./runs/index.ts";
import { readSettings } from "./settings.ts";
import { LongRuns } from "./status/longRuns.ts";
import { NotebookStatus } from "./status/notebookStatus.ts";
import { templates } from "./templates/index.ts";
import { Variables } from "./variables/index.ts";

/** Called by the editor when a `.dlnb` file opens or a command is used. Nothing is started here: the first cell starts a kernel. */
export function activate(context: vscode.ExtensionContext): void {
  const { bundle: words } = vscode.l10n;
  speak(words === undefined ? null : { language: vscode.env.language, words });
  const log = vscode.window.createOutputChannel("dlnb Kernel", { log: true });
  const kernels = new Kernels(context, log);
  const errors = new KernelErrors(log);
  keepUntitledIn(vscode.Uri.joinPath(context.storageUri ?? context.globalStorageUri, "untitled"));

  const controller = new Controller(context.extension, {
    log: (event) => {
      writeLog(log, event);
      if (event.level === "error") void errors.tell(event.text);
    },
    start: (notebook, onEvent) => kernels.start(notebook, onEvent),
    readdress: (before, after) => kernels.readdress(before, after),
    rejoin: (notebook, onEvent, how) => kernels.rejoin(notebook, onEvent, how),
  });

  const runs = new RunStore((remark) => log.warn(remark));
  const cells = new Cells(controller);

  context.subscriptions.push(
    log,
    followNotebookInFront(),
    controller,
    runs,
    controller.sessions.onNews((news) => runs.hear(news)),
    ...registerRuns(runs, controller.live, context.extensionUri, context.workspaceState),
    ...registerCompare(runs, context.extensionUri, context.workspaceState),
    ...registerLive(controller, runs),
    cells,
    new Variables(controller, cells),
    new NotebookStatus(controller),
    new LongRuns(controller),
    vscode.workspace.registerNotebookSerializer(NOTEBOOK_TYPE, serializer, { transientOutputs: true }),
    new LibraryHovers(NOTEBOOK_TYPE, context.extensionPath),
    new CellOrder(NOTEBOOK_TYPE),
    new LibrarySnippets(NOTEBOOK_TYPE, context.extensionPath),
    registerAnalysis(NOTEBOOK_TYPE, context.extension, log),
    templates(context.extensionUri),
    pickers(context.extensionUri, controller.sessions),
    new FileProblems(NOTEBOOK_TYPE),
    new SavedAs((from, to) => controller.savedAs(from, to)),
    new MovedNotebooks({
      move: (before, after) => controller.sessions.move(before, after, { take: true }),
      within: (folder) => controller.sessions.within(folder),
      busy: (notebook) => controller.sessions.busy(notebook),
      moved: (notebook) => void controller.restoreAgain(notebook),
      log: (text) => log.warn(text),
    }),
    new FindingProblems(NOTEBOOK_TYPE, (cell, action) => void act(controller.sessions, cell, action)),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("dlnb.backend")) void controller.useBackend(readSettings().backend);
      if (change.affectsConfiguration("dlnb.threads")) void offerRestart(controller);
    }),
    ...registerCommands(controller, log),
    ...registerDoctor(context.extension),
    ...registerExports(context.extension, runs),
  );
}

/** Threads are those that a kernel started with. */
async function offerRestart(controller: Controller): Promise<void> {
  const running = controller.sessions.all().filter(({ kernel }) => kernel !== null);
  if (running.length === 0) return;
  const restart =
    running.length === 1 ? vscode.l10n.t("Restart Kernel") : vscode.l10n.t("Restart {0} Kernels", running.length);
  const question = vscode.l10n.t(
    "dlnb.threads counts from the next start of a kernel on; a restart forgets the names of earlier cells.",
  );
  if ((await notify.showInformationMessage(question, restart)) !== restart) return;
  await Promise.all(running.map((session) => session.restart()));
}

function writeLog(log: vscode.LogOutputChannel, { level, text }: KernelEvent & { event: "log" }): void {
  if (level === "error") log.error(text);
  else if (level === "warning") log.warn(text);
  else log.info(text);
}
