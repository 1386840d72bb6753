import type { ts } from "@ts-morph/common";
import { isCalledSo } from "../language/calledSo.ts";
import { chainOf, isLibrary } from "./call.ts";
import type { Kind } from "./cellText.ts";
import type { Module } from "./compose.ts";
import { slashes } from "./notebookService.ts";
import type { Reference } from "./reference.ts";
import { shorten } from "./shorten.ts";
import type { World } from "./world.ts";

/** What is said of a name of a cell. Of what the library's own hover tells, nothing: it would stand there twice. */
export function quickInfo(
  world: World,
  reference: Reference,
  { service, module }: { readonly service: ts.LanguageService; readonly module: Module },
  ...args: Parameters<ts.LanguageService["getQuickInfoAtPosition"]>
): ts.QuickInfo | undefined {
  const [file, position] = args;
  const found = service.getQuickInfoAtPosition(...args);
  if (!found) return undefined;
  if (isTold(world, reference, service.getProgram() as ts.Program, file, position)) return undefined;
  const text = (found.displayParts ?? []).map((part) => part.text).join("");
  const name = module.cell.text.slice(found.textSpan.start, found.textSpan.start + found.textSpan.length);
  const imported = module.sees.get(name);
  const plain = imported ? asDeclared(text, imported.kind) : text;
  const short = shorten(plain).replace(/^type (\w+) = \1$/, "type $1");
  // what the library's parts hold is what completions are for
  const bare = (short.includes("\n") || short.includes("Library")) && isGlobal(world, service, file, position);
  return { ...found, displayParts: [{ kind: "text", text: bare ? `const ${name}` : short }] };
}

/** Of a name from another cell, what stands there: that it is imported is our doing. */
export function asDeclared(text: string, kind: Kind): string {
  const said = text.replace(/^\(alias\) /, "").replace(/\nimport [^\n]*$/, "");
  if (kind === "class") return said.replace(/^new /, "constructor ");
  return kind === "function" && !said.startsWith("function ") ? `function ${said}` : said;
}

/** Whether the name there is one of the library that has an entry, or an option of a call that has one. */
function isTold(world: World, reference: Reference, program: ts.Program, file: string, position: number): boolean {
  const { ts } = world;
  const source = program.getSourceFile(file);
  let told = false;
  const visit = (node: ts.Node): void => {
    if (!source || position < node.getStart(source) || position > node.end) return;
    if (ts.isIdentifier(node)) {
      const { parent } = node;
      const whole = ts.isPropertyAccessExpression(parent) && parent.name === node ? parent : node;
      const chain = chainOf(ts, whole);
      const isSo = isCalledSo(`.${node.text}`, source.text.slice(node.end));
      if (chain !== null && isSo && reference.of(chain) && isLibrary(world, program, node)) told = true;
      const isOption =
        (ts.isPropertyAssignment(parent) || ts.isShorthandPropertyAssignment(parent)) && parent.name === node;
      const call = isOption ? parent.parent.parent : undefined;
      if (call && ts.isCallExpression(call)) {
        const called = chainOf(ts, call.expression);
        if (called !== null && reference.option(called, node.text) && isLibrary(world, program, call.expression))
          told = true;
      }
    }
    ts.forEachChild(node, visit);
  };
  if (source) visit(source);
  return told;
}

/** Whether the name there is one that every cell has from the library: `optim`. */
function isGlobal({ types }: World, service: ts.LanguageService, file: string, position: number): boolean {
  const cells = `${slashes(types)}/cells.d.ts`;
  return (
    service
      .getDefinitionAtPosition(file, position)
      ?.some(({ fileName, kind }) => fileName === cells && kind === "const") ?? false
  );
}
