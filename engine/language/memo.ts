import { Dataset, Splits } from "../data/index.ts";
import type { Call } from "./interpret/index.ts";

/** Results that do not change, by what was asked of what: data sets are not read, split and scaled anew for each letter. */
export class Memo {
  readonly #known = new WeakMap<object, Map<string, unknown>>();

  of<T>(self: object, key: string, make: () => T): T {
    const all = this.#known.get(self) ?? new Map<string, unknown>();
    this.#known.set(self, all);
    if (!all.has(key)) all.set(key, make());
    return all.get(key) as T;
  }

  /** What a call would be known by; null for one whose result may differ. */
  static key({ fn, self, given }: Pick<Call, "fn" | "self" | "given">): string | null {
    if (!(self instanceof Dataset || self instanceof Splits) || typeof fn !== "function") return null;
    try {
      const text = JSON.stringify(given, (_, value: unknown) => {
        if (typeof value === "function" || typeof value === "bigint") throw new Error("no plain data");
        return value;
      });
      return text.length > 10_000 ? null : `${fn.name} ${text}`;
    } catch {
      return null;
    }
  }
}
