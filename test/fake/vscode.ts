// The part of the `vscode` module that unit tests of src/ need; real behaviour is tested in real VS Code.

/** English, with `{0}` and `{name}` filled in. */
export const l10n = {
  /** As the editor has it when it speaks another language than English. */
  bundle: undefined as Readonly<Record<string, string>> | undefined,
  t: (english: string, ...args: readonly unknown[]) => {
    const message = l10n.bundle?.[english] ?? english;
    const values = (typeof args[0] === "object" && args[0] !== null ? args[0] : args) as Record<string, unknown>;
    return message.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
  },
};

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

export class Position {
  readonly line: number;
  readonly character: number;

  constructor(line: number, character: number) {
    this.line = line;
    this.character = character;
  }
}

export class Range {
  readonly start: Position;
  readonly end: Position;

  constructor(...at: [Position, Position] | [number, number, number, number]) {
    if (at.length === 2) [this.start, this.end] = at;
    else {
      this.start = new Position(at[0], at[1]);
      this.end = new Position(at[2], at[3]);
    }
  }

  /** Within one line. */
  intersection(other: Range): Range | undefined {
    const [from, to] = [
      Math.max(this.start.character, other.start.character),
      Math.min(this.end.character, other.end.character),
    ];
    return from <= to && this.start.line === other.start.line ? new Range(0, from, 0, to) : undefined;
  }
}

export class NotebookRange {
  readonly start: number;
  readonly end: number;

  constructor(start: number, end: number) {
    this.start = start;
    this.end = end;
  }
}

export const NotebookEditorRevealType = { Default: 0, InCenter: 1, InCenterIfOutsideViewport: 2, AtTop: 3 } as const;
export const DiagnosticSeverity = { Error: 0, Warning: 1, Information: 2, Hint: 3 } as const;
export const CodeActionKind = { QuickFix: "quickfix" } as const;

export class Diagnostic {
  source?: string;
  code?: string;
  readonly range: Range;
  readonly message: string;
  readonly severity: number;

  constructor(range: Range, message: string, severity: number) {
    this.range = range;
    this.message = message;
    this.severity = severity;
  }
}

export class CodeAction {
  diagnostics?: Diagnostic[];
  isPreferred?: boolean;
  command?: { command: string; title: string; arguments: unknown[] };
  readonly title: string;
  readonly kind: string;

  constructor(title: string, kind: string) {
    this.title = title;
    this.kind = kind;
  }
}

type NotebookChange =
  | { kind: "metadata"; index: number; metadata: Record<string, unknown> }
  | { kind: "insert"; index: number; cells: NotebookCellData[] };

export const NotebookEdit = {
  updateCellMetadata: (index: number, metadata: Record<string, unknown>): NotebookChange => ({
    kind: "metadata",
    index,
    metadata,
  }),
  insertCells: (index: number, cells: NotebookCellData[]): NotebookChange => ({ kind: "insert", index, cells }),
};

export class WorkspaceEdit {
  readonly edits: NotebookChange[] = [];
  readonly replaced: { uri: unknown; range: Range; text: string }[] = [];

  set(_uri: unknown, edits: NotebookChange[]): void {
    this.edits.push(...edits);
  }

  replace(uri: unknown, range: Range, text: string): void {
    this.replaced.push({ uri, range, text });
  }
}

export class TabInputNotebook {
  readonly uri: unknown;

  constructor(uri: unknown) {
    this.uri = uri;
  }
}

const tabs = new EventEmitter<unknown>();
const actives = new EventEmitter<unknown>();
const editors = new EventEmitter<unknown>();
const texts = new EventEmitter<unknown>();
const disposable = { dispose: () => undefined };

export const ViewColumn = { Active: -1, Beside: -2, One: 1 } as const;

export class TabInputNotebookDiff {
  readonly original: unknown;
  readonly modified: unknown;

  constructor(original: unknown, modified: unknown) {
    this.original = original;
    this.modified = modified;
  }
}

export class TabInputWebview {
  readonly viewType: string;

  constructor(viewType: string) {
    this.viewType = viewType;
  }
}

/** A panel, and what stands for its page: what it was told, and what it says. */
export class FakePanel {
  readonly posted: unknown[] = [];
  readonly #received = new EventEmitter<unknown>();
  readonly #shown = new EventEmitter<unknown>();
  readonly #closed = new EventEmitter<undefined>();
  title: string;
  active = true;
  visible = true;
  /** How often it was brought to the front. */
  revealed = 0;
  readonly webview = {
    html: "",
    options: {},
    postMessage: async (message: unknown) => this.posted.push(structuredClone(message)),
    onDidReceiveMessage: this.#received.event,
    asWebviewUri: (uri: unknown) => uri,
  };
  readonly onDidChangeViewState = this.#shown.event;
  readonly onDidDispose = this.#closed.event;

