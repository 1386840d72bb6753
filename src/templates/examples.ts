import * as vscode from "vscode";
import { notify } from "../notify/index.ts";
import { type Bundled, bundledIn } from "./library.ts";

/** The folder of the workspace that copies go to, unless another is chosen. */
const FOLDER = "dlnb-examples";

/** Asks which example, copies it with the data that it reads, and opens the copy. Nothing that is there is overwritten. */
export async function openExamples(examples: vscode.Uri): Promise<void> {
  const items = bundledIn(examples).then((all) =>
    all.map((example) => ({ label: example.title, detail: example.description, example })),
  );
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t("Open Examples"),
    placeHolder: vscode.l10n.t("Which example? A copy of it is opened, to be changed as you like."),
    matchOnDetail: true,
  });
  if (chosen === undefined) return;
  const folder = await chooseFolder();
  if (folder === undefined) return;
  try {
    const copy = await copyTo(folder, examples, chosen.example);
    if (copy === undefined) return;
    await vscode.window.showNotebookDocument(await vscode.workspace.openNotebookDocument(copy), {
      preview: false,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    void notify.showErrorMessage(vscode.l10n.t("The example cannot be copied to {0}: {1}", folder.fsPath, why));
  }
}

/** A folder on disk: of the workspace, or one that is chosen. */
async function chooseFolder(): Promise<vscode.Uri | undefined> {
  const other = vscode.l10n.t("Another Folder...");
  const here = (vscode.workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === "file")
    .map(({ name, uri }) => {
      const folder = vscode.Uri.joinPath(uri, FOLDER);
      return { label: vscode.l10n.t("{0} in {1}", FOLDER, name), description: folder.fsPath, folder };
    });
  if (here.length > 0) {
    const choice = await vscode.window.showQuickPick([...here, { label: other, description: "", folder: null }], {
      title: vscode.l10n.t("Open Examples"),
      placeHolder: vscode.l10n.t("Where should the copy be?"),
    });
    if (choice?.folder !== null) return choice?.folder;
  }
  const [folder] =
    (await vscode.window.showOpenDialog({
      canSelectFiles: false,
      canSelectFolders: true,
      openLabel: vscode.l10n.t("Copy Example Here"),
      title: vscode.l10n.t("A folder for examples of dlnb"),
    })) ?? [];
  return folder;
}

/** The copy that is there now; undefined when nobody said which. Data that the folder has already stay. */
async function copyTo(folder: vscode.Uri, examples: vscode.Uri, example: Bundled): Promise<vscode.Uri | undefined> {
  const target = vscode.Uri.joinPath(folder, `${example.name}.dlnb`);
  const copy = await freeName(target, example);
  if (copy === undefined) return undefined;
  const text = new TextDecoder().decode(example.bytes);
  const needed = new Set([...text.matchAll(/["'](data\/[\w.-]+)["']/g)].map(([, path]) => path as string));
  if (needed.size > 0) needed.add("data/README.md");
  for (const path of needed) await copyOnce(vscode.Uri.joinPath(examples, path), vscode.Uri.joinPath(folder, path));
  if (!(await exists(copy))) await vscode.workspace.fs.writeFile(copy, example.bytes);
  return copy;
}

/** Where the copy goes, or the one that is there and is to be opened. */
async function freeName(target: vscode.Uri, { name, bytes }: Bundled): Promise<vscode.Uri | undefined> {
  if (!(await exists(target))) return target;
  const there = await vscode.workspace.fs.readFile(target);
  if (Buffer.compare(there, bytes) === 0) return target;
  const mine = vscode.l10n.t("Open Mine");
  const fresh = vscode.l10n.t("Fresh Copy");
  const choice = await notify.showInformationMessage(
    vscode.l10n.t("There is a {0}.dlnb already, which you have changed.", name),
    { modal: true, detail: vscode.l10n.t("A fresh copy gets another name; yours stays as it is.") },
    mine,
    fresh,
  );
  if (choice === mine) return target;
  if (choice === undefined) return undefined;
  for (let i = 2; ; i++) {
    const next = vscode.Uri.joinPath(target, "..", `${name}-${i}.dlnb`);
    if (!(await exists(next))) return next;
  }
}

async function copyOnce(from: vscode.Uri, to: vscode.Uri): Promise<void> {
  if (!(await exists(to)) && (await exists(from))) await vscode.workspace.fs.copy(from, to, { overwrite: false });
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}
