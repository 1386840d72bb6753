import type * as api from "vscode";
import {
  NotebookCellKind,
  type NotebookCellOutput,
  type NotebookCellOutputItem,
  NotebookRange,
  Position,
  type Range,
  window,
  workspace,
} from "./vscode.ts";

/** A notebook whose code cells have these texts and the ids c1, c2, ... */
export function fakeNotebook(...texts: string[]): api.NotebookDocument {
  const cells: FakeCell[] = [];
  const notebook = {
    uri: "notebook",
    notebookType: "dlnb",
    isClosed: false,
    isUntitled: false,
    getCells: (range?: { start: number; end: number }) => (range ? cells.slice(range.start, range.end) : cells),
    cellAt: (index: number) => cells[index],
    get cellCount() {
      return cells.length;
    },
    get text() {
      return cells.map(({ document }) => document.getText());
    },
  };
  texts.forEach((text, i) => void cells.push(new FakeCell(notebook, text, { id: `c${i + 1}` })));
  return notebook as unknown as api.NotebookDocument;
}

class FakeCell {
  readonly kind = NotebookCellKind.Code;
  readonly notebook: { getCells(): unknown[] };
  readonly document: FakeDocument;
  metadata: Record<string, unknown>;
  outputs: NotebookCellOutput[] = [];

  constructor(notebook: { getCells(): unknown[] }, text: string, metadata: Record<string, unknown>) {
    this.notebook = notebook;
    this.document = new FakeDocument(text);
    this.metadata = metadata;
  }

  get index(): number {
    return this.notebook.getCells().indexOf(this);
  }
}

let documents = 0;

class FakeDocument {
  readonly uri = `cell:${++documents}`;
  text: string;

  constructor(text: string) {
    this.text = text;
  }

  get lineCount(): number {
    return this.text.split("\n").length;
  }

  getText(range?: Range): string {
    return range ? this.text.slice(this.offsetAt(range.start), this.offsetAt(range.end)) : this.text;
  }

  lineAt(lineNumber: number) {
    const text = this.text.split("\n")[lineNumber] ?? "";
    return { text, lineNumber, firstNonWhitespaceCharacterIndex: text.search(/\S|$/) };
  }

  positionAt(offset: number): Position {
    const lines = this.text.slice(0, offset).split("\n");
    return new Position(lines.length - 1, lines.at(-1)?.length ?? 0);
  }

  offsetAt({ line, character }: Position): number {
    const above = this.text.split("\n").slice(0, line);
    return above.reduce((sum, text) => sum + text.length + 1, character);
  }
}

/** Makes a notebook the one in front, with the cell at `selected` chosen; edits change it, and `window` is as new. */
export function openNotebook(notebook: api.NotebookDocument, selected = 0) {
  const editor = {
    notebook,
    selections: [new NotebookRange(selected, selected + 1)],
    revealed: -1,
    revealRange: (range: NotebookRange) => {
      editor.revealed = range.start;
    },
  };
  window.activeNotebookEditor = editor;
  window.visibleNotebookEditors = [editor];
  window.said = [];
  window.answer = () => undefined;
  window.selection = undefined;
  const cells = notebook.getCells() as unknown as FakeCell[];
  workspace.applyEdit = async ({ edits, replaced }) => {
    for (const edit of edits) {
      if (edit.kind === "metadata") (cells[edit.index] as FakeCell).metadata = edit.metadata;
      else {
        const added = edit.cells.map(({ value, metadata }) => new FakeCell(notebook as never, value, metadata ?? {}));
        cells.splice(edit.index, 0, ...added);
      }
    }
    for (const { uri, range, text } of replaced) {
      const document = cells.find((cell) => cell.document.uri === uri)?.document as FakeDocument;
      const [start, end] = [document.offsetAt(range.start), document.offsetAt(range.end)];
      document.text = document.text.slice(0, start) + text + document.text.slice(end);
    }
    return true;
  };
  return editor;
}

/** What a cell's execution did, as the editor would show it. */
export class FakeExecution {
  executionOrder: number | undefined;
  state: "pending" | "running" | "ok" | "failed" | "dropped" = "pending";
  outputs: NotebookCellOutput[] = [];

  start(): void {
    this.state = "running";
  }

  end(success: boolean | undefined): void {
    this.state = success === undefined ? "dropped" : success ? "ok" : "failed";
  }

  async clearOutput(): Promise<void> {
    this.outputs = [];
  }

  async appendOutput(output: NotebookCellOutput): Promise<void> {
    this.outputs.push(output);
  }

  async replaceOutput(outputs: NotebookCellOutput[]): Promise<void> {
    this.outputs = [...outputs];
  }

  async replaceOutputItems(items: NotebookCellOutputItem[], output: NotebookCellOutput): Promise<void> {
    output.items = items;
  }

  async appendOutputItems(item: NotebookCellOutputItem, output: NotebookCellOutput): Promise<void> {
    output.items = [...output.items, item];
  }

  /** Outputs as `mime: text`, items of the same output joined. */
  get shown(): string[] {
    return this.outputs.map(({ items }) => `${items[0]?.mime}: ${items.map(({ data }) => Buffer.from(data)).join("")}`);
  }

  /** The first item of this type, parsed. */
  json(mime: string): Record<string, unknown> {
    const item = this.outputs.flatMap(({ items }) => items).find((item) => item.mime === mime);
    if (item === undefined) throw new Error(`no output of type ${mime}`);
    return JSON.parse(Buffer.from(item.data).toString());
  }
}
