import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import { paletteOf } from "./hover.ts";
import { plain } from "./plain.ts";
import { type Reference, readReference } from "./reference.ts";
import { type Snippets, type Suggestion, suggest } from "./suggest.ts";
import { type Drawings, pictureOf, readDrawings } from "./thumbnail.ts";

/** Snippets while one types in cells of dlnb notebooks, and nowhere else: TypeScript files of other work have none of them. */
export class LibrarySnippets implements vscode.CompletionItemProvider, vscode.Disposable {
  readonly #extensionPath: string;
  readonly #registered: vscode.Disposable;
  #read: Promise<[Snippets, Reference]> | undefined;
  #drawings: Promise<Drawings> | undefined;
  /** What suggestions are of. */
  readonly #names = new WeakMap<vscode.CompletionItem, string>();

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
      suggestions.map((suggestion) => {
        const item = itemOf(suggestion, range, typed);
        this.#names.set(item, suggestion.name);
        return item;
      }),
      true,
    );
  }

  /** The drawing comes with the one that is looked at. */
  async resolveCompletionItem(item: vscode.CompletionItem): Promise<vscode.CompletionItem> {
    const { documentation: code } = item;
    this.#drawings ??= readDrawings(this.#extensionPath);
    const drawing = (await this.#drawings)[this.#names.get(item) ?? ""];
    if (drawing === undefined || !(code instanceof vscode.MarkdownString)) return item;
    const picture = pictureOf(drawing, paletteOf(vscode.window.activeColorTheme.kind));
    item.documentation = new vscode.MarkdownString(`${picture}\n\n${code.value}`);
    return item;
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
