// Writes what is made from the registries and from the source: snippets, what hovers say, docs/library.md, the list in README.md, and the
// words that can be translated.
// `--check` writes nothing and fails when a file differs.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { literal } from "./literal.mjs";
import { methodsOf, snippetsOfMethods } from "./methods.mjs";
import { referenceOf } from "./reference.mjs";
import { ready, root } from "./setup.mjs";
import { snippetsOf } from "./snippets.mjs";
import { thumbnailsOf } from "./thumbnails.mjs";
import { wordsOf } from "./words.mjs";

ready();

const { diagnostics, globals, registries } = await import("../engine/library.ts");
const { foldParams, sources, splitParams } = await import("../engine/data/index.ts");
const { earlyStoppingParams, experimentParams, exportParams, exportPyTorchParams, fitParams, loadParams } =
  await import("../engine/session/index.ts");
const { previewParams } = await import("../engine/schedules/preview.ts");

const { compareParams } = await import("../engine/diagnostics/curves/compare.ts");

const written = (value) => literal(value, registries);
const defaultOf = (param) => (param.required ? "required" : `\`${written(param.default)}\``);
const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** Diagnostics with the text of their call: `exp.inspect.initialization`. */
const looks = Object.entries(diagnostics).map(([name, definition]) => {
  const path = definition.inspects ? `inspect.${name}` : name;
  const call = `${definition.of[0] === "experiment" ? "exp" : "run"}.${path}`;
  return { path, call, of: definition.of, definition };
});

const methods = await methodsOf(root);
const declared = snippetsOf({ registries, diagnostics: looks, sources });
const snippets = { ...declared, ...snippetsOfMethods(methods, new Set(Object.keys(declared))) };

// ---- drawings

const evaluateCall = (call) => new Function(...Object.keys(globals), `return ${call}`)(...Object.values(globals));

const { referenceOptimizer } = await import("../test/support/optimizer.ts");
const { plain } = await import("../src/language/plain.ts");
const thumbnails = thumbnailsOf({
  engine: {
    ...(await import("../engine/ops/index.ts")),
    ...(await import("../engine/kernel/preview.ts")),
    traceModel: (await import("../engine/nn/index.ts")).traceModel,
    rehearse: referenceOptimizer,
    toy: globals.toy,
    layers: registries.find(({ global }) => global === "nn").all,
    ...Object.fromEntries(
      ["schedules", "initializers", "losses", "optimizers"].map((name) => [
        name,
        registries.find(({ title }) => title.toLowerCase() === name).all,
      ]),
    ),
  },
  callOf: (name) => plain(snippets[name].body.join("\n")),
  evaluateCall,
});

/** What is known of an entry beside its declaration: of a schedule, whether gradient descent is sure to arrive by it. */
const { robbinsMonro } = await import("../engine/schedules/convergence.ts");
function noteOf(global, name) {
  if (global !== "schedule") return null;
  const call = plain(snippets[`schedule.${name}`].body.join("\n")).replace(/\s+/g, " ");
  const { holds, why } = robbinsMonro(evaluateCall(call));
  const said = holds === null ? "not applicable" : holds ? "fulfilled" : "not fulfilled";
  return `Conditions of Robbins and Monro: ${said}, ${why}.`;
}

// ---- tables

const table = (head, rows) => [
  `| ${head.join(" | ")} |`,
  `| ${head.map(() => "---").join(" | ")} |`,
  ...rows.map((r) => `| ${r.map(cell).join(" | ")} |`),
];

/** Names that lead to their places in docs/library.md. */
const overview = (title, names) => {
  const anchor = (name) => name.toLowerCase().replace(/[^a-z0-9]/g, "");
  return `**${title}**: ${names.map((name) => `[\`${name}\`](docs/library.md#${anchor(name)})`).join(", ")}`;
};

const optionRows = (params, positional, second) =>
  table(
    ["option", "type", "default", "range", "meaning"],
    Object.entries(params).map(([name, param]) => [
      `\`${name}\``,
      `\`${param.type}\``,
      defaultOf(param),
      param.range ? `\`${param.range}\`` : "",
      name === positional
        ? `${param.doc} May come first, without its name.`
        : name === second
          ? `${param.doc} May come second, without its name.`
          : param.doc,
    ]),
  );