  constructor(title: string) {
    this.title = title;
  }

  receive(message: unknown): void {
    this.#received.fire(message);
  }

  show(visible = true): void {
    this.visible = visible;
    this.#shown.fire(undefined);
  }

  reveal(): void {
    this.revealed++;
  }

  dispose(): void {
    this.#closed.fire(undefined);
  }
}

/** What the user sees and answers; tests look at `said` and set `answer`. */
export const window = {
  activeNotebookEditor: undefined as unknown,
  visibleNotebookEditors: [] as unknown[],
  onDidChangeVisibleNotebookEditors: editors.event,
  /** Shows these notebooks, each in a tab. */
  see: (...notebooks: { uri: unknown }[]) => {
    window.visibleNotebookEditors = notebooks.map((notebook) => ({ notebook }));
    window.tabGroups.all = [{ tabs: notebooks.map(({ uri }) => ({ input: new TabInputNotebook(uri) })) }];
    editors.fire(window.visibleNotebookEditors);
    tabs.fire({ opened: [], closed: [{}] });
  },
  state: { focused: true },
  onDidChangeActiveNotebookEditor: actives.event,
  changeActive: () => actives.fire(window.activeNotebookEditor),
  /** Messages, quick picks (as their title and labels) and status lines. */
  said: [] as string[],
  /** Picks among the buttons of a message or the items of a quick pick. */
  answer: ((_choices: readonly { label: string }[]) => undefined) as (
    choices: readonly { label: string }[],
  ) => { label: string } | undefined,
  tabGroups: {
    all: [] as { tabs: unknown[] }[],
    activeTabGroup: { activeTab: undefined as unknown },
    onDidChangeTabs: tabs.event,
    change: (event: unknown) => tabs.fire(event),
  },
  selection: undefined as { uri: unknown; range: Range } | undefined,
  createQuickPick: () => {
    const [accepts, hides] = [new EventEmitter<void>(), new EventEmitter<void>()];
    const pick = {
      title: "",
      items: [] as { label: string }[],
      selectedItems: [] as { label: string }[],
      onDidAccept: accepts.event,
      onDidHide: hides.event,
      /** Accepts what is ticked, or goes when `answer` has none. */
      show: () => {
        const ticked = pick.selectedItems.map(({ label }) => label).join(", ");
        window.said.push(`${pick.title}? ${pick.items.map(({ label }) => label).join(", ")}; ticked: ${ticked}`);
        const chosen = window.answer(pick.items);
        if (chosen === undefined) setTimeout(() => hides.fire());
        else setTimeout(() => accepts.fire());
      },
      dispose: () => undefined,
    };
    return pick;
  },
  createTreeView: () => ({ badge: undefined, selection: [], dispose: () => undefined }),
  withProgress: async <T>(_: unknown, work: () => Promise<T>) => await work(),
  panels: [] as FakePanel[],
  serializers: new Map<string, { deserializeWebviewPanel(panel: FakePanel, state: unknown): Promise<void> }>(),
  createWebviewPanel: (_type: string, title: string) => {
    const panel = new FakePanel(title);
    window.panels.push(panel);
    return panel;
  },
  registerWebviewPanelSerializer: (type: string, serializer: never) => {
    window.serializers.set(type, serializer);
    return disposable;
  },
  showInformationMessage: async (text: string, ...buttons: unknown[]) => {
    window.said.push(text);
    const labels = buttons.filter((button) => typeof button === "string");
    return window.answer(labels.map((label) => ({ label })))?.label;
  },
  showWarningMessage: (text: string, ...buttons: unknown[]) => window.showInformationMessage(text, ...buttons),
  showErrorMessage: (text: string, ...buttons: unknown[]) => window.showInformationMessage(text, ...buttons),
  showQuickPick: async (items: { label: string }[], { title }: { title: string }) => {
    window.said.push(`${title}? ${items.map(({ label }) => label).join(", ")}`);
    return window.answer(items);
  },
  setStatusBarMessage: (text: string) => {
    window.said.push(text);
    return disposable;
  },
  showNotebookDocument: async (_: unknown, { selections }: { selections?: unknown[] } = {}) =>
    Object.assign(window.activeNotebookEditor as object, selections ? { selections } : {}),
  showTextDocument: async ({ uri }: { uri: unknown }, { selection }: { selection: Range }) => {
    window.selection = { uri, range: selection };
  },
};

/** Of files only. */
export class Uri {
  readonly scheme: string;
  readonly path: string;

  constructor(scheme: string, path: string) {
    this.scheme = scheme;
    this.path = path;
  }

  static file = (path: string) => new Uri("file", path);
  static parse = (address: string) => new Uri(...(address.split("://") as [string, string]));
  static joinPath = ({ scheme, path }: Uri, ...parts: string[]) => new Uri(scheme, [path, ...parts].join("/"));

  get fsPath(): string {
    return this.path;
  }

