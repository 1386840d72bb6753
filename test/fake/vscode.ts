// The part of the `vscode` module that unit tests of src/ need; real behaviour is tested in real VS Code.

export const NotebookCellKind = { Markup: 1, Code: 2 } as const;
export const NotebookCellStatusBarAlignment = { Left: 1, Right: 2 } as const;

export class NotebookCellOutputItem {
  readonly data: Uint8Array;
  readonly mime: string;

  constructor(data: Uint8Array, mime: string) {
    this.data = data;
    this.mime = mime;
  }

  static text = (value: string, mime = "text/plain") => new NotebookCellOutputItem(Buffer.from(value), mime);
  static json = (value: unknown, mime = "application/json") => NotebookCellOutputItem.text(JSON.stringify(value), mime);
  static stdout = (value: string) => NotebookCellOutputItem.text(value, "application/vnd.code.notebook.stdout");
  static stderr = (value: string) => NotebookCellOutputItem.text(value, "application/vnd.code.notebook.stderr");
  static error = ({ name, message, stack }: Error) =>
    NotebookCellOutputItem.json({ name, message, stack }, "application/vnd.code.notebook.error");
}

export class NotebookCellOutput {
  items: NotebookCellOutputItem[];
  metadata: Record<string, unknown> | undefined;

  constructor(items: NotebookCellOutputItem[], metadata?: Record<string, unknown>) {
    this.items = items;
    this.metadata = metadata;
  }
}

export class NotebookCellData {
  kind: number;
  value: string;
  languageId: string;
  metadata?: Record<string, unknown>;

  constructor(kind: number, value: string, languageId: string) {
    this.kind = kind;
    this.value = value;
    this.languageId = languageId;
  }
}

export class NotebookData {
  cells: NotebookCellData[];
  metadata?: Record<string, unknown>;

  constructor(cells: NotebookCellData[]) {
    this.cells = cells;
  }
}

export class NotebookCellStatusBarItem {
  text: string;
  alignment: number;
  tooltip?: string;

  constructor(text: string, alignment: number) {
    this.text = text;
    this.alignment = alignment;
  }
}

export class EventEmitter<T> {
  readonly #listeners = new Set<(value: T) => void>();

  readonly event = (listener: (value: T) => void) => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  fire(value: T): void {
    for (const listener of this.#listeners) listener(value);
  }

  dispose(): void {
    this.#listeners.clear();
  }
}

export const NotebookEdit = {
  updateCellMetadata: (index: number, metadata: Record<string, unknown>) => ({ index, metadata }),
};

export class WorkspaceEdit {
  readonly edits: { index: number; metadata: Record<string, unknown> }[] = [];

  set(_uri: unknown, edits: { index: number; metadata: Record<string, unknown> }[]): void {
    this.edits.push(...edits);
  }
}
