import { afterEach, beforeEach, expect, test } from "vitest";
import {
  followNotebookInFront,
  lastNotebook,
  notebookInFront,
  notebookOfPanel,
  onDidChangeNotebookInFront,
} from "../../../src/notebook/inFront.ts";
import { fakeNotebook } from "../../fake/notebook.ts";
import { TabInputWebview, Uri, window, workspace } from "../../fake/vscode.ts";

const notebook = (name: string) =>
  Object.assign(fakeNotebook("1"), { uri: Uri.file(`/folder/${name}.dlnb`) }) as ReturnType<typeof fakeNotebook>;
const [a, b] = [notebook("a"), notebook("b")];
let following: { dispose(): unknown };

/** The editor in front shows this notebook, or none. */
function front(shown: typeof a | undefined, tab?: unknown): void {
  window.activeNotebookEditor = shown && { notebook: shown };
  window.tabGroups.activeTabGroup.activeTab = tab && { input: tab };
  window.changeActive();
}

beforeEach(() => {
  workspace.notebookDocuments = [a, b] as never;
  window.see(a, b);
  window.visibleNotebookEditors = [];
  following = followNotebookInFront();
});

afterEach(() => {
  following.dispose();
  window.see();
  front(undefined);
  workspace.notebookDocuments = [];
});

test("views are about the notebook in front, and stay with it while something else is", () => {
  let told = 0;
  const listening = onDidChangeNotebookInFront(() => told++);
  front(a);
  expect(lastNotebook()).toBe(a);
  front(undefined);
  expect(lastNotebook()).toBe(a);
  front(b);
  expect(lastNotebook()).toBe(b);
  expect(told).toBe(3);
  listening.dispose();
});

test("views leave a notebook whose last tab is closed, though the editor keeps its document", () => {
  front(a);
  front(undefined);
  window.see(b);
  expect(lastNotebook()).toBeUndefined();
});

test("commands act on a notebook that is in view or whose panel is in front, and on no hidden one", () => {
  front(a);
  front(undefined);
  expect(notebookInFront()).toBeUndefined();
  front(undefined, new TabInputWebview("mainThreadWebview-dlnb.run"));
  expect(notebookInFront()).toBe(a);
  front(undefined, new TabInputWebview("mainThreadWebview-markdown.preview"));
  expect(notebookInFront()).toBeUndefined();
  window.visibleNotebookEditors = [{ notebook: a }];
  expect(notebookInFront()).toBe(a);
});

test("a panel that comes to the front brings its own notebook", () => {
  front(a);
  front(undefined, new TabInputWebview("mainThreadWebview-dlnb.run"));
  notebookOfPanel(b.uri);
  expect(notebookInFront()).toBe(b);
});
