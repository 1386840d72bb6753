import { access, cp, mkdir, rename } from "node:fs/promises";
import { basename, dirname } from "node:path";
import * as vscode from "vscode";
import { notify } from "../notify/index.ts";
import { runFolder } from "../outputs/saved.ts";

const ENDING = ".dlnb";

export interface MovingHost {
  /** Its kernel goes on under the new address, and takes the folder along; null when it has none, else why the folder stayed. */
  move(before: vscode.Uri, after: vscode.Uri): Promise<{ why: string } | null>;
  /** Notebooks in a folder that have a kernel. */
  within(folder: vscode.Uri): readonly vscode.Uri[];
  /** Whether a cell of the notebook at this address runs: its kernel writes to the folder. */
  busy(notebook: vscode.Uri): boolean;
  /** The folder is there: outputs in it can be shown. */
  moved(notebook: vscode.Uri): void;
  log(text: string): void;
}

const LOOK_MS = 500;

/**
 * The folder of a notebook's runs and outputs goes with its file when that is renamed or moved in the editor, and so does its kernel,
 * with what it runs. Where a kernel cannot move the folder that waits until no cell writes to it. Nothing is ever overwritten.
 */
export class MovedNotebooks implements vscode.Disposable {
  readonly #listening: readonly vscode.Disposable[];
  readonly #host: MovingHost;

  constructor(host: MovingHost) {
    this.#host = host;
    this.#listening = [
      vscode.workspace.onDidRenameFiles(({ files }) => {
        for (const { oldUri, newUri } of files) {
          if (oldUri.scheme !== "file" || newUri.scheme !== "file") continue;
          if (oldUri.path.endsWith(ENDING)) void this.#moved(oldUri, newUri);
          else for (const notebook of host.within(oldUri)) void this.#movedWithFolder(oldUri, newUri, notebook);
        }
      }),
    ];
  }

  dispose(): void {
    for (const listener of this.#listening) listener.dispose();
  }

  async #moved(before: vscode.Uri, after: vscode.Uri): Promise<void> {
    if (!after.path.endsWith(ENDING)) return;
    const moved = await this.#host.move(before, after).catch(() => null);
    if (moved?.why === "") {
      this.#host.moved(after);
      return;
    }
    while (this.#host.busy(after)) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
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

  /** What it kept has gone along already. */
  async #movedWithFolder(before: vscode.Uri, after: vscode.Uri, notebook: vscode.Uri): Promise<void> {
    const place = after.with({ path: after.path + notebook.path.slice(before.path.length) });
    await this.#host.move(notebook, place).catch(() => null);
    this.#host.moved(place);
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
