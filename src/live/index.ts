import * as vscode from "vscode";
import type { Controller } from "../controller/controller.ts";
import { notify } from "../notify/index.ts";
import { isRecord } from "../outputs/read.ts";
import type { RunStore } from "../runs/index.ts";
import { liveCommands } from "./commands.ts";

/** A place on a curve under a cell, as its chart offers it. */
const isPlace = (item: unknown): item is { cell: vscode.NotebookCell; file: string; step: number } =>
  isRecord(item) && isRecord(item.cell) && typeof item.file === "string" && typeof item.step === "number";

/** The commands on runs under way, and those that go back in a run. */
export function registerLive({ live, sessions }: Controller, store: RunStore): vscode.Disposable[] {
  const back = (how: "restore" | "branch") => async (item?: unknown) => {
    const { goBack, goBackFrom } = await import("./goBack.ts");
    if (isPlace(item)) await goBackFrom(sessions, store, item.cell, { how, file: item.file, step: item.step });
    else await goBack(sessions, store, how, item);
  };
  const commands = {
    ...liveCommands(live, store),
    "dlnb.restoreCheckpoint": back("restore"),
    "dlnb.branchFromCheckpoint": back("branch"),
  };
  return Object.entries(commands).map(([id, run]) =>
    vscode.commands.registerCommand(id, async (item?: unknown) => {
      try {
        await run(item);
      } catch (error) {
        void notify.showErrorMessage(error instanceof Error ? error.message : String(error));
      }
    }),
  );
}
