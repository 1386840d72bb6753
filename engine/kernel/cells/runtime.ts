import vm from "node:vm";
import { maybeContext, type RunContext } from "../../context/index.ts";
import { Interrupted } from "../../errors/index.ts";
import { displayItems } from "./display.ts";
import { describeStray, Scripts } from "./errors.ts";
import { Imports } from "./imports.ts";
import { Names } from "./names.ts";
import { type Rewritten, RUNTIME, rewrite } from "./rewrite.ts";
import { loadStripper } from "./strip.ts";

/** What rewritten cells find under the global name `RUNTIME`. */
interface CellGlobals {
  readonly constant: Record<string, unknown>;
  readonly variable: Record<string, unknown>;
  readonly aside: Record<string, unknown>;
  /** Word 0 is not 0 while an interrupt waits to be noticed. */
  readonly flag: Int32Array;
  /** Throws Interrupted in code of a cell that was interrupted. */
  check(): void;
  import(specifier: string, options?: ImportCallOptions): Promise<unknown>;
  imported(specifier: string, wanted: readonly string[], attributes: Record<string, string>): Promise<unknown>;
  override(name: string): unknown;
  readonly meta: { url: string; dirname: string; filename: string };
}

export interface CellRuntimeOptions {
  /** Absolute path that cells have as theirs: imports start from its folder. */
  file: string;
  folder: string;
  flag: Int32Array;
  library: Readonly<Record<string, unknown>>;
  overrides: Readonly<Record<string, unknown>>;
}

/** Runs cells in this realm, with names that persist from cell to cell. One per process: it installs global hooks. */
export class CellRuntime {
  readonly names = new Names();
  readonly scripts = new Scripts();
  readonly #folder: string;
  readonly #overrides: Readonly<Record<string, unknown>>;
  /** The cell in which an overridden name was first declared: only there it is replaced. */
  readonly #overridden = new Map<string, string>();

  private constructor(options: CellRuntimeOptions) {
    this.#folder = options.folder;
    this.#overrides = options.overrides;
    this.names.provide(options.library);
    this.names.provide({ display: (value: unknown) => this.display(value) });
    const imports = new Imports(options.folder, options.library);
    const globals: CellGlobals = {
      constant: this.names.constant,
      variable: this.names.variable,
      aside: this.names.aside,
      flag: options.flag,
      check: () => {
        const context = maybeContext();
        if (context?.signal.aborted) throw context.signal.reason;
        if (options.flag[0] && context && this.running === context) throw new Interrupted("interrupted");
      },
      import: (specifier, importOptions) => imports.import(String(specifier), importOptions),
      imported: (specifier, wanted, attributes) => imports.imported(specifier, wanted, attributes),
      override: (name) => this.#overrides[name],
      meta: { url: `file://${options.file}`, dirname: options.folder, filename: options.file },
    };
    Object.defineProperty(globalThis, RUNTIME, { value: globals });
    this.scripts.install();
  }

  static async create(options: CellRuntimeOptions): Promise<CellRuntime> {
    await loadStripper();
    return new CellRuntime(options);
  }

  /** The context of the cell that is running now; only it notices an interrupt by the flag. */
  running: RunContext | undefined;

  /** Throws CellSyntaxError. */
  rewrite(text: string): Rewritten {
    return rewrite(text);
  }

  /** Runs a cell's text in the current context; resolves with the value of its last expression. */
  async run(cell: string, index: number, order: number, text: string): Promise<unknown> {
    const script = rewrite(text, this.#overridesFor(cell, text));
    const file = this.scripts.add(cell, index, order, script);
    const declared = script.declares.map(({ name }) => name);
    const aside = this.names.needAside(declared, script.mentions) ? `with(${RUNTIME}.aside)` : "";
    const code = new vm.Script(aside + script.code, { filename: file, columnOffset: -aside.length });
    // V8's termination is safe under a microtask only: Node's own callbacks keep books that it would leave open
    await null;
    const result = (await (code.runInThisContext() as () => Promise<unknown[] | undefined>)()) ?? [];
    return result[0];
  }

  /** Shows a value under the current cell: at once, so that it stands where it was called, unless it takes its time. */
  async display(value: unknown): Promise<void> {
    const context = maybeContext();
    if (!context) return;
    const id = context.freshId("output");
    const shown = displayItems(value);
    const items = shown instanceof Promise ? await shown : shown;
    // a value that has nothing to add to what the cell has shown
    if (items.every(({ data }) => data === "")) return;
    context.emit({ event: "output", output: { id, items } });
  }

  /** For stderr: an error of code that nobody waits for. */
  describe(error: unknown): string {
    return describeStray(error, this.scripts, this.#folder);
  }

  #overridesFor(cell: string, text: string): ReadonlySet<string> {
    const names = Object.keys(this.#overrides).filter((name) => (this.#overridden.get(name) ?? cell) === cell);
    if (names.length === 0) return new Set();
    for (const { name } of rewrite(text).declares) if (names.includes(name)) this.#overridden.set(name, cell);
    return new Set(names);
  }
}
