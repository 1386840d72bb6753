import { globals, registries } from "../library.ts";
import type { Definition } from "../params/index.ts";
import { experimentParams } from "../session/index.ts";

/** Definitions by the functions that cells call. */
export const definitions: ReadonlyMap<unknown, Definition> = new Map<unknown, Definition>([
  [globals.experiment, { summary: "", params: experimentParams }],
  ...registries.flatMap(({ global, all }) =>
    Object.entries(all).flatMap(([name, definition]) => {
      const functions = globals[global] as unknown as Readonly<Record<string, unknown>>;
      return Object.hasOwn(functions, name) ? [[functions[name], definition] as const] : [];
    }),
  ),
]);
