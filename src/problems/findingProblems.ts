import * as vscode from "vscode";
import type { Action, Finding } from "../../engine/protocol/index.ts";
import { translated } from "../../l10n/index.ts";
import { lastCall } from "../notebook/cellCode.ts";
import { addressesOf, openNotebook, shownInTab } from "../notebook/tabs.ts";
import { problemsIn, remedies, STALE } from "./findings.ts";

const SOURCE = "dlnb";

/**
 * What checks and diagnoses found, in the Problems view, for as long as it stands under its cell: outputs that are cleared,
 * replaced or gone with their cell take their entries with them. Entries offer what their finding says to try.
 */
export class FindingProblems implements vscode.Disposable, vscode.CodeActionProvider {
  readonly #type: string;
  readonly #act: (cell: vscode.NotebookCell, action: Action) => void;
  readonly #collection = vscode.languages.createDiagnosticCollection("dlnb-findings");
  /** What was found, by the address of the cell's document. */
  readonly #found = new Map<string, { cell: vscode.NotebookCell; findings: readonly Finding[] }>();
  readonly #disposables: readonly vscode.Disposable[];

  constructor(notebookType: string, act: (cell: vscode.NotebookCell, action: Action) => void) {
    this.#type = notebookType;
    this.#act = act;
    this.#disposables = [
      this.#collection,
      vscode.workspace.onDidOpenNotebookDocument((notebook) => this.#lookAt(notebook, notebook.getCells())),
      vscode.workspace.onDidCloseNotebookDocument((notebook) => this.#forget(notebook.getCells())),
      // the Problems view itself may hold a notebook open that nobody sees any more
      vscode.window.tabGroups.onDidChangeTabs(({ opened, closed }) => {
        for (const notebook of notebooksOf(closed)) if (!shownInTab(notebook.uri)) this.#forget(notebook.getCells());
        for (const notebook of notebooksOf(opened)) this.#lookAt(notebook, notebook.getCells());
      }),
      vscode.workspace.onDidChangeNotebookDocument(({ notebook, cellChanges, contentChanges }) => {
        for (const { removedCells } of contentChanges) this.#forget(removedCells);
        const changed = cellChanges.filter(({ outputs, document }) => outputs !== undefined || document !== undefined);
        this.#lookAt(notebook, [...changed.map(({ cell }) => cell), ...contentChanges.flatMap((c) => c.addedCells)]);
      }),
      vscode.languages.registerCodeActionsProvider({ notebookType, language: "typescript" }, this, {
        providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
      }),
      vscode.commands.registerCommand("dlnb.act", (document: string, action: Action) => {
        const cell = this.#found.get(document)?.cell;
        if (cell !== undefined) this.#act(cell, action);
      }),
    ];
    for (const notebook of vscode.workspace.notebookDocuments) this.#lookAt(notebook, notebook.getCells());
  }

  provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    const findings = this.#found.get(document.uri.toString())?.findings ?? [];
    return diagnostics
      .filter(({ source }) => source === SOURCE)
      .flatMap((problem) => {
        const finding = findings.find((one) => one.rule === problem.code && says(one) === problem.message);
        return (finding === undefined ? [] : remedies(finding)).map((action, i) => {
          const fix = new vscode.CodeAction(translated(action.label), vscode.CodeActionKind.QuickFix);
          fix.diagnostics = [problem];
          fix.isPreferred = i === 0;
          const { label: title, title: tooltip } = action;
          fix.command = {
            command: "dlnb.act",
            title: translated(title),
            tooltip: translated(tooltip),
            arguments: [document.uri.toString(), action],
          };
          return fix;
        });
      });
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #lookAt(notebook: vscode.NotebookDocument, cells: readonly vscode.NotebookCell[]): void {
    if (notebook.notebookType !== this.#type) return;
    for (const cell of cells) {
      const outputs = cell.outputs.filter(({ metadata }) => metadata?.dlnbStale !== STALE.dlnbStale);
      const findings = outputs.flatMap(({ items }) => problemsIn(items));
      if (findings.length === 0) this.#forget([cell]);
      else {
        this.#found.set(cell.document.uri.toString(), { cell, findings });
        const range = callRange(cell.document);
        this.#collection.set(
          cell.document.uri,
          findings.map((finding) => problem(finding, range)),
        );
      }
    }
  }

  #forget(cells: readonly vscode.NotebookCell[]): void {
    for (const { document } of cells) {
      if (this.#found.delete(document.uri.toString())) this.#collection.delete(document.uri);
    }
  }
}

const notebooksOf = (tabs: readonly vscode.Tab[]): vscode.NotebookDocument[] =>
  addressesOf(tabs).flatMap((address) => openNotebook(address) ?? []);

const says = ({ title, saw }: Finding): string => `${translated(title)}: ${translated(saw)}`;

function problem(finding: Finding, range: vscode.Range): vscode.Diagnostic {
  const { Error: error, Warning: warning } = vscode.DiagnosticSeverity;
  const made = new vscode.Diagnostic(range, says(finding), finding.severity === "error" ? error : warning);
  made.source = SOURCE;
  made.code = finding.rule;
  return made;
}

/** The line of the cell's last awaited call, which is what was found by; else its first. */
function callRange(document: vscode.TextDocument): vscode.Range {
  const line = document.lineAt(Math.min(lastCall(document.getText())?.line ?? 0, document.lineCount - 1));
  return new vscode.Range(line.lineNumber, line.firstNonWhitespaceCharacterIndex, line.lineNumber, line.text.length);
}
