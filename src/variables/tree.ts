import * as vscode from "vscode";
import type { DescribedValue, Part, Variable } from "../../engine/protocol/index.ts";
import type { Kernel } from "../controller/kernel.ts";
import { iconOf, lineOf, tooltipOf } from "./words.ts";

/** A name, a part of its value, or the rest of many parts. */
export interface Shown {
  /** Of the notebook. */
  readonly name: string;
  readonly path: readonly string[];
  readonly label: string;
  /** Null for what says something only: the rest, or why there is nothing. */
  readonly value: DescribedValue | null;
  /** For the rest: where it begins. */
  readonly from: number;
  readonly expandable: boolean;
}

/** A kernel that computes answers late. */
const PATIENCE_MS = 3000;
/** Reveals the cell that defines a name. */
export const REVEAL = "dlnb.revealVariable";

/** The names of a notebook as a tree; what a value is made of is asked for when it is opened. */
export class VariablesTree implements vscode.TreeDataProvider<Shown> {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;
  #names: readonly Variable[] = [];
  #kernel: Kernel | null = null;
  #notebook = "";

  show(notebook: string, names: readonly Variable[], kernel: Kernel | null): void {
    this.#notebook = notebook;
    this.#names = names;
    this.#kernel = kernel;
    this.#changed.fire();
  }

  get size(): number {
    return this.#names.length;
  }

  getTreeItem({ name, path, label, value, from, expandable }: Shown): vscode.TreeItem {
    const { None, Collapsed } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(label, expandable ? Collapsed : None);
    item.id = JSON.stringify([this.#notebook, name, ...path, value === null ? from : ""]);
    if (value === null) return item;
    item.description = lineOf(value);
    item.tooltip = tooltipOf(label, value);
    item.iconPath = iconOf(value);
    item.accessibilityInformation = { label: `${label}, ${item.description}` };
    item.contextValue = path.length === 0 ? "variable" : value.type === "statistic" ? "statistic" : "variable-part";
    const command = { command: REVEAL, title: vscode.l10n.t("Show Definition"), arguments: [{ name }] };
    if (path.length === 0) item.command = command;
    return item;
  }

  async getChildren(parent?: Shown): Promise<Shown[]> {
    if (parent === undefined) {
      return this.#names.map((value) => ({
        name: value.name,
        path: [],
        label: value.name,
        value,
        from: 0,
        expandable: value.parts,
      }));
    }
    const { name, path, from } = parent;
    try {
      const { parts, more } = await this.inspect(parent);
      const shown = parts.map((value: Part) => ({
        name,
        path: [...path, value.key],
        label: value.label,
        value,
        from: 0,
        expandable: value.parts,
      }));
      const next = from + parts.filter(({ type }) => type !== "statistic").length;
      const rest = {
        ...parent,
        label: vscode.l10n.t("{0} more", more.toLocaleString("en-US")),
        value: null,
        from: next,
      };
      return more > 0 ? [...shown, { ...rest, expandable: true }] : shown;
    } catch (error) {
      const label = error instanceof Error ? error.message : String(error);
      return [{ ...parent, label, value: null, from: -1, expandable: false }];
    }
  }

  /** Parts of a value and its whole text. Rejects in words when the kernel cannot say. */
  async inspect({ name, path, from }: Pick<Shown, "name" | "path" | "from">) {
    const gone = new Error(vscode.l10n.t("its kernel is gone"));
    if (this.#kernel === null) throw gone;
    const late = new Promise<never>((_, fail) =>
      setTimeout(() => fail(new Error(vscode.l10n.t("the kernel is busy; try again later"))), PATIENCE_MS),
    );
    return Promise.race([this.#kernel.request("inspect", { name, path, from }), late]);
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
