import * as vscode from "vscode";
import type { Analyses } from "./analyses.ts";

/** Says behind every layer of a cell what comes out of it and how many parameters it has. */
export class LayerHints implements vscode.InlayHintsProvider, vscode.Disposable {
  readonly #analyses: Analyses;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #disposables: readonly vscode.Disposable[];

  readonly onDidChangeInlayHints = this.#changed.event;

  constructor(type: string, analyses: Analyses) {
    this.#analyses = analyses;
    this.#disposables = [
      this.#changed,
      analyses.onDidChange(() => this.#changed.fire()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("dlnb.analysis.inlayHints")) this.#changed.fire();
      }),
      ...["typescript", "javascript"].map((language) =>
        vscode.languages.registerInlayHintsProvider({ notebookType: type, language }, this),
      ),
    ];
  }

  provideInlayHints(document: vscode.TextDocument, range: vscode.Range): vscode.InlayHint[] {
    const wanted = vscode.workspace.getConfiguration("dlnb.analysis", document.uri).get("inlayHints");
    if (wanted === "off") return [];
    return (this.#analyses.of(document)?.hints ?? []).flatMap(({ offset, shapes, text, tooltip }) => {
      const position = document.positionAt(offset);
      if (!range.contains(position)) return [];
      const hint = new vscode.InlayHint(position, wanted === "shapes" ? shapes : text);
      hint.paddingLeft = true;
      hint.tooltip = tooltip;
      return [hint];
    });
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }
}
