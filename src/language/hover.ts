import * as vscode from "vscode";
import { isCalledSo } from "./calledSo.ts";
import { readable } from "./maths.ts";
import { placeAt } from "./place.ts";
import { type Entry, entryOf, type Option, type Reference, readReference } from "./reference.ts";
import { type Drawings, type Palette, pictureOf, readDrawings } from "./thumbnail.ts";

/** Says what a name of the library is, with a drawing, its formula, its options and where it comes from, or what one of its options means. */
export class LibraryHovers implements vscode.HoverProvider, vscode.Disposable {
  readonly #extensionPath: string;
  readonly #registered: vscode.Disposable;
  #read: Promise<[Reference, Drawings]> | undefined;

  constructor(notebookType: string, extensionPath: string) {
    this.#extensionPath = extensionPath;
    this.#registered = vscode.languages.registerHoverProvider({ notebookType, language: "typescript" }, this);
  }

  async provideHover(document: vscode.TextDocument, position: vscode.Position): Promise<vscode.Hover | null> {
    this.#read ??= Promise.all([readReference(this.#extensionPath), readDrawings(this.#extensionPath)]);
    const text = document.getText();
    const place = placeAt(text, document.offsetAt(position));
    if (!place) return null;
    const [reference, drawings] = await this.#read;
    const chain = meant(text, place.chain);
    if (!isCalledSo(chain.replace(/^.*(?=\.)/, ""), text.slice(place.end))) return null;
    const said = wordsFor(reference, { ...place, chain }, (name) => {
      const drawing = Object.hasOwn(drawings, name) ? drawings[name] : undefined;
      return drawing ? pictureOf(drawing, paletteOf(vscode.window.activeColorTheme.kind)) : null;
    });
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
  picture: (name: string) => string | null = () => null,
): string | null {
  const options = optionOf === null ? null : entryOf(reference, optionOf);
  const name = chain.slice(chain.lastIndexOf(".") + 1);
  const option = options && Object.hasOwn(options.entry.options, name) ? options.entry.options[name] : undefined;
  if (options && option) return optionWords(options.name, name, option);
  const found = entryOf(reference, chain);
  return found && entryWords(found.name, found.entry, picture(found.name));
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

function entryWords(
  name: string,
  { summary, form, example, rule, paper, cost, note, positional, loop, options }: Entry,
  picture: string | null,
): string {
  const given = Object.entries(options);
  const row = ([option, { default: value, doc }]: (typeof given)[number]) => {
    const how = option === positional ? vscode.l10n.t(" May come first, without its name.") : "";
    const standard = value === undefined ? vscode.l10n.t("*required*") : `\`${value.replaceAll("|", "\\|")}\``;
    return `| \`${option}\` | ${standard} | ${escaped(doc + how).replaceAll("\n", " ")} |`;
  };
  const head = vscode.l10n.t("| option | default | meaning |");
  return [
    code("ts", [
      `${form === undefined ? name : name.replace(/^\./, "")}${form ?? `(${given.length ? "{ ... }" : ""})`}`,
    ]),
    form === undefined ? escaped(summary) : prose(summary),
    ...(example ? [code("ts", [example])] : []),
    ...(picture === null ? [] : [picture]),
    ...(rule ? [code("text", rule.map(readable))] : []),
    ...(given.length ? [[head, "| :-- | :-- | :-- |", ...given.map(row)].join("\n")] : []),
    ...(cost ? [vscode.l10n.t("Costs {0}.", escaped(cost))] : []),
    ...(note ? [escaped(note)] : []),
    ...(loop ? [vscode.l10n.t("The same as a loop over tensors:"), code("ts", loop)] : []),
    ...(paper ? [linked(escaped(paper))] : []),
  ].join("\n\n");
}

/** Text as Markdown that says just that. */
const escaped = (text: string): string => text.replace(/[\\`*_{}[\]<>#|~]/g, "\\$&");

/** A docstring: what stands between backticks is code, and so are lines that are further in. */
const prose = (text: string): string =>
  text
    .split(/\n\n/)
    .map((part) =>
      /^ {2,}/.test(part)
        ? code(
            "ts",
            part.split("\n").map((line) => line.replace(/^ {2}/, "")),
          )
        : part
            .split(/(`[^`]*`)/)
            .map((piece) => (/^`[^`]*`$/.test(piece) ? piece : escaped(piece)))
            .join(""),
    )
    .join("\n\n");

/** Names of papers lead to them, where the text has their number. */
const linked = (text: string): string =>
  text
    .replace(/arXiv:(\d{4}\.\d{4,5}|[a-z-]+\/\d{7})/g, "[$&](https://arxiv.org/abs/$1)")
    .replace(/\bdoi:\s?(10\.\d{4,9}\/[^\s,;]+)/gi, "[$&](https://doi.org/$1)");

export function paletteOf(kind: vscode.ColorThemeKind): Palette {
  const { Light, HighContrast, HighContrastLight } = vscode.ColorThemeKind;
  if (kind === HighContrast) return "contrast";
  if (kind === HighContrastLight) return "contrastLight";
  return kind === Light ? "light" : "dark";
}

/** A name taken out of a maker, `const { adamw } = optim`, as the call it is: `optim.adamw`. */
export function meant(text: string, chain: string): string {
  if (chain.includes(".")) return chain;
  const taken = [...text.matchAll(/\b(?:const|let|var)\s*\{([^{}]*)\}\s*=\s*(\w+)\s*(?:[;\n]|$)/g)].find(
    ([, names = ""]) => names.split(",").some((name) => name.trim() === chain),
  );
  return taken ? `${taken[2]}.${chain}` : chain;
}
