import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getLibFiles, ts } from "@ts-morph/common";
import { serve } from "../../../src/tsplugin/serve.ts";
import type { World } from "../../../src/tsplugin/world.ts";

const root = join(import.meta.dirname, "../../..");
const libraries = new Map(getLibFiles().map(({ fileName, text }) => [`/lib/${fileName}`, text]));

/** Files of the machine, and the compiler's own libraries, which come with it as texts. */
export const system: ts.System = {
  ...ts.sys,
  fileExists: (file) => libraries.has(file) || ts.sys.fileExists(file),
  readFile: (file) => libraries.get(file) ?? ts.sys.readFile(file),
};

/** Folder of the types of what cells can use, made anew; call `remove` in the end. */
export async function makeTypes(): Promise<{ folder: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "dlnb-types-"));
  const script = (await import(join(root, "scripts/types.mjs"))) as { writeTypes(folder: string): Promise<void> };
  await script.writeTypes(folder);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Servers share what they parsed, as long as versions tell all texts apart. */
const parsed = ts.createDocumentRegistry(ts.sys.useCaseSensitiveFileNames);
let versions = 0;

/** A TypeScript server with notebooks and plain files open, as far as a plugin sees it. */
export class Server {
  readonly service: ts.LanguageService;
  readonly #open = new Map<string, { text: string; version: number }>();
  #order: Record<string, readonly string[]> = {};

  constructor(types: string) {
    const open = this.#open;
    const world: World = {
      ts: { ...ts, createDocumentRegistry: () => parsed },
      types,
      libraries: "/lib",
      system,
      open: () => open.keys(),
      read: (file) => {
        const found = open.get(file);
        return found && { text: found.text, version: String(found.version) };
      },
      order: (address) => this.#order[address],
      log: (text) => {
        throw new Error(text);
      },
    };
    // what an inferred project is: everything that is open
    const project = ts.createLanguageService({
      getCompilationSettings: () => ({
        allowNonTsExtensions: true,
        target: ts.ScriptTarget.ES2024,
        lib: ["lib.es2024.d.ts"],
      }),
      getScriptFileNames: () => [...open.keys()],
      getScriptKind: () => ts.ScriptKind.TS,
      getScriptVersion: (file) => String(open.get(file)?.version ?? 0),
      getScriptSnapshot: (file) => {
        const text = open.get(file)?.text ?? system.readFile(file);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => "/",
      getDefaultLibFileName: () => "/lib/lib.es2024.d.ts",
      fileExists: system.fileExists,
      readFile: system.readFile,
    });
    this.service = serve(project, world);
  }

  /** Opens a file, or changes it. */
  write(file: string, text: string): void {
    versions += 1;
    this.#open.set(file, { text, version: versions });
  }

  text(file: string): string {
    return this.#open.get(file)?.text ?? "";
  }

  close(file: string): void {
    this.#open.delete(file);
  }

  /** As the editor tells it. */
  arrange(path: string, cells: readonly string[]): void {
    this.#order = { ...this.#order, [path.replace(/^\//, "")]: cells.map((cell) => cell.slice(cell.indexOf("#") + 1)) };
  }

  /** Opens a notebook; the names of its cells. */
  notebook(path: string, ...cells: readonly string[]): string[] {
    return cells.map((text, i) => {
      const file = cellFile(path, i);
      this.write(file, text);
      return file;
    });
  }

  /** What is underlined in a cell, with why: `lr: Type 'string' is not assignable to type 'number'.` */
  errors(file: string): string[] {
    const text = this.text(file);
    return this.service.getSyntacticDiagnostics(file).map(({ start = 0, length = 0, messageText }) => {
      const [line = ""] = ts.flattenDiagnosticMessageText(messageText, "\n").split("\n");
      return `${text.slice(start, start + length)}: ${line}`;
    });
  }

  /** Names that are offered at the mark `|` of a cell, which is written without it. */
  completions(file: string, marked: string): readonly ts.CompletionEntry[] {
    const position = this.mark(file, marked);
    return this.service.getCompletionsAtPosition(file, position, {})?.entries ?? [];
  }

  /** Writes the text without its mark `|`, and says where that was. */
  mark(file: string, marked: string): number {
    this.write(file, marked.replace("|", ""));
    return marked.indexOf("|");
  }

  hover(file: string, marked: string): string | null {
    const found = this.service.getQuickInfoAtPosition(file, this.mark(file, marked));
    return found ? ts.displayPartsToString(found.displayParts) : null;
  }
}

/** As VS Code names cells: a letter for the length, the number to base 7, the scheme in base 64. */
export function cellFile(path: string, handle: number, scheme = "file"): string {
  const number = handle.toString(7);
  const letter = "WXYZabcdef"[number.length - 1];
  return `^/vscode-notebook-cell/ts-nul-authority${path.startsWith("/") ? "" : "/"}${path}#${letter}${number}s${btoa(scheme)}`;
}

/** A folder with files in it. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "dlnb-cells-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}
