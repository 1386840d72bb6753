import * as vscode from "vscode";
import type { CellProblem } from "../../../engine/protocol/index.ts";
import { translated } from "../../../l10n/index.ts";
import type { Analyses } from "./analyses.ts";

const SOURCE = "dlnb";

/**
 * Marks what a run of the cells would fail at, and offers what mends it. What TypeScript says of the same place stands alone: types
 * are its business.
 */
export class CellProblems implements vscode.CodeActionProvider, vscode.Disposable {
  readonly #analyses: Analyses;
  readonly #collection = vscode.languages.createDiagnosticCollection("dlnb");
  /** What is marked now, by document, as text. */
  readonly #marked = new Map<string, string>();
  readonly #disposables: readonly vscode.Disposable[];

  constructor(type: string, analyses: Analyses) {
    this.#analyses = analyses;
    this.#disposables = [
      this.#collection,
      analyses.onDidChange((document) => this.#mark(document)),
      vscode.languages.onDidChangeDiagnostics(({ uris }) => {
        const changed = new Set(uris.map(String).filter((uri) => this.#marked.has(uri)));
        if (changed.size > 0) this.#all((document) => changed.has(document.uri.toString()));
      }),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("dlnb.analysis.problems")) this.#all(() => true);
      }),
      ...["typescript", "javascript"].map((language) =>
        vscode.languages.registerCodeActionsProvider({ notebookType: type, language }, this, {
          providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
        }),
      ),
    ];
  }

  provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    return this.#problems(document).flatMap((problem) => {
      const place = rangeOf(document, problem);
      if (!place.intersection(range)) return [];
      const shown = diagnostics.filter(
        (each) =>
          (each.source === SOURCE && each.message === translated(problem.message)) ||
          (problem.typed && place.intersection(each.range)),
      );
      return problem.fixes.map(({ title, edits }, i) => {
        const action = new vscode.CodeAction(translated(title), vscode.CodeActionKind.QuickFix);
        action.edit = new vscode.WorkspaceEdit();
        for (const { cell, start, end, text } of edits) {
          const of = documentOf(cell);
          if (of) action.edit.replace(of.uri, rangeOf(of, { start, end }), text);
        }
        action.diagnostics = [...shown];
        action.isPreferred = i === 0;
        return action;
      });
    });
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  /** Those of the text as it stands. */
  #problems(document: vscode.TextDocument): readonly CellProblem[] {
    const known = this.#analyses.of(document);
    const wanted = vscode.workspace.getConfiguration("dlnb.analysis", document.uri).get("problems") !== false;
    return wanted && known && known.version === document.version ? known.problems : [];
  }

  #all(which: (document: vscode.TextDocument) => boolean): void {
    for (const document of vscode.workspace.textDocuments) {
      if (this.#analyses.of(document) && which(document)) this.#mark(document);
    }
  }

  #mark(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    const known = this.#analyses.of(document);
    // an answer to the newer text is under way
    if (known && known.version !== document.version) return;
    const types = vscode.languages
      .getDiagnostics(document.uri)
      .filter(({ source }) => source === "ts" || source === "js");
    const problems = this.#problems(document).filter(
      (problem) => !(problem.typed && types.some(({ range }) => range.intersection(rangeOf(document, problem)))),
    );
    const now = JSON.stringify(problems);
    if ((this.#marked.get(key) ?? "[]") === now) {
      if (known) this.#marked.set(key, now);
      return;
    }
    if (known) this.#marked.set(key, now);
    else this.#marked.delete(key);
    this.#collection.set(
      document.uri,
      problems.map((problem) => diagnostic(document, problem)),
    );
  }
}

const documentOf = (uri: string): vscode.TextDocument | undefined =>
  vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri);

const rangeOf = (document: vscode.TextDocument, { start, end }: { start: number; end: number }): vscode.Range =>
  new vscode.Range(document.positionAt(start), document.positionAt(end));

function diagnostic(document: vscode.TextDocument, problem: CellProblem): vscode.Diagnostic {
  const { Error: error, Warning: warning } = vscode.DiagnosticSeverity;
  const made = new vscode.Diagnostic(
    rangeOf(document, problem),
    translated(problem.message),
    problem.severity === "error" ? error : warning,
  );
  made.source = SOURCE;
  made.code = problem.code;
  return made;
}
