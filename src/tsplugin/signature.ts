import type { ts } from "@ts-morph/common";
import { callAt } from "./call.ts";
import { optionWords, type Reference } from "./reference.ts";
import { shorten } from "./shorten.ts";
import type { World } from "./world.ts";

/** The call that is being written: what it is, each of its options, and the one that is being given. */
export function signature(
  world: World,
  reference: Reference,
  { service }: { readonly service: ts.LanguageService },
  ...args: Parameters<ts.LanguageService["getSignatureHelpItems"]>
): ts.SignatureHelpItems | undefined {
  const { ts } = world;
  const [file, position] = args;
  const found = service.getSignatureHelpItems(...args);
  if (!found) return undefined;
  const call = callAt(world, service.getProgram() as ts.Program, file, position);
  const entry = call && call.node.arguments.pos === found.applicableSpan.start ? reference.of(call.chain) : undefined;
  if (!call || !entry) return { ...found, items: found.items.map(plain) };
  // what it takes before its options is told by its own declaration
  if (entry.form !== undefined && !entry.form.startsWith("({ ... }")) {
    const items = found.items.map((item) => ({ ...plain(item), documentation: text(entry.summary) }));
    return { ...found, items };
  }

  const names = Object.keys(entry.options);
  const first = [entry.positional].filter((name) => name !== undefined && call.options === null) as string[];
  const rest = names.filter((name) => !first.includes(name));
  const shown = [...first, ...rest].map((name, i): ts.SignatureHelpParameter => {
    const option = entry.options[name] as NonNullable<(typeof entry.options)[string]>;
    const optional = option.default !== undefined;
    const label = `${name}${optional ? "?" : ""}: ${option.type}`;
    return {
      name,
      isOptional: optional,
      displayParts: text(
        `${i === first.length ? "{ " : ""}${label}${i === names.length - 1 && rest.length ? " }" : ""}`,
      ),
      documentation: text(optionWords(option)),
    };
  });
  const source = call.node.getSourceFile().text;
  const given = call.options?.properties.findLast(
    (one) => position >= one.getStart() && !source.slice(one.end, position).includes(","),
  );
  const at = given?.name && ts.isIdentifier(given.name) ? [...first, ...rest].indexOf(given.name.text) : -1;
  const index = call.options
    ? at < 0
      ? nextOf(ts, call.options, rest)
      : at
    : Math.min(call.argument, shown.length - 1);
  return {
    ...found,
    items: [
      {
        isVariadic: false,
        prefixDisplayParts: text(`${call.chain.replace(/^\./, "")}(`),
        separatorDisplayParts: text(", "),
        suffixDisplayParts: text(")"),
        parameters: shown,
        documentation: text(entry.summary),
        tags: [],
      },
    ],
    selectedItemIndex: 0,
    argumentIndex: Math.max(0, index),
    argumentCount: shown.length,
  };
}

/** The first option that is not given yet. */
function nextOf(ts: World["ts"], given: ts.ObjectLiteralExpression, names: readonly string[]): number {
  const there = given.properties.map(({ name }) => (name && ts.isIdentifier(name) ? name.text : ""));
  return names.findIndex((name) => !there.includes(name));
}

const text = (words: string): ts.SymbolDisplayPart[] => [{ kind: "text", text: words }];

function plain(item: ts.SignatureHelpItem): ts.SignatureHelpItem {
  const parts = (list: ts.SymbolDisplayPart[]) => text(shorten(list.map((part) => part.text).join("")));
  return {
    ...item,
    prefixDisplayParts: parts(item.prefixDisplayParts),
    suffixDisplayParts: parts(item.suffixDisplayParts),
    parameters: item.parameters.map((one) => ({ ...one, displayParts: parts(one.displayParts) })),
  };
}
