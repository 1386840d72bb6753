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
    const text = document.getText();
    const offset = document.offsetAt(position);
    const { start, suggestions, complete } = suggest(snippets, reference, text, offset);
    const from = document.positionAt(start);
    const end = document.positionAt(offset + (/^[\w$]*/.exec(text.slice(offset))?.[0].length ?? 0));
    const range = { inserting: new vscode.Range(from, position), replacing: new vscode.Range(from, end) };
    return new vscode.CompletionList(
      suggestions.map((suggestion) => {
        const item = itemOf(suggestion, range);
        this.#names.set(item, suggestion.name);
        return item;
      }),
      !complete,
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

/** What a call brings with it is said beside its name where it is as short as `({ lr: 1e-3 })`. */
const MOST_SHOWN = 40;

function itemOf(
  { name, snippet, label, names, body, expected }: Suggestion,
  range: { readonly inserting: vscode.Range; readonly replacing: vscode.Range },
): vscode.CompletionItem {
  const code = plain(body);
  const given = code.startsWith(`${label}(`) ? code.slice(label.length).replace(/\s+/g, " ") : "";
  const detail = given.length > MOST_SHOWN ? "(…)" : given;
  const item = new vscode.CompletionItem(
    { label, ...(detail && { detail }), description: label === name || given ? "dlnb" : name },
    vscode.CompletionItemKind.Snippet,
  );
  item.insertText = new vscode.SnippetString(body);
  item.range = range;
  // `kaiming_normal_` finds kaimingNormal, which the editor by itself would not take for it
  item.filterText = names.join(" ");
  // what an option expects comes before everything, anything else after the language's own names
  item.sortText = `${expected ? "0" : "~"}${label}`;
  item.detail = snippet.description;
  item.documentation = new vscode.MarkdownString(["```typescript", code, "```"].join("\n"));
  return item;
}
