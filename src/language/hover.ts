import * as vscode from "vscode";
import { placeAt } from "./place.ts";
import { type Entry, entryOf, type Option, type Reference, readReference } from "./reference.ts";

/** Says what a name of the library is, with its options, its rule and where it comes from, or what one of its options means. */
export class LibraryHovers implements vscode.HoverProvider, vscode.Disposable {
  readonly #extensionPath: string;
  readonly #registered: vscode.Disposable;
  #reference: Promise<Reference> | undefined;

  constructor(notebookType: string, extensionPath: string) {
    this.#extensionPath = extensionPath;
    this.#registered = vscode.languages.registerHoverProvider({ notebookType, language: "typescript" }, this);
  }

  async provideHover(document: vscode.TextDocument, position: vscode.Position): Promise<vscode.Hover | null> {
    this.#reference ??= readReference(this.#extensionPath);
    const text = document.getText();
    const place = placeAt(text, document.offsetAt(position));
    if (!place) return null;
    const said = wordsFor(await this.#reference, place);
    if (said === null) return null;
    const range = new vscode.Range(document.positionAt(place.start), document.positionAt(place.end));
    return new vscode.Hover(new vscode.MarkdownString(said), range);
  }

  dispose(): void {
    this.#registered.dispose();
  }
}

/** The hover's Markdown; null where the library has nothing of that name. */
export function wordsFor(
  reference: Reference,
  { chain, optionOf }: { readonly chain: string; readonly optionOf: string | null },
): string | null {
  const options = optionOf === null ? null : entryOf(reference, optionOf);
  const name = chain.slice(chain.lastIndexOf(".") + 1);
  const option = options && Object.hasOwn(options.entry.options, name) ? options.entry.options[name] : undefined;
  if (options && option) return optionWords(options.name, name, option);
  const found = entryOf(reference, chain);
  return found && entryWords(found.name, found.entry);
}

const code = (language: string, lines: readonly string[]) => [`\`\`\`${language}`, ...lines, "```"].join("\n");

function optionWords(of: string, name: string, { type, default: value, range, doc }: Option): string {
  const head = `(option of ${of.replace(/^\./, "")}) ${name}${value === undefined ? "" : "?"}: ${type}`;
  const facts = [
    ...(value === undefined ? ["required"] : [`default \`${value}\``]),
    ...(range ? [`in \`${range}\``] : []),
  ];
  return [code("ts", [head]), escaped(doc), facts.join(", ")].join("\n\n");
}

function entryWords(name: string, { summary, rule, paper, cost, positional, options }: Entry): string {
  const given = Object.entries(options);
  const listed = given.map(
    ([option, { type, default: value }]) =>
      `  ${option}${value === undefined ? "" : "?"}: ${type},${value === undefined ? "" : ` // ${value}`}`,
  );
  const head = given.length ? [`${name}({`, ...listed, "})"] : [`${name}()`];
  return [
    code("ts", head),
    escaped(summary),
    ...(rule ? [code("text", rule)] : []),
    ...(given.length
      ? [
          given
            .map(
              ([option, { doc }]) =>
                `- \`${option}\`${option === positional ? " (may come first, without its name)" : ""}: ${escaped(doc)}`,
            )
            .join("\n"),
        ]
      : []),
    ...(cost ? [`Costs ${escaped(cost)}.`] : []),
    ...(paper ? [`*${escaped(paper)}*`] : []),
  ].join("\n\n");
}

/** Text as Markdown that says just that. */
const escaped = (text: string): string => text.replace(/[\\`*_{}[\]<>#|~]/g, "\\$&");