  toString(): string {
    return `${this.scheme}://${this.path}`;
  }
}

export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 } as const;

export class TreeItem {
  id?: string;
  description?: string;
  tooltip?: unknown;
  contextValue?: string;
  command?: { command: string; arguments?: unknown[] };
  accessibilityInformation?: { label: string };
  iconPath?: unknown;
  readonly label: string;
  readonly collapsibleState: number;

  constructor(label: string, collapsibleState: number = TreeItemCollapsibleState.None) {
    this.label = label;
    this.collapsibleState = collapsibleState;
  }
}

export class ThemeColor {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }
}

export class ThemeIcon {
  readonly id: string;
  readonly color: ThemeColor | undefined;

  constructor(id: string, color?: ThemeColor) {
    this.id = id;
    this.color = color;
  }
}

export class MarkdownString {
  value = "";
  isTrusted: boolean | undefined;

  appendMarkdown(markdown: string): this {
    this.value += markdown;
    return this;
  }

  /** As the editor does it. */
  appendText(text: string): this {
    this.value += text
      .replace(/[\\`*_{}[\]()#+\-!~]/g, "\\$&")
      .replace(/([ \t]+)/g, (_, space: string) => "&nbsp;".repeat(space.length))
      .replace(/>/gm, "\\>")
      .replace(/\n/g, "\n\n")
      .replace(/</g, "&lt;");
    return this;
  }
}

export class RelativePattern {
  readonly base: unknown;
  readonly pattern: string;

  constructor(base: unknown, pattern: string) {
    this.base = base;
    this.pattern = pattern;
  }
}

export const Disposable = {
  from: (...parts: { dispose(): unknown }[]) => ({
    dispose: () => {
      for (const part of parts) part.dispose();
    },
  }),
};

const touches = new EventEmitter<Uri>();
const changes = new EventEmitter<unknown>();
const closes = new EventEmitter<unknown>();

export const workspace = {
  /** By the name without its section. */
  settings: {} as Record<string, unknown>,
  getConfiguration: () => ({ get: (name: string) => workspace.settings[name] }),
  isTrusted: true,
  getWorkspaceFolder: (uri: Uri) =>
    workspace.workspaceFolders?.find(({ uri: root }) => uri.path.startsWith(`${root.path}/`)),
  workspaceFolders: undefined as { uri: Uri }[] | undefined,
  notebookDocuments: [] as unknown[],
  openNotebookDocument: async (_uri: unknown): Promise<unknown> => undefined,
  asRelativePath: ({ path }: Uri) => path.split("/").at(-1),
  onDidChangeWorkspaceFolders: () => disposable,
  /** Watchers hear of what `touch` names. */
  createFileSystemWatcher: (_: RelativePattern) => ({
    onDidCreate: () => disposable,
    onDidChange: touches.event,
    onDidDelete: () => disposable,
    dispose: () => undefined,
  }),
  touch: (path: string) => touches.fire(Uri.file(path)),
  /** Does what an edit asks for; see `openNotebook` in notebook.ts. */
  applyEdit: async (_edit: WorkspaceEdit): Promise<boolean> => false,
  textDocuments: [] as unknown[],
  onDidChangeTextDocument: texts.event,
  type: (event: unknown) => texts.fire(event),
  onDidSaveNotebookDocument: () => disposable,
  onDidGrantWorkspaceTrust: () => disposable,
  onDidChangeConfiguration: () => disposable,
  onDidChangeNotebookDocument: changes.event,
  onDidOpenNotebookDocument: () => disposable,
  onDidCloseNotebookDocument: closes.event,
  change: (event: unknown) => changes.fire(event),
  close: (notebook: unknown) => closes.fire(notebook),
};

export const commands = {
  registered: new Map<string, (...args: never[]) => unknown>(),
  executeCommand: async (id: string, ...args: never[]): Promise<unknown> => commands.registered.get(id)?.(...args),
  registerCommand: (id: string, run: (...args: never[]) => unknown) => {
    commands.registered.set(id, run);
    return disposable;
  },
};

/** Entries by the address of their document. */
export const languages = {
  problems: new Map<string, Diagnostic[]>(),
  registerCodeActionsProvider: () => disposable,
  registerInlayHintsProvider: () => disposable,
  onDidChangeDiagnostics: () => disposable,
  /** What others found, by document. */
  others: new Map<string, unknown[]>(),
  getDiagnostics: (uri: unknown) => languages.others.get(String(uri)) ?? [],
  createDiagnosticCollection: () => ({
    set: (uri: unknown, problems: Diagnostic[]) => void languages.problems.set(String(uri), problems),
    delete: (uri: unknown) => void languages.problems.delete(String(uri)),
    dispose: () => languages.problems.clear(),
  }),
};

export const env = { language: "en", clipboard: { writeText: async (_text: string) => undefined } };
