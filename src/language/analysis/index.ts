import * as vscode from "vscode";
import { Analyses } from "./analyses.ts";
import { LayerHints } from "./hints.ts";
import { CellProblems } from "./problems.ts";
import { AnalystProcess } from "./process.ts";

/** What is said of cells before they run: shapes and numbers of parameters, mistakes, and what mends them. */
export function registerAnalysis(
  notebookType: string,
  extension: vscode.Extension<unknown>,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const analyses = new Analyses(notebookType, new AnalystProcess(extension, log));
  return vscode.Disposable.from(
    analyses,
    new LayerHints(notebookType, analyses),
    new CellProblems(notebookType, analyses),
  );
}
