import { constants, homedir, setPriority } from "node:os";
import * as vscode from "vscode";
import type { KernelEvent } from "../engine/protocol/index.ts";
import { Cells } from "./cells/index.ts";
import { act } from "./commands/act.ts";
import { registerCommands } from "./commands/index.ts";
import { Controller, NOTEBOOK_TYPE } from "./controller/controller.ts";
import { registerDoctor } from "./doctor/index.ts";
import { registerExports } from "./export/index.ts";
import { registerAnalysis } from "./language/analysis/index.ts";
import { CellOrder } from "./language/cellOrder.ts";
import { LibraryHovers } from "./language/hover.ts";
import { LibrarySnippets } from "./language/snippets.ts";
import { FileProblems } from "./notebook/problems.ts";
import { serializer } from "./notebook/serializer.ts";
import { pickers } from "./pickers/index.ts";
import { FindingProblems } from "./problems/findingProblems.ts";
import { RunStore, registerRuns } from "./runs/index.ts";
import { readSettings } from "./settings.ts";
import { templates } from "./templates/index.ts";
import { Variables } from "./variables/index.ts";

/** Called by the editor when a `.dlnb` file opens or a command is used. Nothing is started here: the first cell starts a kernel. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("dlnb Kernel", { log: true });
  const { version } = context.extension.packageJSON as { version: string };

  const controller = new Controller(context.extension, {
    log: (event) => writeLog(log, event),
    start: async (notebook, onEvent) => {
      const { backend, threads, nodePath, mistakes } = readSettings(notebook.uri);
      for (const mistake of mistakes) log.warn(mistake);
      // what only a running kernel needs is not loaded with the window
      const { KernelProcess, locateKernel } = await import("./kernel/index.ts");
      const files = locateKernel(context.extensionPath, nodePath);
      const onDisk = !notebook.isUntitled && notebook.uri.scheme === "file";
      const kernel = await KernelProcess.start({
        ...files,
        client: { name: "vscode", version },
        notebook: onDisk ? notebook.uri.fsPath : null,
        folder: vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file")?.uri.fsPath ?? homedir(),
        backend,
        threads,
        overrides: {},
        onEvent,
        onLog: (line) => log.info(line),
      });
      yieldToEditor(kernel.info.pid);
      log.info(`kernel ${kernel.info.pid} on Node ${kernel.info.node} for ${notebook.uri.fsPath}`);
      void kernel.ended.then(({ how }) => log.info(`kernel ${kernel.info.pid} ${how}`));
      return kernel;
    },
  });

  const runs = new RunStore((remark) => log.warn(remark));
  const cells = new Cells(controller);

  context.subscriptions.push(
    log,
    controller,
    runs,
    controller.sessions.onNews((news) => runs.hear(news)),
    ...registerRuns(runs),
    cells,
    new Variables(controller, cells),
    vscode.workspace.registerNotebookSerializer(NOTEBOOK_TYPE, serializer, { transientOutputs: true }),
    new LibraryHovers(NOTEBOOK_TYPE, context.extensionPath),
    new CellOrder(NOTEBOOK_TYPE),
    new LibrarySnippets(NOTEBOOK_TYPE, context.extensionPath),
    registerAnalysis(NOTEBOOK_TYPE, context.extension, log),
    templates(context.extensionUri),
    pickers(context.extensionUri, controller.sessions),
    new FileProblems(NOTEBOOK_TYPE),
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
  const restart = running.length === 1 ? "Restart Kernel" : `Restart ${running.length} Kernels`;
  const question =
    "dlnb.threads counts from the next start of a kernel on; a restart forgets the names of earlier cells.";
  if ((await vscode.window.showInformationMessage(question, restart)) !== restart) return;
  await Promise.all(running.map((session) => session.restart()));
}

/** Training takes all cores; the window in which it is watched goes first. An idle machine trains as fast as before. */
function yieldToEditor(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // already gone, or not allowed: nothing depends on it
  }
}

function writeLog(log: vscode.LogOutputChannel, { level, text }: KernelEvent & { event: "log" }): void {
  if (level === "error") log.error(text);
  else if (level === "warning") log.warn(text);
  else log.info(text);
}
