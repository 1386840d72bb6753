import type { AnyNode, Node, Program, Statement } from "acorn";
import { CellSyntaxError } from "../kernel/cells/problem.ts";
import { parseCell, visit } from "../kernel/cells/rewrite.ts";
import { loadStripper, stripTypes } from "../kernel/cells/strip.ts";

/** A cell as it is read: its statements, and whether they are of the text as it stands. */
export interface ParsedCell {
  readonly cell: string;
  readonly text: string;
  readonly parsed: boolean;
  readonly body: readonly Statement[];
}

interface Known {
  readonly text: string;
  readonly program: Program | null;
  /** Of the last text that was TypeScript. */
  readonly last: Program | null;
}

/** Cells' syntax trees, made again for changed texts only. While a text does not parse, the last one that did stands for it. */
export class Parser {
  readonly #known = new Map<string, Known>();
  readonly #cellOf = new WeakMap<Node, string>();

  async parse(notebook: string, cells: readonly { cell: string; text: string }[]): Promise<ParsedCell[]> {
    await loadStripper();
    const keys = new Set(cells.map(({ cell }) => `${notebook} ${cell}`));
    for (const key of this.#known.keys()) if (key.startsWith(`${notebook} `) && !keys.has(key)) this.#known.delete(key);
    return cells.map(({ cell, text }) => {
      const { program, last } = this.#read(`${notebook} ${cell}`, cell, text);
      return { cell, text, parsed: program !== null, body: ((program ?? last)?.body ?? []) as readonly Statement[] };
    });
  }

  /** The cell that a node is of. */
  readonly cellOf = (node: Node): string | undefined => this.#cellOf.get(node);

  #read(key: string, cell: string, text: string): Known {
    const known = this.#known.get(key);
    if (known?.text === text) return known;
    const program = this.#program(cell, text);
    const read = { text, program, last: program ?? known?.last ?? null };
    this.#known.set(key, read);
    return read;
  }

  #program(cell: string, text: string): Program | null {
    try {
      const program = parseCell(stripTypes(text));
      visit(program as AnyNode, (node) => this.#cellOf.set(node, cell));
      return program;
    } catch (error) {
      if (error instanceof CellSyntaxError) return null;
      throw error;
    }
  }
}
