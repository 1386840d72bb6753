import { basename, dirname, relative, sep } from "node:path";
import * as vscode from "vscode";
import { isLive, type RunEntry } from "./entry.ts";
import { itemOf } from "./item.ts";
import { record } from "./read.ts";
import type { RunStore } from "./store.ts";

/** Lines of what trains change at most this often. */
const SHOW_MS = 500;

/** Lines of the view. They are the same objects for as long as they are shown, so that the editor keeps what is open. */
type Node = NotebookNode | ExperimentNode | RunNode;

interface NotebookNode {
  readonly kind: "notebook";
  readonly id: string;
  readonly uri: vscode.Uri;
  open: boolean;
}

interface ExperimentNode {
  readonly kind: "experiment";
  readonly id: string;
  readonly name: string;
  readonly notebook: NotebookNode;
  open: boolean;
}

/** What commands on runs are given: `key` is the run's in the store. */
export interface RunNode {
  readonly kind: "run";
  readonly key: string;
  readonly experiment: ExperimentNode;
}

/** The Runs view: notebook, experiment, run, newest first. */
export class RunsView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  readonly view: vscode.TreeView<Node>;
  readonly #store: RunStore;
  readonly #changed = new vscode.EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #nodes = new Map<string, Node>();
  readonly #listening: readonly vscode.Disposable[];
  /** What the tree was made of when it was last told: the keys in their order. */
  #shape = "";
  readonly #waiting = new Set<string>();
  #timer: NodeJS.Timeout | null = null;

  constructor(store: RunStore) {
    this.#store = store;
    this.view = vscode.window.createTreeView("dlnb.runs", {
      treeDataProvider: this,
      canSelectMany: true,
      showCollapseAll: true,
    });
    this.#listening = [
      store.onDidChange((entries) => {
        for (const { key } of entries) this.#waiting.add(key);
        this.#timer ??= setTimeout(() => this.#show(), SHOW_MS);
      }),
      this.view,
      this.#changed,
    ];
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (node === undefined) {
      await this.#store.ready();
      this.#shape = shapeOf(this.#store.all());
      this.#badge();
    }
    const entries = this.#store.all();
    if (node === undefined) return this.#notebooks(entries);
    if (node.kind === "notebook") return this.#experiments(node, entries);
    return node.kind === "experiment" ? this.#runs(node, entries) : [];
  }

  getParent(node: Node): Node | undefined {
    return node.kind === "run" ? node.experiment : node.kind === "experiment" ? node.notebook : undefined;
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if (node.kind === "run") {
      const entry = this.#store.get(node.key);
      return entry === undefined ? new vscode.TreeItem(vscode.l10n.t("gone")) : itemOf(entry);
    }
    const { Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
    const state = node.open ? Expanded : Collapsed;
    const entries = this.#store.all().filter((entry) => belongs(entry, node));
    const runs = entries.length === 1 ? vscode.l10n.t("1 run") : vscode.l10n.t("{0} runs", entries.length);
    const item = new vscode.TreeItem(node.kind === "notebook" ? nameOf(node.uri) : node.name, state);
    item.id = node.id;
    item.contextValue = node.kind;
    item.iconPath = new vscode.ThemeIcon(node.kind === "notebook" ? "notebook" : "beaker");
    item.description = node.kind === "notebook" ? [folderOf(node.uri), runs].filter(Boolean).join(" · ") : runs;
    item.tooltip =
      node.kind === "notebook" ? (node.uri.scheme === "file" ? node.uri.fsPath : nameOf(node.uri)) : node.name;
    return item;
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const listening of this.#listening) listening.dispose();
  }

  /** New lines make the tree anew; figures change in their lines only. */
  #show(): void {
    this.#timer = null;
    const keys = [...this.#waiting];
    this.#waiting.clear();
    this.#badge();
    const entries = this.#store.all();
    const shape = shapeOf(entries);
    if (shape !== this.#shape) {
      this.#shape = shape;
      const known = new Set(entries.map(({ key }) => key));
      for (const [id, node] of this.#nodes) if (node.kind === "run" && !known.has(node.key)) this.#nodes.delete(id);
      this.#changed.fire(undefined);
      return;
    }
    for (const key of keys) {
      const node = this.#nodes.get(key);
      if (node !== undefined) this.#changed.fire(node);
    }
  }

  #badge(): void {
    const value = this.#store.all().filter(isLive).length;
    const tooltip = value === 1 ? vscode.l10n.t("1 fit is running") : vscode.l10n.t("{0} fits are running", value);
    if ((this.view.badge?.value ?? 0) !== value) this.view.badge = value === 0 ? undefined : { value, tooltip };
  }

  #notebooks(entries: readonly RunEntry[]): Node[] {
    const notebooks = new Map(entries.map((entry) => [entry.notebook.toString(), entry.notebook]));
    // the one with the newest run is open
    return [...notebooks].map(([address, uri], i) =>
      this.#node({ kind: "notebook", id: address, uri, open: i === 0 || notebooks.size <= 3 }),
    );
  }

  #experiments(notebook: NotebookNode, entries: readonly RunEntry[]): Node[] {
    const names = new Set(entries.filter((entry) => belongs(entry, notebook)).map(experimentOf));
    return [...names].map((name, i) =>
      this.#node({
        kind: "experiment",
        id: `${notebook.id}#${name}`,
        name,
        notebook,
        open: i === 0 || names.size <= 3,
      }),
    );
  }

  #runs(experiment: ExperimentNode, entries: readonly RunEntry[]): Node[] {
    const own = entries.filter((entry) => belongs(entry, experiment));
    return own.map(({ key }) => this.#node({ kind: "run", key, experiment }));
  }

  #node(node: Node): Node {
    const id = node.kind === "run" ? node.key : node.id;
    const known = this.#nodes.get(id);
    if (known !== undefined) return known;
    this.#nodes.set(id, node);
    return node;
  }
}

/** The experiment's name in its cells, or else the one that it has. */
export const experimentOf = ({ experiment, config }: Pick<RunEntry, "experiment" | "config">): string => {
  const { name } = record(config);
  return experiment ?? (typeof name === "string" && name !== "" ? name : vscode.l10n.t("experiment"));
};

const shapeOf = (entries: readonly RunEntry[]): string =>
  entries.map((entry) => `${entry.key}\n${experimentOf(entry)}`).join("\n");

function belongs(entry: RunEntry, node: NotebookNode | ExperimentNode): boolean {
  const notebook = node.kind === "notebook" ? node : node.notebook;
  return entry.notebook.toString() === notebook.id && (node.kind === "notebook" || experimentOf(entry) === node.name);
}

const nameOf = ({ path }: vscode.Uri): string => basename(path);

/** The notebook's folder in the workspace; empty at its top. */
function folderOf(uri: vscode.Uri): string {
  if (uri.scheme !== "file") return "";
  const folder = dirname(uri.fsPath);
  const root = vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath;
  return root === undefined ? folder : relative(root, folder).split(sep).join("/");
}
