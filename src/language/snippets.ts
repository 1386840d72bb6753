import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import { plain } from "./plain.ts";
import { type Reference, readReference } from "./reference.ts";
import { type Snippets, type Suggestion, suggest } from "./suggest.ts";

/** Snippets while one types in cells of dlnb notebooks, and nowhere else: TypeScript files of other work have none of them. */
export class LibrarySnippets implements vscode.CompletionItemProvider, vscode.Disposable {
  readonly #extensionPath: string;
  readonly #registered: vscode.Disposable;
  #read: Promise<[Snippets, Reference]> | undefined;

  constructor(notebookType: string, extensionPath: string) {
    this.#extensionPath = extensionPath;
    this.#registered = vscode.languages.registerCompletionItemProvider(
      { notebookType, language: "typescript" },
      this,
      ".",
      "-",
    );
  }

  async provideCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.CompletionList> {
    this.#read ??= Promise.all([readSnippets(this.#extensionPath), readReference(this.#extensionPath)]);
    const [snippets, reference] = await this.#read;
    const { start, suggestions } = suggest(snippets, reference, document.getText(), document.offsetAt(position));
    const range = new vscode.Range(document.positionAt(start), position);
    const typed = document.getText(range);
    // asked anew with every letter: which of its names a snippet shows depends on what is typed
    return new vscode.CompletionList(
      suggestions.map((suggestion) => itemOf(suggestion, range, typed)),
      true,
    );
  }

  dispose(): void {
    this.#registered.dispose();
  }
}

export async function readSnippets(extensionPath: string): Promise<Snippets> {
  return JSON.parse(await readFile(join(extensionPath, "snippets", "dlnb.json"), "utf8")) as Snippets;
}

function itemOf(
  { name, snippet, label, body, expected }: Suggestion,
  range: vscode.Range,
  typed: string,
): vscode.CompletionItem {
  const item = new vscode.CompletionItem(
    { label, description: label === name ? "dlnb" : name },
    vscode.CompletionItemKind.Snippet,
  );
  item.insertText = new vscode.SnippetString(body);
  item.range = range;
  // `kaiming_normal_` finds kaimingNormal, which the editor by itself would not take for it
  item.filterText = label.toLowerCase().startsWith(typed.toLowerCase()) ? label : typed;
  // what an option expects comes before everything, anything else after the language's own names
  item.sortText = `${expected ? "0" : "~"}${label}`;
  item.detail = snippet.description;
  item.documentation = new vscode.MarkdownString(["```typescript", plain(body), "```"].join("\n"));
  return item;
}
