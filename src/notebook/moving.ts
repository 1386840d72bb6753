import { access, cp, mkdir, rename } from "node:fs/promises";
import { basename, dirname } from "node:path";
import * as vscode from "vscode";
import { notify } from "../notify/index.ts";
import { runFolder } from "../outputs/saved.ts";

const ENDING = ".dlnb";

export interface MovingHost {
  /** Whether a cell of the notebook at this address runs: its kernel writes to the folder. */
  busy(notebook: vscode.Uri): boolean;
  /** The folder is there: outputs in it can be shown. */
  moved(notebook: vscode.Uri): void;
  log(text: string): void;
}

const LOOK_MS = 500;

/**
 * The folder of a notebook's runs and outputs goes with its file when that is renamed or moved in the editor, as soon as no cell writes
 * to it. Nothing is ever overwritten.
 */
export class MovedNotebooks implements vscode.Disposable {
  readonly #listening: readonly vscode.Disposable[];
  readonly #host: MovingHost;

  constructor(host: MovingHost) {
    this.#host = host;
    this.#listening = [
      vscode.workspace.onDidRenameFiles(({ files }) => {
        for (const { oldUri, newUri } of files) {
          if (oldUri.scheme === "file" && newUri.scheme === "file") void this.#moved(oldUri, newUri);
        }
      }),
    ];
  }

  dispose(): void {
    for (const listener of this.#listening) listener.dispose();
  }

  async #moved(before: vscode.Uri, after: vscode.Uri): Promise<void> {
    if (!before.fsPath.endsWith(ENDING) || !after.fsPath.endsWith(ENDING)) return;
    while (this.#host.busy(before)) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const [from, to] = [runFolder(before.fsPath), runFolder(after.fsPath)];
    const said = await moveRunFolder(from, to).catch((error: unknown) =>
      vscode.l10n.t(
        "the runs of {0} could not be moved: {1}; they are still in {2}",
        basename(before.fsPath),
        messageOf(error),
        from,
      ),
    );
    this.#host.moved(after);
    if (said === "") return;
    this.#host.log(said);
    void notify.showWarningMessage(said);
  }
}

/** Moves a notebook's folder of runs; what to tell the user, empty when all went well or there is none. */
export async function moveRunFolder(from: string, to: string): Promise<string> {
  if (from === to || !(await exists(from))) return "";
  if (await exists(to)) {
    return vscode.l10n.t(
      "{0} has runs of another notebook, so those of the renamed one stay in {1}; move what you need by hand",
      to,
      from,
    );
  }
  await mkdir(dirname(to), { recursive: true });
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    // to another disk: the copy is what counts, and what was there stays
    await cp(from, to, { recursive: true, errorOnExist: true, force: false });
    return vscode.l10n.t("the runs were copied to {0}; the originals are still in {1}", to, from);
  }
  return "";
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
