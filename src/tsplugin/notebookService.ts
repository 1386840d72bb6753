import { join, posix } from "node:path";
import type { ts } from "@ts-morph/common";
import { type CellName, cellName } from "./cellNames.ts";
import { type CellText, readCell } from "./cellText.ts";
import { CELL, compose, type Module } from "./compose.ts";
import { cellOptions } from "./options.ts";
import type { World } from "./world.ts";

/** A changed file that no editor has open is noticed after this. */
const STALE_MS = 1000;

/**
 * The language service of one notebook. It has the notebook's cells as its program, each a module that imports what the
 * others declare, so that nothing of another notebook or of a plain file can come in, and nothing gets out.
 */
export class NotebookService {
  readonly service: ts.LanguageService;
  readonly #world: World;
  readonly #notebook: string;
  readonly #folder: string | null;
  readonly #read = new Map<string, { readonly version: string; readonly cell: CellText }>();
  /** Files beside the notebook that cells import, with their times. */
  readonly #local = new Map<string, number>();
  readonly #roots: readonly string[];
  #modules: ReadonlyMap<string, Module> = new Map();
  #state = "";
  #version = 0;
  #looked = 0;

  constructor(world: World, { notebook, folder }: CellName, registry: ts.DocumentRegistry) {
    this.#world = world;
    this.#notebook = notebook;
    this.#folder = folder;
    this.#roots = [join(world.types, "cells.d.ts"), join(world.types, "node/index.d.ts")].map(slashes);
    this.service = world.ts.createLanguageService(this.#host(), registry);
  }

  /** The cell as it is now; undefined when it is not open. */
  module(file: string): Module | undefined {
    this.#refresh();
    return this.#modules.get(file);
  }

  /** Whether the notebook is open. */
  get isOpen(): boolean {
    this.#refresh();
    return this.#modules.size > 0;
  }

  /** Changes with everything that what is said of this cell depends on. */
  stamp(file: string): string {
    const seen = new Map<string, string>();
    const visit = (name: string): void => {
      const module = this.#modules.get(name);
      if (!module || seen.has(name)) return;
      seen.set(name, `${name} ${this.#read.get(name)?.version} ${[...module.again].join()}`);
      for (const [seenName, { file: from }] of module.sees) if (module.cell.mentions.has(seenName)) visit(from);
    };
    visit(file);
    const own = this.#modules.get(file);
    const froms = [...(own?.sees ?? [])]
      .filter(([name]) => own?.cell.mentions.has(name))
      .map(([n, { file: f }]) => `${n} ${f}`);
    return [...[...seen.values()].sort(), ...froms, ...[...this.#local].map((one) => one.join(" "))].join("\n");
  }

  dispose(): void {
    this.service.dispose();
  }

  /** Reads the cells anew where something has changed. */
  #refresh(): void {
    const cells = [...this.#world.open()].map(cellName).filter((name) => name?.notebook === this.#notebook);
    const names = this.#inOrder(cells.filter((name) => name !== null));
    const texts = names.map(({ file }) => ({ file, ...(this.#world.read(file) ?? { text: "", version: "" }) }));
    const state = [...texts.map(({ file, version }) => `${file} ${version}`), this.#localTimes()].join("\n");
    if (state === this.#state) return;
    this.#state = state;
    this.#version++;
    const { ts } = this.#world;
    const modules = compose(
      texts.map(({ file, text, version }) => {
        const known = this.#read.get(file);
        const cell = known?.version === version ? known.cell : readCell(ts, file, text);
        this.#read.set(file, { version, cell });
        return { file, cell };
      }),
    );
    this.#modules = new Map(modules.map((module) => [module.file, module]));
    for (const file of this.#read.keys()) if (!this.#modules.has(file)) this.#read.delete(file);
  }

  #inOrder(cells: readonly CellName[]): CellName[] {
    const order = (cells[0] && this.#world.order(cells[0].address)) ?? [];
    const places = new Map(order.map((fragment, i) => [fragment, i]));
    const place = ({ fragment }: CellName) => places.get(fragment) ?? order.length;
    return [...cells].sort((a, b) => place(a) - place(b) || a.handle - b.handle);
  }

  /** Of imported files, looked at once in a while. */
  #localTimes(): string {
    if (performance.now() - this.#looked > STALE_MS) {
      this.#looked = performance.now();
      for (const file of this.#local.keys()) this.#local.set(file, this.#timeOf(file));
    }
    return [...this.#local.values(), ...[...this.#local.keys()].map((file) => this.#world.read(file)?.version)].join();
  }

  #timeOf(file: string): number {
    return this.#world.system.getModifiedTime?.(file)?.getTime() ?? 0;
  }

  #host(): ts.LanguageServiceHost {
    const { ts, system, types, libraries, cancellation } = this.#world;
    const options = cellOptions(this.#world);
    const kinds = new Map([".js", ".mjs", ".cjs"].map((ext) => [ext, ts.ScriptKind.JS]));
    const fixed = (file: string) => file.startsWith(slashes(types)) || file.startsWith(slashes(libraries));
    const text = (file: string): string | undefined =>
      this.#modules.get(file)?.whole ?? this.#world.read(file)?.text ?? system.readFile(file);
    const resolutions = ts.createModuleResolutionCache(system.getCurrentDirectory(), (name) => name, options);
    const files = {
      fileExists: (file: string) => this.#world.read(file) !== undefined || system.fileExists(file),
      readFile: (file: string) => text(file),
      directoryExists: system.directoryExists,
      getDirectories: system.getDirectories,
      ...(system.realpath && { realpath: system.realpath }),
    };
    const snapshots = new Map<string, { readonly version: string; readonly snapshot: ts.IScriptSnapshot }>();
    const versionOf = (file: string): string => {
      const cell = this.#modules.get(file);
      if (cell) return cell.whole;
      if (fixed(file)) return "1";
      if (!this.#local.has(file)) this.#local.set(file, this.#timeOf(file));
      return `${this.#world.read(file)?.version} ${this.#local.get(file)}`;
    };
    return {
      getCompilationSettings: () => options,
      ...(cancellation && { getCancellationToken: () => cancellation }),
      getProjectVersion: () => {
        this.#refresh();
        return String(this.#version);
      },
      getScriptFileNames: () => [...this.#roots, ...this.#modules.keys()],
      getScriptVersion: versionOf,
      getScriptKind: (file) =>
        this.#modules.has(file) ? ts.ScriptKind.TS : (kinds.get(posix.extname(file)) ?? ts.ScriptKind.Unknown),
      getScriptSnapshot: (file) => {
        const version = versionOf(file);
        const known = snapshots.get(file);
        if (known?.version === version) return known.snapshot;
        const read = text(file);
        if (read === undefined) return undefined;
        const snapshot = ts.ScriptSnapshot.fromString(read);
        snapshots.set(file, { version, snapshot });
        return snapshot;
      },
      getCurrentDirectory: () => this.#folder ?? types,
      getDefaultLibFileName: () => join(libraries, "lib.es2024.d.ts"),
      useCaseSensitiveFileNames: () => system.useCaseSensitiveFileNames,
      ...files,
      readDirectory: system.readDirectory,
      resolveModuleNameLiterals: (literals, containing, redirected, _options, source) =>
        literals.map((literal) => {
          const name = literal.text;
          const found = (resolvedFileName: string, extension: string) => ({
            resolvedModule: { resolvedFileName, extension, isExternalLibraryImport: false },
          });
          if (name.startsWith(CELL)) return found(name.slice(CELL.length), ts.Extension.Ts);
          if (name === "dlnb") return found(slashes(join(types, "dlnb.d.ts")), ts.Extension.Dts);
          const isCell = source !== undefined && this.#modules.has(source.fileName);
          if (isCell && this.#folder === null && /^[./]/.test(name)) return { resolvedModule: undefined };
          const from = isCell ? posix.join(this.#folder ?? slashes(types), "cell.ts") : containing;
          if (slashes(from).startsWith(slashes(join(types, "node"))) && name.startsWith("undici-types"))
            return found(
              slashes(join(types, "node", `${name === "undici-types" ? `${name}/index` : name}.d.ts`)),
              ts.Extension.Dts,
            );
          const mode = source && ts.getModeForUsageLocation(source, literal, options);
          return ts.resolveModuleName(
            name,
            from,
            options,
            files,
            fixed(from) ? resolutions : undefined,
            redirected,
            mode,
          );
        }),
      resolveTypeReferenceDirectiveReferences: (references) =>
        // Node's types are there already
        references.map(() => ({ resolvedTypeReferenceDirective: undefined })),
    };
  }
}

export const slashes = (path: string): string => path.replaceAll("\\", "/");
