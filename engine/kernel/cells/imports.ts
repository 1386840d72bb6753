import { existsSync, readFileSync, statSync } from "node:fs";
import nodeModule from "node:module";
import { basename, extname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { UserError } from "../../errors/index.ts";
import { CellSyntaxError } from "./problem.ts";
import { stripTypes } from "./strip.ts";

const FROM_CELL = "dlnb-cell-import:";
const LIBRARY = "dlnb:library";
const LIBRARY_KEY = Symbol.for("dlnb.library");
const EXTENSIONS = [".ts", ".mts", ".js", ".mjs", ".json", "/index.ts", "/index.js"];

/** A module that is not there, does not parse, or lacks what was asked of it. */
class ImportError extends UserError {
  override name = "ImportError";
}

interface LocalFile {
  /** Of its text when it was loaded, from its time and size. */
  stamp: string;
  /** Raised when the file or one it imports has changed; part of its URL, so that Node loads it anew. */
  version: number;
  importers: Set<string>;
}

/**
 * Imports as cells make them: packages and files from the notebook's folder, TypeScript included, the library as
 * "dlnb". A local file that has changed since, or that imports one that has, is loaded anew.
 */
export class Imports {
  readonly #folder: string;
  readonly #files = new Map<string, LocalFile>();

  /** Installs hooks into Node's module loading; once per process. */
  constructor(folder: string, library: Readonly<Record<string, unknown>>) {
    this.#folder = folder;
    Object.defineProperty(globalThis, LIBRARY_KEY, { value: library });
    // by its object: a Node that lacks it is told so by main.ts
    nodeModule.registerHooks({
      resolve: (specifier, context, next) => {
        if (specifier === "dlnb" || specifier === `${FROM_CELL}dlnb`) return { url: LIBRARY, shortCircuit: true };
        const fromCell = specifier.startsWith(FROM_CELL);
        if (!fromCell) {
          const parent = this.#path(context.parentURL);
          if (parent === undefined) return next(specifier, context);
          return this.#local(resolveLoosely(specifier, context, next), parent);
        }
        const parentURL = pathToFileURL(`${this.#folder}/cell.ts`).href;
        return this.#local(
          resolveLoosely(specifier.slice(FROM_CELL.length), { ...context, parentURL }, next),
          undefined,
        );
      },
      load: (url, context, next) => {
        if (url === LIBRARY) return { format: "module", source: librarySource(library), shortCircuit: true };
        const path = this.#path(url);
        if (path !== undefined && /\.m?ts$/.test(path))
          return { format: "module", source: stripFile(path), shortCircuit: true };
        if (path?.endsWith(".json") && !context.importAttributes.type)
          return { format: "module", source: `export default ${readFileSync(path, "utf8")}`, shortCircuit: true };
        return next(url, context);
      },
    });
  }

  /** `import(specifier)` as a file in the notebook's folder would. Errors say what is missing and how to mend it. */
  import(specifier: string, options?: ImportCallOptions): Promise<Record<string, unknown>> {
    // made here, where the cell is still on the stack
    const failure = new ImportError("");
    this.#refresh();
    const url = FROM_CELL + specifier;
    // the one attribute there is, written out for the bundler
    const module = options?.with?.type === "json" ? import(url, { with: { type: "json" } }) : import(url);
    return module.catch((error: unknown) => {
      throw this.#explain(failure, specifier, error);
    });
  }

  /** The module of an import statement: its exports by name and itself as "*". Throws ImportError when one is missing. */
  async imported(
    specifier: string,
    wanted: readonly string[],
    attributes: Record<string, string>,
  ): Promise<Record<string, unknown>> {
    const missing = new ImportError("");
    const module = await this.import(specifier, Object.keys(attributes).length ? { with: attributes } : undefined);
    for (const name of wanted) {
      if (name in module) continue;
      missing.message =
        name === "default"
          ? `"${specifier}" has no default export; write import * as name from "${specifier}"`
          : `"${specifier}" has no export "${name}" (a type? write import type); it exports ${Object.keys(module).join(", ") || "nothing"}`;
      throw missing;
    }
    return { ...module, "*": module };
  }

  /** Path of a file whose changes matter: in the notebook's folder or imported from there, not in a package. */
  #path(url: string | undefined): string | undefined {
    if (!url?.startsWith("file:")) return undefined;
    const path = fileURLToPath(url);
    return this.#files.has(path) ? path : undefined;
  }

  #local<R extends { url: string }>(resolved: R, parent: string | undefined): R {
    if (!resolved.url.startsWith("file:")) return resolved;
    const path = fileURLToPath(resolved.url);
    if (/[\\/]node_modules[\\/]/.test(path)) return resolved;
    const file = this.#files.get(path) ?? { stamp: stampOf(path), version: 0, importers: new Set() };
    this.#files.set(path, file);
    if (parent !== undefined) file.importers.add(parent);
    return file.version ? { ...resolved, url: `${pathToFileURL(path).href}?v=${file.version}` } : resolved;
  }

  /** Gives changed files, and all that import them, a new version. */
  #refresh(): void {
    const stale = [...this.#files].filter(([path, file]) => file.stamp !== stampOf(path)).map(([path]) => path);
    const seen = new Set<string>();
    for (let path = stale.pop(); path !== undefined; path = stale.pop()) {
      const file = this.#files.get(path);
      if (!file || seen.has(path)) continue;
      seen.add(path);
      file.version++;
      file.stamp = stampOf(path);
      stale.push(...file.importers);
    }
  }

  /** A file that failed to load is loaded anew next time, and with it all that import it. */
  #forgetFailed(): void {
    for (const file of this.#files.values()) file.stamp = "failed";
  }

  #explain(failure: ImportError, specifier: string, error: unknown): Error {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const text = error instanceof Error ? error.message : String(error);
    const missing = /Cannot find (?:package|module) '([^']+)'/.exec(text)?.[1] ?? specifier;
    // Node remembers modules that failed
    if (missing !== specifier) this.#forgetFailed();
    if (code === "ERR_MODULE_NOT_FOUND" || code === "ERR_UNSUPPORTED_DIR_IMPORT") {
      failure.message = /^(\.|\/|[A-Za-z]:)/.test(missing)
        ? `cannot find ${missing}, imported as "${specifier}" from ${this.#folder}`
        : `cannot find the package "${missing}" from ${this.#folder}; install it there: npm install ${missing}`;
    } else if (error instanceof CellSyntaxError) failure.message = error.message;
    else if (error instanceof SyntaxError) failure.message = `import "${specifier}": ${text}`;
    else return error instanceof Error ? error : new ImportError(`import "${specifier}": ${text}`);
    return failure;
  }
}

