import { diagnostics, globals, registries } from "../library.ts";
import type { Definition } from "../params/index.ts";
import { experimentParams, fitParams } from "../session/index.ts";
import { Member } from "./values.ts";

const definitions: ReadonlyMap<unknown, Definition> = new Map<unknown, Definition>([
  [globals.experiment, { summary: "", params: experimentParams }],
  ...registries.flatMap(({ global, all }) =>
    Object.entries(all).flatMap(([name, definition]) => {
      const functions = globals[global] as unknown as Readonly<Record<string, unknown>>;
      return Object.hasOwn(functions, name) ? [[functions[name], definition] as const] : [];
    }),
  ),
]);

const methods: Readonly<Record<string, Definition>> = {
  ...(diagnostics as object),
  fit: { summary: "", params: fitParams },
};

/** The definition of what a cell calls: a function of the library, or a method of an experiment or a run. */
export function definitionOf(fn: unknown): Definition | undefined {
  if (!(fn instanceof Member)) return definitions.get(fn);
  const name = fn.path.replace(/^inspect\./, "");
  return Object.hasOwn(methods, name) ? methods[name] : undefined;
}
