import type { ts } from "@ts-morph/common";
import { type Call, callAt, chainOf, isLibrary } from "./call.ts";
import { cellName } from "./cellNames.ts";
import type { Module } from "./compose.ts";
import { CELL } from "./compose.ts";
import { asDeclared } from "./quickInfo.ts";
import { optionWords, type Reference } from "./reference.ts";
import { shorten } from "./shorten.ts";
import type { World } from "./world.ts";

interface Cell {
  readonly module: Module;
  readonly service: ts.LanguageService;
}

/** Words beside a name in the list. */
const MOST = 60;

/** What can be typed at a place of a cell: options in the order of their declaration with their defaults, entries with what they are. */
export function completions(
  world: World,
  reference: Reference,
  { module, service }: Cell,
  ...[file, position, options, format]: Parameters<ts.LanguageService["getCompletionsAtPosition"]>
): ts.CompletionInfo | undefined {
  const found = service.getCompletionsAtPosition(file, position, options, format);
  if (!found) return undefined;
  const program = service.getProgram() as ts.Program;
  const call = callAt(world, program, file, position);
  const owner = found.isMemberCompletion ? ownerAt(world, program, file, position) : null;
  const names = call?.options && !owner ? Object.keys(reference.of(call.chain)?.options ?? {}) : [];
  const entries = found.entries
    .filter((entry) => !isInside(world, entry))
    .map((entry): ts.CompletionEntry => {
      const option = call?.options && names.includes(entry.name) ? reference.option(call.chain, entry.name) : undefined;
      if (option) {
        const sortText = `0${String(names.indexOf(entry.name)).padStart(3, "0")}`;
        const description = option.default === undefined ? "required" : `= ${option.default}`;
        return { ...entry, sortText, labelDetails: { description: cut(description) } };
      }
      const words = owner === null ? undefined : reference.of(`${owner}.${entry.name}`);
      if (words) {
        const kind = world.ts.ScriptElementKind.memberFunctionElement;
        return { ...entry, kind, labelDetails: { ...entry.labelDetails, description: cut(words.summary) } };
      }
      const own = entry.kind === world.ts.ScriptElementKind.alias ? module.sees.get(entry.name) : undefined;
      return own ? { ...entry, kind: KINDS[own.kind] as ts.ScriptElementKind, sortText: "10" } : entry;
    });
  // an editor that asks again at each letter would meanwhile take what it showed before for what is typed
  const { isIncomplete: _, ...whole } = found;
  return { ...whole, entries };
}

/** What a name in the list is, when one looks at it. */
export function details(
  world: World,
  reference: Reference,
  { module, service }: Cell,
  ...args: Parameters<ts.LanguageService["getCompletionEntryDetails"]>
): ts.CompletionEntryDetails | undefined {
  const [file, position, name] = args;
  const found = service.getCompletionEntryDetails(...args);
  if (!found) return undefined;
  const program = service.getProgram() as ts.Program;
  const call: Call | null = callAt(world, program, file, position);
  const owner = ownerAt(world, program, file, position);
  const option = call?.options && !owner ? reference.option(call.chain, name) : undefined;
  const text = (words: string): ts.SymbolDisplayPart[] => [{ kind: "text", text: words }];
  if (option) {
    const head = `${name}${option.default === undefined ? "" : "?"}: ${option.type}`;
    return { ...found, displayParts: text(head), documentation: text(optionWords(option)), tags: [] };
  }
  const entry = owner === null ? undefined : reference.of(`${owner}.${name}`);
  const kind = module.sees.get(name)?.kind;
  const said = found.displayParts.map((part) => part.text).join("");
  const shown = shorten(kind ? asDeclared(said, kind) : said);
  if (!entry) return { ...found, displayParts: text(shown) };
  const lines = [
    entry.summary,
    ...(entry.rule ? ["```text", ...entry.rule, "```"] : []),
    ...(entry.paper ? [`*${entry.paper}*`] : []),
  ];
  return { ...found, displayParts: text(`${owner}.${name}`), documentation: text(lines.join("\n")), tags: [] };
}

const KINDS: Record<string, string> = {
  const: "const",
  let: "let",
  function: "function",
  class: "class",
  type: "type",
  import: "alias",
};

const cut = (words: string): string => (words.length > MOST ? `${words.slice(0, MOST - 1)}…` : words);

/** The chain of names that a member is asked of, where the library declares it: `optim` in `optim.|`. */
function ownerAt(world: World, program: ts.Program, file: string, position: number): string | null {
  const { ts } = world;
  const source = program.getSourceFile(file);
  let owner: string | null = null;
  const visit = (node: ts.Node): void => {
    if (position < node.getFullStart() || position > node.end) return;
    if (ts.isPropertyAccessExpression(node) && position > node.expression.end) {
      const type = program.getTypeChecker().getTypeAtLocation(node.expression);
      const declared = type.symbol?.declarations?.some((one) =>
        one.getSourceFile().fileName.startsWith(world.types.replaceAll("\\", "/")),
      );
      if (declared || isLibrary(world, program, node.expression)) owner = chainOf(ts, node.expression) ?? "";
    }
    ts.forEachChild(node, visit);
  };
  if (source) visit(source);
  return owner;
}

/** Names that would be imported from another cell, which sees them already, or from within the library. */
function isInside(world: World, { source, data }: ts.CompletionEntry): boolean {
  if (source === undefined) return false;
  const file = (data as { fileName?: string } | undefined)?.fileName ?? source;
  return (
    source.startsWith(CELL) ||
    cellName(file) !== null ||
    file.startsWith(world.types.replaceAll("\\", "/")) ||
    source === "dlnb"
  );
}