/** As Node resolves, and where that finds no file, with the extensions that bundlers try. */
function resolveLoosely<C, R>(specifier: string, context: C, next: (specifier: string, context: C) => R): R {
  try {
    return next(specifier, context);
  } catch (error) {
    if (!/^\.{0,2}\//.test(specifier) || extname(specifier) === ".ts") throw error;
    for (const extension of EXTENSIONS) {
      try {
        return next(specifier + extension, context);
      } catch {
        // the first error names what was asked for
      }
    }
    throw error;
  }
}

function stampOf(path: string): string {
  if (!existsSync(path)) return "gone";
  const { mtimeMs, size } = statSync(path);
  return `${mtimeMs}/${size}`;
}

function stripFile(path: string): string {
  try {
    return stripTypes(readFileSync(path, "utf8"));
  } catch (error) {
    if (!(error instanceof CellSyntaxError)) throw error;
    throw new CellSyntaxError({
      ...error.problem,
      message: `${basename(path)}, line ${error.problem.line}: ${error.message}`,
    });
  }
}

const librarySource = (library: Readonly<Record<string, unknown>>): string =>
  [
    'const library = globalThis[Symbol.for("dlnb.library")];',
    ...Object.keys(library).map((name) => `export const ${name} = library[${JSON.stringify(name)}];`),
  ].join("\n");
