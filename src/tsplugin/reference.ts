import { join } from "node:path";
import type { Entry, Option } from "../language/reference.ts";
import type { World } from "./world.ts";

/** What the registries say of calls and their options, made by `npm run generate`. */
export class Reference {
  readonly #entries: Readonly<Record<string, Entry>>;

  constructor(entries: Readonly<Record<string, Entry>>) {
    this.#entries = entries;
  }

  /** Empty where the file cannot be read: cells have their types all the same. */
  static read({ types, system, log }: World): Reference {
    try {
      return new Reference(JSON.parse(system.readFile(join(types, "library.json")) ?? "{}"));
    } catch (error) {
      log(`library.json: ${error instanceof Error ? error.message : error}`);
      return new Reference({});
    }
  }

  /** Of a chain of names, `optim.adamw` or `exp.inspect.batchNorm`: methods are known by what follows the first. */
  of(chain: string): Entry | undefined {
    for (const name of [chain, chain.replace(/^[^.]*/, "")]) {
      if (name !== "" && Object.hasOwn(this.#entries, name)) return this.#entries[name];
    }
    return undefined;
  }

  option(chain: string, name: string): Option | undefined {
    const { options = {} } = this.of(chain) ?? {};
    return Object.hasOwn(options, name) ? options[name] : undefined;
  }
}

/** One line: what it means, what it is when it is not given, and within what. */
export function optionWords({ doc, default: value, range }: Option): string {
  const facts = [value === undefined ? "required" : `default \`${value}\``, ...(range ? [`in \`${range}\``] : [])];
  return `${doc}\n\n${facts.join(", ")}`;
}
