import { mkdir } from "node:fs/promises";
import { constants, homedir, setPriority } from "node:os";
import { dirname } from "node:path";
import * as vscode from "vscode";
import type { KernelEvent } from "../../engine/protocol/index.ts";
import type { Found, Keeper } from "../kernel/index.ts";
import { runFolderOf } from "../outputs/runFolder.ts";
import { readSettings } from "../settings.ts";
import type { Join, Kernel, Rejoined } from "./kernel.ts";

type OnEvent = (event: KernelEvent) => void;

/** A window that reloads lets go of its kernels within this time; after that they belong to another window. */
const RELOAD_MS = 3000;
const LOOK_MS = 300;

/** Starts the kernels of notebooks, and finds those that windows before this one left running. */
export class Kernels {
  readonly #context: vscode.ExtensionContext;
  readonly #log: vscode.LogOutputChannel;
  #keeper: Promise<Keeper> | null = null;

  constructor(context: vscode.ExtensionContext, log: vscode.LogOutputChannel) {
    this.#context = context;
    this.#log = log;
  }

  async start(notebook: vscode.NotebookDocument, onEvent: OnEvent): Promise<Kernel> {
    const { backend, threads, nodePath, mistakes } = readSettings(notebook.uri);
    for (const mistake of mistakes) this.#log.warn(mistake);
    const keeper = await this.#keep();
    const { locateKernel } = await import("../kernel/index.ts");
    const { extensionPath, extension } = this.#context;
    const onDisk = !notebook.isUntitled && notebook.uri.scheme === "file";
    const runFolder = onDisk ? null : runFolderOf(notebook);
    if (runFolder !== null) await mkdir(dirname(runFolder), { recursive: true });
    const kernel = await keeper.start(this.#addressOf(notebook.uri), {
      ...locateKernel(extensionPath, nodePath),
      client: { name: "vscode", version: (extension.packageJSON as { version: string }).version },
      notebook: onDisk ? notebook.uri.fsPath : null,
      ...(runFolder === null ? {} : { runFolder }),
      folder: vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file")?.uri.fsPath ?? homedir(),
      backend,
      threads,
      overrides: {},
      onEvent,
      onLog: (line) => this.#log.info(line),
    });
    yieldToEditor(kernel.info.pid);
    this.#log.info(
      `kernel ${kernel.info.pid} on Node ${kernel.info.node} (${kernel.runtime}) for ${notebook.uri.fsPath}`,
    );
    this.#follow(kernel);
    return kernel;
  }

  /** A kernel that an earlier window left for this notebook; null when there is none. */
  async rejoin(notebook: vscode.NotebookDocument, onEvent: OnEvent, how: Join): Promise<Rejoined | "elsewhere" | null> {
    const keeper = await this.#keep();
    let elsewhere = false;
    for (const found of await keeper.find(this.#addressOf(notebook.uri))) {
      const joined = await this.#join(found, notebook, onEvent, how);
      if (joined === "elsewhere") elsewhere = true;
      else if (joined !== null) return joined;
    }
    return elsewhere ? "elsewhere" : null;
  }

  /** The notebook has another address: later windows look for its kernel there. */
  async readdress(before: vscode.Uri, after: vscode.Uri): Promise<void> {
    await (await this.#keep()).readdress(this.#addressOf(before), this.#addressOf(after));
  }

  /** Every workspace has an "Untitled-1" of its own. */
  #addressOf(notebook: vscode.Uri): string {
    return notebook.scheme === "untitled" ? `${notebook} ${this.#context.storageUri ?? ""}` : notebook.toString();
  }

  async #join(
    found: Found,
    notebook: vscode.NotebookDocument,
    onEvent: OnEvent,
    how: Join,
  ): Promise<Rejoined | "elsewhere" | null> {
    const { KernelRefused } = await import("../kernel/index.ts");
    const options = { onEvent, onLog: (line: string) => this.#log.info(line) };
    const since = Date.now();
    for (;;) {
      try {
        const joined = await found.attach({ ...options, take: how === "take" });
        if (joined === null) return null;
        this.#log.info(
          `kernel ${found.pid}, started ${found.startedAt.toISOString()}, goes on for ${notebook.uri.fsPath}`,
        );
        this.#follow(joined.kernel);
        return joined;
      } catch (error) {
        if (!(error instanceof KernelRefused) || error.why !== "busy") {
          this.#log.warn(
            `kernel ${found.pid} was not joined: ${error instanceof Error ? error.message : String(error)}`,
          );
          return null;
        }
        if (notebook.isClosed) return null;
        if (how !== "wait" || Date.now() - since > RELOAD_MS) return "elsewhere";
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    }
  }

  #follow(kernel: Kernel): void {
    void kernel.ended.then(({ how }) => this.#log.info(`kernel ${kernel.info.pid} ${how}`));
  }

  /** What only kernels need is not loaded with the window. */
  #keep(): Promise<Keeper> {
    this.#keeper ??= import("../kernel/index.ts").then(({ Keeper }) => {
      // private to this extension and this user, wherever the workspace is
      const folder = vscode.Uri.joinPath(this.#context.globalStorageUri, "kernels").fsPath;
      return new Keeper(folder, () => readSettings().keepAliveSeconds);
    });
    return this.#keeper;
  }
}

/** Training takes all cores; the window in which it is watched goes first. An idle machine trains as fast as before. */
function yieldToEditor(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // already gone, or not allowed: nothing depends on it
  }
}
