// What the editor says of everything that a cell can call: for hovers, in `snippets/library.json`.

import { loopsOf } from "./loops.mjs";

/**
 * Entries by the name they are called by, `optim.adamw`; methods of experiments and runs begin with a dot, `.fit`. `defaultOf`
 * writes a default as in a cell; `noteOf` knows more of some.
 */
export function referenceOf({ registries, diagnostics, sources, calls, defaultOf, noteOf }) {
  const optionsOf = (params) =>
    Object.fromEntries(
      Object.entries(params).map(([name, { type, required, default: value, range, doc }]) => [
        name,
        {
          type,
          ...(required ? {} : { default: defaultOf(value) }),
          ...(range ? { range } : {}),
          doc,
        },
      ]),
    );
  const entry = ({ summary, paper, rule, params, positional, second, cost, form, example }) => ({
    summary,
    ...(form ? { form } : {}),
    ...(example ? { example } : {}),
    ...(rule ? { rule } : {}),
    ...(paper ? { paper } : {}),
    ...(cost ? { cost } : {}),
    ...(positional ? { positional } : {}),
    ...(second ? { second } : {}),
    options: optionsOf(params),
  });
  return Object.fromEntries([
    ...Object.entries(calls).map(([name, definition]) => [name, entry(definition)]),
    ...Object.entries(sources).map(([name, { source }]) => [`data.${name}`, entry(source)]),
    ...registries.flatMap(({ global, all }) =>
      Object.entries(all).map(([name, definition]) => {
        const loop = global === "optim" ? loopsOf(name) : [];
        const note = noteOf(global, name);
        return [
          `${global}.${name}`,
          { ...entry(definition), ...(note ? { note } : {}), ...(loop.length ? { loop } : {}) },
        ];
      }),
    ),
    ...diagnostics.map(({ path, definition }) => [`.${path}`, entry(definition)]),
  ]);
}
