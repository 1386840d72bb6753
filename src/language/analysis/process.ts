import { homedir, setPriority } from "node:os";
import type * as vscode from "vscode";
import type { AnalyzeParams, CellAnalysis } from "../../../engine/protocol/index.ts";
import type { KernelProcess } from "../../kernel/index.ts";
import { readSettings } from "../../settings.ts";

/** An analysis that takes longer is given up, and its process ended: a cell may compute without end. */
const PATIENCE_MS = 5000;
/** As a niceness: behind the editor and its language services, before what trains. */
const BEHIND = 5;
/** The first one of a process waits for the library and for data that is read. */
const FIRST_PATIENCE_MS = 20_000;

/**
 * The process that looks at cells before they run: a kernel of its own, that runs none, behind the editor. It starts with the
 * first question and ends with `stop`, or when it does not answer.
 */
export class AnalystProcess {
  readonly #extension: vscode.Extension<unknown>;
  readonly #log: vscode.LogOutputChannel;
  #process: Promise<KernelProcess> | null = null;
  /** The process that has answered before. */
  #answered: KernelProcess | null = null;
  /** It cannot be started, and is not tried again. */
  #broken = false;

  constructor(extension: vscode.Extension<unknown>, log: vscode.LogOutputChannel) {
    this.#extension = extension;
    this.#log = log;
  }

  /** What there is to say of cells; null when nothing came of it. */
  async analyze(params: AnalyzeParams): Promise<readonly CellAnalysis[] | null> {
    if (this.#broken) return null;
    this.#process ??= this.#start();
    const starting = this.#process;
    let process: KernelProcess;
    try {
      process = await starting;
    } catch (error) {
      this.#broken = true;
      this.#log.warn(`cells cannot be looked at before they run: ${error instanceof Error ? error.message : error}`);
      return null;
    }
    const patience = process === this.#answered ? PATIENCE_MS : FIRST_PATIENCE_MS;
    const timer = setTimeout(() => {
      this.#log.info(`an analysis took over ${patience / 1000} s and was given up`);
      this.#forget(starting);
      process.kill();
    }, patience);
    try {
      const { cells } = await process.request("analyze", params);
      this.#answered = process;
      return cells;
    } catch (error) {
      this.#forget(starting);
      this.#log.info(`an analysis failed: ${error instanceof Error ? error.message : error}`);
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process; the next question starts another one. */
  stop(): void {
    const process = this.#process;
    this.#process = null;
    this.#broken = false;
    process?.then(
      (running) => running.kill(),
      () => {},
    );
  }

  #forget(process: Promise<KernelProcess>): void {
    if (this.#process === process) this.#process = null;
  }

  async #start(): Promise<KernelProcess> {
    const { KernelProcess, locateKernel } = await import("../../kernel/index.ts");
    const { version } = this.#extension.packageJSON as { version: string };
    const process = await KernelProcess.start({
      ...locateKernel(this.#extension.extensionPath, readSettings().nodePath),
      client: { name: "vscode analysis", version },
      notebook: null,
      folder: homedir(),
      backend: "wasm",
      threads: 1,
      overrides: {},
      onEvent: () => {},
      onLog: (line) => this.#log.debug(line),
    });
    try {
      setPriority(process.info.pid, BEHIND);
    } catch {
      // already gone, or not allowed: nothing depends on it
    }
    return process;
  }
}
