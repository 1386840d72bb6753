import { basename, dirname, relative, sep } from "node:path";
import * as vscode from "vscode";
import { isLive, type RunEntry } from "./entry.ts";
import { groupItemOf } from "./item.ts";
import { record } from "./read.ts";

/** Lines of the Runs view. They are the same objects for as long as they are shown, so that the editor keeps what is open. */
export type Node = NotebookNode | ExperimentNode | GroupNode | RunNode;

export interface NotebookNode {
  readonly kind: "notebook";
  readonly id: string;
  readonly uri: vscode.Uri;
  open: boolean;
}

export interface ExperimentNode {
  readonly kind: "experiment";
  readonly id: string;
  readonly name: string;
  readonly notebook: NotebookNode;
  open: boolean;
  /** Of its runs, for commands. */
  keys: readonly string[];
}

/** Runs of one call, such as `replicas`. */
export interface GroupNode {
  readonly kind: "group";
  readonly id: string;
  readonly group: string;
  readonly experiment: ExperimentNode;
  open: boolean;
  keys: readonly string[];
}

/** What commands on runs are given: `key` is the run's in the store. */
export interface RunNode {
  readonly kind: "run";
  readonly key: string;
  readonly parent: ExperimentNode | GroupNode;
}

/** The experiment's name in its cells, or else the one that it has. */
export const experimentOf = ({ experiment, config }: Pick<RunEntry, "experiment" | "config">): string => {
  const { name } = record(config);
  return experiment ?? (typeof name === "string" && name !== "" ? name : vscode.l10n.t("experiment"));
};

/** Whether a run stands below a line. */
export function belongs(entry: RunEntry, node: NotebookNode | ExperimentNode | GroupNode): boolean {
  if (node.kind === "notebook") return entry.notebook.toString() === node.id;
  if (node.kind === "group") return entry.group?.id === node.group && belongs(entry, node.experiment);
  return belongs(entry, node.notebook) && experimentOf(entry) === node.name;
}

/** The line of what has runs below it: `entries`. */
export function branchItem(
  node: NotebookNode | ExperimentNode | GroupNode,
  entries: readonly RunEntry[],
): vscode.TreeItem {
  const { Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
  const state = node.open ? Expanded : Collapsed;
  if (node.kind === "group") return groupItemOf(node.id, entries, state);
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

/** Whether one of them goes on. */
export const anyLive = (entries: readonly RunEntry[]): boolean => entries.some(isLive);

const nameOf = ({ path }: vscode.Uri): string => basename(path);

/** The notebook's folder in the workspace; empty at its top. */
function folderOf(uri: vscode.Uri): string {
  if (uri.scheme !== "file") return "";
  const folder = dirname(uri.fsPath);
  const root = vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath;
  return root === undefined ? folder : relative(root, folder).split(sep).join("/");
}
