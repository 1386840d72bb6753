import { join } from "node:path";
import type * as vscode from "vscode";
import { runFolder } from "./saved.ts";

let untitled: string | null = null;

/** Folder in which untitled notebooks keep runs and outputs until they have a file: private to this workspace. */
export function keepUntitledIn(folder: vscode.Uri): void {
  untitled = folder.fsPath;
}

/** Where a notebook's run log, checkpoints and outputs are; null for one that is not on disk. */
export function runFolderOf({ uri }: Pick<vscode.NotebookDocument, "uri">): string | null {
  if (uri.scheme === "file") return runFolder(uri.fsPath);
  const name = uri.path.split("/").at(-1) ?? "";
  return uri.scheme === "untitled" && untitled !== null && /^[\w-]+(\.dlnb)?$/.test(name)
    ? join(untitled, name.replace(/\.dlnb$/, ""))
    : null;
}
