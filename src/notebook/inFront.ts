import * as vscode from "vscode";
import { openNotebook, shownInTab } from "./tabs.ts";
import { NOTEBOOK_TYPE } from "./type.ts";

/** Webviews in tabs: "mainThreadWebview-dlnb.run". */
const OUR_PANEL = /(^|-)dlnb\./;

let last: string | null = null;
const changed = new vscode.EventEmitter<void>();

/** Another notebook is in front, or was last. */
export const onDidChangeNotebookInFront = changed.event;

/** Follows the editor: the notebook in front is remembered while panels, views and other files are. */
export function followNotebookInFront(): vscode.Disposable {
  const follow = (editor: vscode.NotebookEditor | undefined) => {
    if (editor?.notebook.notebookType === NOTEBOOK_TYPE) last = editor.notebook.uri.toString();
    changed.fire();
  };
  follow(vscode.window.activeNotebookEditor);
  return vscode.Disposable.from(
    vscode.window.onDidChangeActiveNotebookEditor(follow),
    vscode.window.tabGroups.onDidChangeTabs(() => changed.fire()),
  );
}

/** A panel of this notebook's has come to the front: views and commands are about its notebook now. */
export function notebookOfPanel(notebook: vscode.Uri): void {
  last = notebook.toString();
  changed.fire();
}

/** For views: the notebook in front, else the one that was last, as long as it has a tab. */
export function lastNotebook(): vscode.NotebookDocument | undefined {
  const active = vscode.window.activeNotebookEditor?.notebook;
  if (active?.notebookType === NOTEBOOK_TYPE) return active;
  const notebook = last === null ? undefined : openNotebook(last);
  return notebook !== undefined && shownInTab(notebook.uri) ? notebook : undefined;
}

/** For commands: the notebook in front, else the last one while it is in view beside what is in front, or a panel of ours is in front. */
export function notebookInFront(): vscode.NotebookDocument | undefined {
  const notebook = lastNotebook();
  if (notebook === undefined || notebook === vscode.window.activeNotebookEditor?.notebook) return notebook;
  if (vscode.window.visibleNotebookEditors.some((editor) => editor.notebook === notebook)) return notebook;
  const input = vscode.window.tabGroups.activeTabGroup?.activeTab?.input;
  return input instanceof vscode.TabInputWebview && OUR_PANEL.test(input.viewType) ? notebook : undefined;
}
