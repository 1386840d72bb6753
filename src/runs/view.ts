import * as vscode from "vscode";
import { isLive, type RunEntry } from "./entry.ts";
import { filterOf } from "./filter.ts";
import { itemOf } from "./item.ts";
import {
  anyLive,
  belongs,
  branchItem,
  type ExperimentNode,
  experimentOf,
  type GroupNode,
  type Node,
  type NotebookNode,
} from "./nodes.ts";
import { inCall, isOrder, type Order, ordered, orderWord } from "./order.ts";
import type { RunStore } from "./store.ts";

/** Lines of what trains change at most this often. */
const SHOW_MS = 500;
const ORDER = "dlnb.runs.order";
const FILTERED = "dlnb.runsFiltered";

/** The Runs view: notebook, experiment, runs of one call, run. */
export class RunsView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  readonly view: vscode.TreeView<Node>;
  readonly #store: RunStore;
  readonly #memory: vscode.Memento | null;
  readonly #changed = new vscode.EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #nodes = new Map<string, Node>();
  readonly #listening: readonly vscode.Disposable[];
  /** What the tree was made of when it was last told: the keys in their order. */
  #shape = "";
  readonly #waiting = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #filter = "";
  #passes: (entry: RunEntry) => boolean = () => true;
  #order: Order;

  /** `memory` keeps the order over windows. */
  constructor(store: RunStore, memory: vscode.Memento | null = null) {
    this.#store = store;
    this.#memory = memory;
    const kept = memory?.get(ORDER);
    this.#order = isOrder(kept) ? kept : "newest";
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

  /** Only runs that it lets through are shown: see `filterOf`. Empty: all. */
  get filter(): string {
    return this.#filter;
  }

  set filter(text: string) {
    this.#filter = text.trim();
    this.#passes = filterOf(this.#filter);
    void vscode.commands.executeCommand("setContext", FILTERED, this.#filter !== "");
    this.#again();
  }

  get order(): Order {
    return this.#order;
  }

  set order(order: Order) {
    this.#order = order;
    void this.#memory?.update(ORDER, order);
    this.#again();
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (node === undefined) {
      await this.#store.ready();
      this.#shape = this.#shapeOf(this.#shown);
      this.#badge();
      this.#say();
    }
    const entries = this.#shown;
    if (node === undefined) return this.#notebooks(entries);
    if (node.kind === "notebook") return this.#experiments(node, entries);
    if (node.kind === "experiment") return this.#below(node, entries);
    return node.kind === "group" ? this.#lanes(node, entries) : [];
  }

  getParent(node: Node): Node | undefined {
    if (node.kind === "run") return node.parent;
    return node.kind === "group" ? node.experiment : node.kind === "experiment" ? node.notebook : undefined;
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if (node.kind !== "run") return branchItem(node, this.#of(node));
    const entry = this.#store.get(node.key);
    if (entry === undefined) return new vscode.TreeItem(vscode.l10n.t("gone"));
    return itemOf(entry, node.parent.kind === "group");
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const listening of this.#listening) listening.dispose();
  }

  get #shown(): readonly RunEntry[] {
    const all = this.#store.all();
    return this.#filter === "" ? all : all.filter(this.#passes);
  }

  #of(node: Exclude<Node, { kind: "run" }>): RunEntry[] {
    return this.#shown.filter((entry) => belongs(entry, node));
  }

  /** New lines make the tree anew; figures change in their lines only. */
  #show(): void {
    this.#timer = null;
    const keys = [...this.#waiting];
    this.#waiting.clear();
    this.#badge();
    const entries = this.#shown;
    const shape = this.#shapeOf(entries);
    if (shape !== this.#shape) {
      this.#shape = shape;
      const known = new Set(this.#store.all().map(({ key }) => key));
      for (const [id, node] of this.#nodes) if (node.kind === "run" && !known.has(node.key)) this.#nodes.delete(id);
      this.#changed.fire(undefined);
      return;
    }
    const changed = new Set<Node>();
    for (const key of keys) {
      const node = this.#nodes.get(key);
      if (node?.kind === "run" && node.parent.kind === "group") changed.add(node.parent);
      if (node !== undefined) changed.add(node);
    }
    for (const node of changed) this.#changed.fire(node);
  }

  #again(): void {
    this.#shape = this.#shapeOf(this.#shown);
    this.#say();
    this.#changed.fire(undefined);
  }

  /** What is filtered, and how it is sorted, beside the view's title. */
  #say(): void {
    const { t } = vscode.l10n;
    const words = [
      ...(this.#filter === "" ? [] : [t("“{0}”", this.#filter)]),
      ...(this.#order === "newest" ? [] : [orderWord(this.#order)]),
    ];
    this.view.description = words.join(" · ");
    const all = this.#store.all().length;
    const none = this.#filter !== "" && all > 0 && this.#shown.length === 0;
    this.view.message = none
      ? t("None of {0} runs matches “{1}”. Clear the filter to see them all.", all, this.#filter)
      : "";
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
    return [...names].map((name, i) => {
      const open = i === 0 || names.size <= 3;
      const node = this.#node<ExperimentNode>({
        kind: "experiment",
        id: `${notebook.id}#${name}`,
        name,
        notebook,
        open,
        keys: [],
      });
      node.keys = this.#of(node).map(({ key }) => key);
      return node;
    });
  }

  /** Runs by themselves, and one line for those of a call, where its first in this order stands. */
  #below(experiment: ExperimentNode, entries: readonly RunEntry[]): Node[] {
    const own = ordered(
      entries.filter((entry) => belongs(entry, experiment)),
      this.#order,
    );
    const calls = Map.groupBy(own, ({ group }) => group?.id ?? "");
    const found = new Set<Node>();
    for (const { key, group } of own) {
      const runs = group === null ? [] : (calls.get(group.id) ?? []);
      if (group === null || runs.length < 2) {
        found.add(this.#node({ kind: "run", key, parent: experiment }));
        continue;
      }
      const id = `${experiment.id}#${group.id}`;
      // what trains is worth a look at each
      const node = this.#node<GroupNode>({
        kind: "group",
        id,
        group: group.id,
        experiment,
        open: anyLive(runs),
        keys: [],
      });
      node.keys = inCall(runs).map((run) => run.key);
      found.add(node);
    }
    return [...found];
  }

  #lanes(group: GroupNode, entries: readonly RunEntry[]): Node[] {
    const own = entries.filter((entry) => belongs(entry, group));
    const sorted = this.#order === "newest" ? inCall(own) : ordered(own, this.#order);
    return sorted.map(({ key }) => this.#node({ kind: "run", key, parent: group }));
  }

  #node<N extends Node>(node: N): N {
    const id = node.kind === "run" ? node.key : node.id;
    const known = this.#nodes.get(id);
    // a run whose call has others by now stands elsewhere
    if (known?.kind === node.kind && (known.kind !== "run" || known.parent === (node as { parent?: unknown }).parent)) {
      return known as N;
    }
    this.#nodes.set(id, node);
    return node;
  }

  #shapeOf(entries: readonly RunEntry[]): string {
    const sorted = this.#order === "newest" ? entries : ordered(entries, this.#order);
    return sorted
      .map((entry) => `${entry.key}\n${experimentOf(entry)}\n${entry.group?.id ?? ""}\n${entry.starred}`)
      .join("\n");
  }
}
