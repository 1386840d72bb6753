import type { ts } from "@ts-morph/common";
import type { Module } from "./compose.ts";
import type { NotebookService } from "./notebookService.ts";
import { shorten } from "./shorten.ts";

const IMPORT_ASSIGNED = 2632;
const CONSTANT_ASSIGNED = 2588;
/** Uses before a declaration, which find the earlier cell's value. */
const EARLY = [2448, 2449, 2454];
/** `export`, which the kernel has its own words for. */
const EXPORTED = [2323, 2484];
/** Tensors with numbers have every method of symbolic ones: a function of tensors takes both. */
const TENSORS =
  /^(?:Argument of type|Type) '(?:Host)?Tensor' is not assignable to (?:parameter of )?type '(?:Host)?Tensor'/;
/** What is asked of an object that was written empty, to be filled: `const history = {}`. */
const TO_BE_FILLED = /^Property '[^']+' does not exist on type '\{\}'\.$/;
/** A call whose arguments are typed together, as a list. */
const ARGUMENTS = /^Argument of type '\[/;
/** A type that is longer is not what a reader looks for. */
const MOST_TYPE = 40;
/** Types that cannot be inferred without an annotation. */
const isImplicitAny = (code: number) => code >= 7000 && code < 7100;

/** What is wrong in cells, worked out again only where something that a cell uses has changed. */
export class Diagnostics {
  readonly #known = new WeakMap<NotebookService, Map<string, { stamp: string; found: ts.Diagnostic[] }>>();

  /**
   * Errors of a cell, those of its types, too: VS Code drops what a server says of a cell's types in answer to the question
   * for them, and shows what it answers to the question for its syntax. Where a cell does not parse, only that is said.
   */
  of(notebook: NotebookService, module: Module): ts.Diagnostic[] {
    if (module.cell.problems.length > 0) return this.#parsing(notebook, module);
    return this.#once(notebook, module, "errors", () =>
      notebook.service.getSemanticDiagnostics(module.file).flatMap((one) => told(module, one)),
    );
  }

  /** Hints: what is never used, what is deprecated. */
  hints(notebook: NotebookService, module: Module): ts.DiagnosticWithLocation[] {
    if (module.cell.problems.length > 0) return [];
    return this.#once(notebook, module, "hints", () =>
      notebook.service.getSuggestionDiagnostics(module.file).flatMap((one) => told(module, one)),
    ) as ts.DiagnosticWithLocation[];
  }

  #parsing(notebook: NotebookService, { file, cell }: Module): ts.Diagnostic[] {
    const source = notebook.service.getProgram()?.getSourceFile(file);
    return cell.problems.map((problem) => (source ? { ...problem, file: source } : problem));
  }

  #once(notebook: NotebookService, { file }: Module, kind: string, work: () => ts.Diagnostic[]): ts.Diagnostic[] {
    const known = this.#known.get(notebook) ?? new Map();
    this.#known.set(notebook, known);
    const stamp = notebook.stamp(file);
    const last = known.get(`${kind} ${file}`);
    if (last?.stamp === stamp) return last.found;
    const found = work();
    // a file that an import has just brought in is part of the stamp
    known.set(`${kind} ${file}`, { stamp: notebook.stamp(file), found });
    return found;
  }
}

/** What is told of it to someone who sees the cell's text alone; nothing, where it is no fault of a cell. */
function told(module: Module, found: ts.Diagnostic): ts.Diagnostic[] {
  const { text } = module.cell;
  const { start = 0, length = 0, code } = found;
  if (start >= text.length && length > 0) return [];
  if (isImplicitAny(code) || EXPORTED.includes(code)) return [];
  const said = typeof found.messageText === "string" ? found.messageText : found.messageText.messageText;
  if (TENSORS.test(said) || TO_BE_FILLED.test(said)) return [];
  const name = text.slice(start, start + length);
  if (EARLY.includes(code) && module.again.has(name)) return [];
  const kind = module.sees.get(name)?.kind;
  if (code === IMPORT_ASSIGNED && (kind === "let" || kind === "function" || kind === "class")) return [];
  const constant = code === IMPORT_ASSIGNED && kind === "const";
  const told: ts.Diagnostic = {
    ...found,
    length: Math.min(length, text.length - start),
    ...(constant && { code: CONSTANT_ASSIGNED, messageText: `Cannot assign to '${name}' because it is a constant.` }),
  };
  if (!constant) told.messageText = missing(found.messageText, text.slice(0, start)) ?? shortened(found.messageText);
  const related = found.relatedInformation?.filter(
    ({ file, start: at = 0 }) => file?.fileName !== module.file || at < text.length,
  );
  if (related) told.relatedInformation = related.map((one) => ({ ...one, messageText: shortened(one.messageText) }));
  return [told];
}

/** What says that something is not there, by what it was asked of, `before` it, where its type would fill a screen. */
function missing(text: string | ts.DiagnosticMessageChain, before: string): string | null {
  if (typeof text !== "string") return null;
  const [, name, type = "", hint = ""] =
    /^Property '([^']+)' does not exist on type '(.*)'\.( Did you mean '[^']+'\?)?$/s.exec(text) ?? [];
  if (name === undefined || shorten(type).length <= MOST_TYPE) return null;
  const [, owner = "This"] = /([\p{ID_Start}$_][\p{ID_Continue}$.]*)\s*\??\.\s*$/u.exec(before) ?? [];
  return `${owner} has no '${name}'.${hint}`;
}

function shortened(text: string | ts.DiagnosticMessageChain): string | ts.DiagnosticMessageChain {
  if (typeof text === "string") return shorten(text);
  return ARGUMENTS.test(text.messageText) ? shorten(innermost(text)) : shortChain(text);
}

/** What is wrong in the end, of all arguments of a call that were held against all lists that it takes. */
function innermost({ messageText, next: [next] = [] }: ts.DiagnosticMessageChain): string {
  if (next !== undefined) return innermost(next);
  const [, given, wanted] = /^Source has (\d+) element\(s\) but target requires (\d+)\.$/.exec(messageText) ?? [];
  if (given === undefined) return messageText;
  return `Expected at least ${wanted} ${wanted === "1" ? "argument" : "arguments"}, but got ${given}.`;
}

function shortChain({ messageText, next, ...rest }: ts.DiagnosticMessageChain): ts.DiagnosticMessageChain {
  return { ...rest, messageText: shorten(messageText), ...(next && { next: next.map(shortChain) }) };
}
