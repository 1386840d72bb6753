import type * as api from "vscode";
import { NotebookCellKind, type NotebookCellOutput, type NotebookCellOutputItem } from "./vscode.ts";

/** A notebook whose code cells have these texts and the ids c1, c2, ... */
export function fakeNotebook(...texts: string[]): api.NotebookDocument {
  const cells: unknown[] = [];
  const notebook = { uri: "notebook", isClosed: false, isUntitled: false, getCells: () => cells };
  texts.forEach((text, index) => {
    const document = { getText: () => text };
    cells.push({
      index,
      notebook,
      kind: NotebookCellKind.Code,
      document,
      metadata: { id: `c${index + 1}` },
      outputs: [],
    });
  });
  return notebook as unknown as api.NotebookDocument;
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
