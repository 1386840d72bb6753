// Snippets made from the registries. Each works in a cell as it comes; diagnostics stand on the notebook's `exp` or `run`.
import { exampleOf, examples } from "../engine/language/examples.ts";
import { literal } from "./literal.mjs";
import { callOf, cellOf, loops } from "./loops.mjs";
import { prefixesOf, prefixesOfMethod } from "./prefixes.mjs";
import { recipes } from "./recipes.mjs";

/** Options that training has no reason to give, or that others make useless. */
const seldom = ["reduction", "a", "weightDecayOn", "scaleMode", "thresholdMode"];

/** Calls that take a while. */
const awaited = ["toy.race", "toy.chain"];

const escaped = (text) => text.replace(/[\\$}]/g, "\\$&");
const inChoice = (text) => text.replace(/[\\,|]/g, "\\$&");

/** All snippets, by name. */
export function snippetsOf({ registries, diagnostics, sources }) {
  const library = registries.flatMap(({ global, all }) =>
    Object.entries(all).map(([name, definition]) => {
      const call = `${global}.${name}`;
      // an optimizer's other options have defaults that are seldom touched
      const body = `${awaited.includes(call) ? "await " : ""}${call}(${args(call, definition, registries, global === "optim" ? 1 : 2)})`;
      return [call, entry(prefixesOf(global, name), body, definition.summary)];
    }),
  );
  const looks = diagnostics.map(({ path, of, definition }) => {
    const names = of.map((kind) => ({ experiment: "exp", run: "run" })[kind]);
    const on = names.length > 1 ? pick(1, ...names) : tab(1, names[0]);
    const body = `await ${on}.${path}(${args(path, definition, registries, 0, 2)})`;
    return [path, entry(prefixesOfMethod(path), body, definition.summary)];
  });
  const data = Object.entries(sources).map(([name, { source }]) => {
    const call = `data.${name}`;
    const awaited = source.gives.startsWith("Promise") ? "await " : "";
    const body = `const ${tab(1, "set")} = ${awaited}${tab(2, source.example)};`;
    return [call, entry(prefixesOf("data", name), body, source.summary)];
  });
  const written = Object.entries(recipes).map(([name, [prefix, summary, body]]) => [
    `recipe.${name}`,
    entry(prefix, body, summary),
  ]);
  const rules = Object.entries(loops).map(([name, loop]) => [
    `loop.${name}`,
    entry(
      [`loop-${name}`, `update-rule-${name}`],
      cellOf(loop).join("\n"),
      `What ${callOf(loop, name)} computes, as a loop over tensors.`,
    ),
  ]);
  return { ...own, ...Object.fromEntries([...library, ...data, ...looks, ...written, ...rules]) };
}

/** A place to type, with the text that stands there first. */
const tab = (at, text) => `\${${at}:${escaped(text)}}`;
/** A place to choose; the first is taken when nobody does. */
const pick = (at, ...words) => `\${${at}|${words.map(inChoice).join(",")}|}`;

/** What belongs to no registry. */
const own = {
  experiment: entry(
    ["experiment", "new-experiment"],
    `const ${tab(1, "exp")} = experiment({
	data: ${tab(2, "data.tensors({ x: tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), y: tensor([[0], [1], [1], [0]]) })")},
	model: ${tab(3, "nn.sequential(nn.linear(8), nn.tanh(), nn.linear(1))")},
	loss: ${pick(4, "loss.mse()", "loss.crossEntropy()")},
	optimizer: ${pick(5, "optim.adam({ lr: 1e-2 })", "optim.sgd({ lr: 1e-2, momentum: 0.9 })")},
	batchSize: ${tab(6, "4")}, seed: ${tab(7, "1")},
});`,
    "Data, model, loss, optimizer and batch size of a training run.",
  ),
  fit: entry(
    ["fit", "train"],
    `const ${tab(1, "run")} = await ${tab(2, "exp")}.fit({ epochs: ${tab(3, "10")} });`,
    "Trains an experiment: its learning curve moves while it goes on.",
  ),
  earlyStopping: entry(
    ["earlyStopping", "early-stopping"],
    `const ${tab(1, "run")} = await ${tab(2, "exp")}.fit({ epochs: ${tab(3, "100")}, earlyStopping: { patience: ${tab(4, "10")} } });`,
    "Trains until the validation loss no longer improves, and keeps the best epoch's weights.",
  ),
};

function entry(prefix, body, description) {
  return { prefix, body: body.split("\n"), description };
}

/**
 * The arguments of a call: what must be given, then choices of words, then numbers, up to `most` of these together
 * with what must be given. Positional options stand alone where nothing else must be given.
 */
function args(call, { params, positional, second }, registries, most, from = 1) {
  const first = [positional, second].filter((name) => name !== undefined);
  const others = Object.entries(params).filter(([name]) => !first.includes(name) && !seldom.includes(name));
  const must = others.filter(([name, param]) => param.required || `${call} ${name}` in examples);
  const numbers = others.filter(([, p]) => !p.required && /^(num|int)$/.test(p.kind));
  const more = positional ? [] : numbers.slice(0, Math.max(0, most - must.length));
  const choices = most === 0 || positional ? [] : others.filter(([, { kind }]) => kind === "choice");
  let at = from;
  const shown = others.filter((one) => must.includes(one) || more.includes(one) || choices.includes(one));
  const value = (name, param) => placeholder(at++, call, name, param, registries);
  const list = first.map((name) => value(name, params[name]));
  const options = shown.map(([name, param]) => `${name}: ${value(name, param)}`);
  if (options.length > 3) list.push(`{\n\t${options.join(",\n\t")},\n}`);
  else if (options.length) list.push(`{ ${options.join(", ")} }`);
  return list.join(", ");
}

/** `${1:0.001}`, or a choice of words that begins with the default. */
function placeholder(at, call, name, param, registries) {
  if (param.kind === "choice") {
    const first = literal(param.default, registries);
    return pick(at, first, ...param.type.split(" | ").filter((word) => word !== first));
  }
  if (!param.required && !(`${call} ${name}` in examples)) return tab(at, literal(param.default, registries));
  return tab(at, exampleOf(call, name, param) ?? name);
}
