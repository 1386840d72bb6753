import { own } from "../variables/safe.ts";

/** Libraries look for these to tell a browser or a module system: a notebook's own must stay out of their sight. */
const TELLTALES = new Set(
  "window self document navigator location define require module exports importScripts Deno Bun XMLHttpRequest".split(
    " ",
  ),
);

/**
 * The notebook's top-level names. They are properties of the global object, where every cell, old closures included,
 * reads and sets the newest value at full speed. Only names the runtime or other programs look at (`performance`,
 * `window`) are kept aside, in `aside`; cells that mention one run inside `with (aside)`.
 */
export class Names {
  /** Kept-aside names; an object without prototype for `with`. */
  readonly aside: Record<string, unknown> = Object.create(null);
  readonly #own = new Set<string>();
  /** Names the library puts there; a notebook may take them for itself. */
  readonly #library = new Set<string>();
  /** `names.constant.x = 1` declares a constant x. */
  readonly constant = this.#store(false);
  readonly variable = this.#store(true);

  /** Makes the library's names readable in cells. */
  provide(globals: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(globals)) {
      this.#library.add(name);
      if (!this.#own.has(name)) Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
    }
  }

  /** Whether a cell that declares or mentions these names must run inside `with (aside)`. */
  needAside(declared: Iterable<string>, mentions: ReadonlySet<string>): boolean {
    for (const name of declared) if (this.#isAside(name)) return true;
    return Object.keys(this.aside).some((name) => mentions.has(name));
  }

  /** With their values, in the order of their definition. */
  list(): [name: string, value: unknown][] {
    return [...this.#own].map((name) => [name, this.value(name)]);
  }

  /** The last name that was given to this very value; null when it has none. */
  nameOf(value: object): string | null {
    return [...this.#own].findLast((name) => this.value(name) === value) ?? null;
  }

  /** The notebook's own names and the library's. */
  known(): Set<string> {
    return new Set([...this.#own, ...this.#library]);
  }

  has(name: string): boolean {
    return this.#own.has(name);
  }

  value(name: string): unknown {
    return own(this.#home(name), name);
  }

  #isAside(name: string): boolean {
    return (
      TELLTALES.has(name) ||
      (!this.#own.has(name) && !this.#library.has(name) && name in globalThis) ||
      name in this.aside
    );
  }

  #home(name: string): Record<string, unknown> {
    return this.#isAside(name) ? this.aside : (globalThis as unknown as Record<string, unknown>);
  }

  #store(writable: boolean): Record<string, unknown> {
    return new Proxy(Object.create(null), {
      set: (_, name, value) => {
        if (typeof name !== "string") return false;
        Object.defineProperty(this.#home(name), name, { value, writable, enumerable: true, configurable: true });
        // a redefinition moves to the end
        this.#own.delete(name);
        this.#own.add(name);
        return true;
      },
    });
  }
}