/** What is called and in no registry. */
const calls = {
  experiment: {
    summary: "The nouns of a training run in one value: data, model, loss, optimizer.",
    params: experimentParams,
  },
  compare: {
    summary:
      "Runs over each other, compare(run1, run2) or by label, compare({ adam: run1, sgd: run2 }): curves, what differs, a table, and whether the best is better than noise.",
    params: compareParams,
  },
  ".fit": { summary: "Trains the experiment: its learning curve moves while it goes on.", params: fitParams },
  ".split": { summary: "Training, validation and test examples, drawn by a seed.", params: splitParams },
  ".load": { summary: "Weights from a file as a run of this experiment.", params: loadParams },
  ".folds": { summary: "The set in parts, each of which validates once what the others train.", params: foldParams },
  earlyStopping: { summary: "Ends a run whose validation no longer improves.", params: earlyStoppingParams },
};

/** Options of methods, by the name that their declarations are known by. */
const optionsOf = { exportParams, exportPyTorchParams, fitParams, foldParams, loadParams, previewParams, splitParams };

// methods that have options of their own are told by their docstrings as well
const { methods: ofTensors } = await import("../engine/ops/index.ts");
for (const [name, { summary, form, example, options }] of methods) {
  // tensors have a method of that name, and a hover knows no types
  if (!calls[name] && name.slice(1) in ofTensors) continue;
  const params = calls[name]?.params ?? optionsOf[options] ?? {};
  calls[name] = { summary, params, form, ...(example ? { example } : {}) };
}

/** Tensors by name, as a list under a sentence. */
function namedRows(sentence, docs) {
  const entries = Object.entries(docs ?? {});
  return entries.length ? ["", sentence, "", ...entries.map(([name, doc]) => `- \`${name}\`: ${doc}`)] : [];
}

const reference = [
  "# Library",
  "",
  "Everything a cell can call, with its options. Made by `npm run generate` from the declarations in `engine/`; edit those.",
  "",
  "## experiment",
  "",
  ...optionRows(experimentParams),
  "",
  "## fit",
  "",
  ...optionRows(fitParams),
  "",
  "## Methods and functions",
  "",
  ...[...methods].flatMap(([name, { on, summary, form, example, options }]) => {
    const params = optionsOf[options];
    const owner = { Experiment: "exp", Run: "run", Dataset: "set", Splits: "sets", Looks: "sets" }[on] ?? "";
    return [
      `### ${owner}${name}`,
      "",
      "```ts",
      `${name.replace(/^\./, "")}${form}`,
      "```",
      "",
      summary,
      "",
      ...(example ? ["```ts", example, "```", ""] : []),
      ...(params && name !== ".fit" ? [...optionRows(params), ""] : []),
    ];
  }),
  "## Data",
  "",
  "Paths begin at the notebook's folder.",
  ...Object.entries(sources).flatMap(([name, { source }]) => [
    "",
    `### data.${name}`,
    "",
    source.summary,
    "",
    "```ts",
    `${source.gives.startsWith("Promise") ? "await " : ""}${source.example}`,
    "```",
    "",
    source.takes === "" ? `Gives \`${source.gives}\`.` : `Takes \`${source.takes}\`, gives \`${source.gives}\`.`,
    ...(Object.keys(source.params).length ? ["", ...optionRows(source.params)] : []),
  ]),
  "",
  "## Options of split and folds",
  "",
  ...optionRows(splitParams),
  "",
  ...optionRows(foldParams),
  ...registries.flatMap(({ title, global, all }) => [
    "",
    `## ${title}`,
    ...Object.entries(all).flatMap(([name, { summary, paper, rule, params, positional, second, inputs, results }]) => [
      "",
      `### ${global}.${name}`,
      "",
      summary,
      ...(paper ? ["", `Source: ${paper}.`] : []),
      ...(rule ? ["", "```text", ...rule, "```"] : []),
      ...(Object.keys(params).length ? ["", ...optionRows(params, positional, second)] : []),
      ...namedRows("Within a module it can be given further tensors, `layer(x, { name })`:", inputs),
      ...namedRows("`layer.results(x)` gives, beside its output y:", results),
    ]),
  ]),
  "",
  "## Diagnostics",
  "",
  "Methods of an experiment (`exp`) or a run (`run`), as in `await exp.preflight()`. Each shows what it finds under its cell",
  "and returns the numbers. It works on a copy: what it looks at is the same to the bit after it, however it ends.",
  ...looks.flatMap(({ call, of, definition: { summary, paper, cost, params } }) => [
    "",
    `### ${call}`,
    "",
    summary,
    "",
    `Of ${of
      .map((kind) => `${kind}s`)
      .sort()
      .join(" and ")}. Costs ${cost}.`,
    ...(paper ? ["", `Source: ${paper}.`] : []),
    ...(Object.keys(params).length ? ["", ...optionRows(params)] : []),
  ]),
  "",
].join("\n");

