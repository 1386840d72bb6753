import * as vscode from "vscode";
import type { Kernel } from "../controller/kernel.ts";
import type { Ran } from "../controller/session.ts";
import { cellId } from "../notebook/cellIds.ts";
import { textHash } from "../outputs/saved.ts";
import type { Checks, ReadCode } from "./checks.ts";
import { type CellNow, type Code, History, planOf, type Stale, staleCells } from "./stale.ts";

/** What is to be said about a cell's outputs; nothing for one that is fresh, or never ran. */
export type Mark =
  | { readonly is: "stale"; readonly stale: Stale }
  /** It ran in a kernel that is gone. */
  | { readonly is: "not run" }
  /** Its outputs came from disk. */
  | { readonly is: "earlier"; readonly when: Date; readonly changed: boolean };

/** The outputs that a cell got from disk. */
interface Earlier {
  readonly hash: string;
  readonly when: Date;
}

const NOTHING: Code = { declares: [], assigns: [], uses: [], digest: "" };

/** The cells of one notebook: what ran, and how far their texts have moved on since. */
export class NotebookCells {
  readonly #checks: Checks;
  readonly #history = new History();
  /** As they ran, by key. */
  readonly #texts = new Map<string, string>();
  /** Cells that ran in a kernel that is gone. */
  readonly #gone = new Set<string>();
  readonly #earlier = new Map<string, Earlier>();
  /** The last texts that could be read. */
  readonly #codes = new Map<string, ReadCode>();
  readonly #changed = new Map<string, boolean>();
  readonly #running = new Set<string>();

  constructor(checks: Checks) {
    this.#checks = checks;
  }

  /** A cell has run, in the text of which `checks` was asked. */
  ran({ cell, text, order, ok }: Ran): void {
    const code = this.#checks.get(text) ?? this.#history.get(cell)?.code ?? NOTHING;
    this.#texts.set(cell, text);
    this.#history.add(cell, { order, ok, code });
  }

  /** A cell starts, which clears its outputs, or has ended. */
  running(key: string, running: boolean): void {
    if (!running) {
      this.#running.delete(key);
      return;
    }
    this.#running.add(key);
    this.#gone.delete(key);
    this.#earlier.delete(key);
  }

  /** The kernel has ended, with all names. */
  kernelGone(): void {
    for (const key of this.#texts.keys()) this.#gone.add(key);
    this.#texts.clear();
    this.#changed.clear();
    this.#history.clear();
  }

  restored(key: string, hash: string, when: Date): void {
    if (!this.#texts.has(key)) this.#earlier.set(key, { hash, when });
  }

  /** Texts that are to be checked before `marks` and `plan` know all about the notebook. */
  unknown(notebook: vscode.NotebookDocument): string[] {
    const texts = [...codeCells(notebook).map(({ document }) => document.getText()), ...this.#texts.values()];
    return texts.filter((text) => this.#checks.get(text) === undefined);
  }

  /** By key, of code cells that do not run just now. */
  marks(notebook: vscode.NotebookDocument): Map<string, Mark> {
    const cells = this.#now(notebook);
    const marks = new Map<string, Mark>();
    for (const [key, stale] of staleCells(cells, this.#history)) marks.set(key, { is: "stale", stale });
    for (const cell of codeCells(notebook)) {
      const key = keyOf(cell);
      const earlier = this.#earlier.get(key);
      if (this.#gone.has(key)) marks.set(key, { is: "not run" });
      else if (earlier !== undefined)
        marks.set(key, {
          is: "earlier",
          when: earlier.when,
          changed: earlier.hash !== textHash(cell.document.getText()),
        });
    }
    for (const key of this.#running) marks.delete(key);
    return marks;
  }

  /** The cells to run, in order, so that `wanted` are fresh. */
  plan(notebook: vscode.NotebookDocument, wanted: Iterable<string>): vscode.NotebookCell[] {
    const cells = new Map(codeCells(notebook).map((cell) => [keyOf(cell), cell]));
    const keys = planOf(wanted, this.#now(notebook), this.#history).filter((key) => !this.#running.has(key));
    return keys.map((key) => cells.get(key) as vscode.NotebookCell);
  }

  /** The cell that defined a name last, and its line there, from 1. */
  definition(notebook: vscode.NotebookDocument, name: string): { cell: vscode.NotebookCell; line: number } | null {
    const cells = codeCells(notebook);
    const found = this.#now(notebook).flatMap(({ key, code }, i) => {
      const line = this.#codes.get(key)?.lines.get(name);
      return code === null || line === undefined ? [] : [{ cell: cells[i] as vscode.NotebookCell, line, key }];
    });
    const order = ({ key }: { key: string }) => this.#history.get(key)?.order ?? 0;
    return found.toSorted((a, b) => order(b) - order(a))[0] ?? null;
  }

  /** Asks the kernel about all texts that are not known. */
  async check(notebook: vscode.NotebookDocument, kernel: Kernel): Promise<void> {
    await this.#checks.ask(this.unknown(notebook), kernel);
  }

  #now(notebook: vscode.NotebookDocument): CellNow[] {
    return codeCells(notebook).map((cell, i) => {
      const key = keyOf(cell);
      const text = cell.document.getText();
      const code = this.#checks.get(text);
      if (code) this.#codes.set(key, code);
      return { key, index: i + 1, code: this.#codes.get(key) ?? null, changed: this.#isChanged(key, text, code) };
    });
  }

  /** While the kernel has not said what a text is, it stays what the one before was. */
  #isChanged(key: string, text: string, code: Code | null | undefined): boolean {
    const ran = this.#texts.get(key);
    if (ran === undefined || ran === text) this.#changed.delete(key);
    else if (code === null) this.#changed.set(key, true);
    else if (code !== undefined) this.#changed.set(key, code.digest !== this.#checks.get(ran)?.digest);
    return this.#changed.get(key) ?? false;
  }
}

/** A cell that has no id yet never ran: it is known by its document. */
export function keyOf(cell: vscode.NotebookCell): string {
  return cellId(cell) ?? cell.document.uri.toString();
}

export function codeCells(notebook: vscode.NotebookDocument): vscode.NotebookCell[] {
  return notebook.getCells().filter(({ kind }) => kind === vscode.NotebookCellKind.Code);
}