/** A document with what lies between `<!-- generated: library -->` and `<!-- end -->` made anew. */
function filled(text) {
  const all = [
    overview(
      "Data",
      Object.keys(sources).map((name) => `data.${name}`),
    ),
    ...registries.map(({ title, global, all }) =>
      overview(
        title,
        Object.keys(all).map((name) => `${global}.${name}`),
      ),
    ),
    overview(
      "Diagnostics",
      looks.map(({ call }) => call),
    ),
  ];
  return text.replace(/(<!-- generated: library -->)[\s\S]*?(<!-- end -->)/, (_, open, close) =>
    [open, "", all.join("\n\n"), "", close].join("\n"),
  );
}

// ---- what PyTorch scripts are made of

const { coverage, refusals } = await import("../engine/torch/coverage.ts");
const families = coverage();
const count = (kind) => families.reduce((n, family) => n + family[kind].length, 0);
const pyTorch = [
  "# PyTorch scripts",
  "",
  '`await exp.exportPyTorch("digits.py", { epochs: 20, schedule, earlyStopping })` writes a script that trains the same model from the same',
  "weights on the same, prepared examples. Nothing is left to be completed by hand. Made by `npm run generate` from the tables of `engine/torch`.",
  "",
  `Of ${count("named") + count("written")} entries ${count("named")} go by a name that PyTorch has, ${count("written")} are written out.`,
  "",
  ...table(
    ["family", "by PyTorch's name", "written out"],
    families.map(({ family, named, written: out }) => [family, String(named.length), String(out.length)]),
  ),
  ...families.flatMap(({ family, global, named, by, written: out, as }) => [
    "",
    `## ${family}`,
    ...(named.length ? ["", `As ${by}: ${named.map((name) => `\`${global}.${name}\``).join(", ")}.`] : []),
    ...(out.length ? ["", `As ${as}: ${out.map((name) => `\`${global}.${name}\``).join(", ")}.`] : []),
  ]),
  "",
  "## Of a run",
  "",
  "Groups of parameters, frozen ones, tied ones, clipping by norm and by value, accumulated batches, class weights, label smoothing, `dropLast`, `shuffle: false`, mixed examples (mixup, cutmix) and early",
  "stopping are in the loop of the script. The order of examples and all noise are torch's own.",
  "",
  "## What is not written",
  "",
  ...refusals.map((one) => `- ${one}`),
  "",
].join("\n");

// ---- files

const files = {
  "snippets/dlnb.json": `${JSON.stringify(snippets, null, 2)}\n`,
  "snippets/library.json": `${JSON.stringify(
    referenceOf({ registries, diagnostics: looks, sources, calls, defaultOf: written, noteOf }),
    null,
    1,
  )}\n`,
  "snippets/thumbnails.json": `{\n${Object.entries(thumbnails)
    .map(([name, drawing]) => `${JSON.stringify(name)}: ${JSON.stringify(drawing)}`)
    .join(",\n")}\n}\n`,
  "docs/library.md": reference,
  "docs/pytorch.md": pyTorch,
  "l10n/bundle.l10n.json": `${JSON.stringify(wordsOf(root), null, 2)}\n`,
};
const read = (file) => (existsSync(`${root}/${file}`) ? readFileSync(`${root}/${file}`, "utf8") : "");
if (read("README.md")) files["README.md"] = filled(read("README.md"));

const differ = Object.keys(files).filter((file) => read(file) !== files[file]);
if (process.argv.includes("--check")) {
  for (const file of differ) console.error(`${file} is not what the declarations say; run: npm run generate`);
  process.exitCode = differ.length ? 1 : 0;
} else {
  for (const file of differ) {
    mkdirSync(dirname(`${root}/${file}`), { recursive: true });
    writeFileSync(`${root}/${file}`, files[file]);
    console.log(`wrote ${file}`);
  }
  if (differ.length === 0) console.log("all generated files are as the declarations say");
}
