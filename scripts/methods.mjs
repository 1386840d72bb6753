// Methods and free functions that a cell can call, read off their declarations: the docstring says what each is, its `@example` how it is called.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { kebab, prefixesOf, prefixesOfMethod } from "./prefixes.mjs";

/** Classes whose methods cells call, with the file of each; what the library alone calls has `@internal`. */
const classes = {
  Experiment: "session/experiment.ts",
  Run: "session/run.ts",
  Dataset: "data/dataset.ts",
  Splits: "data/dataset.ts",
  Looks: "diagnostics/data/attach.ts",
};

/** Functions by the name that cells know them by, with the file that declares each and its name there. */
const functions = {
  grad: ["eager/grad.ts", "grad"],
  valueAndGrad: ["eager/grad.ts", "valueAndGrad"],
  "augment.compose": ["augment/index.ts", "compose"],
  "init.gain": ["init/gain.ts", "gain"],
  "nn.module": ["nn/containers.ts", "module"],
  "nn.sequential": ["nn/containers.ts", "sequential"],
  "nn.tied": ["nn/containers.ts", "tiedLayer"],
  "schedule.preview": ["schedules/preview.ts", "preview", "previewParams"],
  ...Object.fromEntries(
    ["arange", "eye", "full", "linspace", "ones", "rand", "randn", "zeros"].map((name) => [
      `tensor.${name}`,
      ["eager/create.ts", name],
    ]),
  ),
};

/**
 * Every method and function with a docstring, by the name that hovers know it by: `.exportOnnx`, `nn.sequential`. Throws for one that has
 * no docstring, or of a class no example.
 */
export async function methodsOf(root) {
  const { ts } = await import("@ts-morph/common");
  const sources = new Map();
  const read = (file) => {
    const path = join(root, "engine", file);
    if (!sources.has(file))
      sources.set(file, ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ESNext, true));
    return sources.get(file);
  };
  const entries = new Map();
  for (const [owner, file] of Object.entries(classes)) {
    const declared = read(file).statements.find((one) => one.name?.text === owner);
    if (!declared) throw new Error(`methods: no ${owner} in engine/${file}`);
    for (const member of declared.members) {
      const isMethod = ts.isMethodDeclaration(member) || ts.isMethodSignature(member);
      const isOwn =
        ts.getCombinedModifierFlags(member) &
        (ts.ModifierFlags.NonPublicAccessibilityModifier | ts.ModifierFlags.Static);
      if (!isMethod || isOwn || !ts.isIdentifier(member.name) || member.name.text === "toString") continue;
      const told = wordsOf(ts, member);
      if (told.internal || entries.has(`.${member.name.text}`)) continue;
      if (told.summary === "") throw new Error(`methods: ${owner}.${member.name.text} has no docstring`);
      if (!told.example) throw new Error(`methods: the docstring of ${owner}.${member.name.text} has no @example`);
      entries.set(`.${member.name.text}`, { on: owner, ...told, ...formOf(member) });
    }
  }
  for (const [name, [file, own, options]] of Object.entries(functions)) {
    const node = read(file).statements.flatMap((one) =>
      ts.isVariableStatement(one)
        ? one.declarationList.declarations
            .filter(({ name: { text } }) => text === own)
            .map((d) => ({ docs: one, form: d.initializer }))
        : one.name?.text === own
          ? [{ docs: one, form: one }]
          : [],
    )[0];
    if (!node) throw new Error(`methods: no ${own} in engine/${file}`);
    const told = wordsOf(ts, node.docs);
    if (told.summary === "") throw new Error(`methods: ${name} has no docstring`);
    entries.set(name, { on: null, ...told, ...formOf(node.form), ...(options ? { options } : {}) });
  }
  return entries;
}

function wordsOf(ts, node) {
  const docs = ts.getJSDocCommentsAndTags(node).filter((doc) => ts.isJSDoc(doc));
  const doc = docs.at(-1);
  const tag = (name) => doc?.tags?.find((one) => one.tagName.text === name);
  const text = (comment) => (typeof comment === "string" ? comment : (ts.getTextOfJSDocComment(comment) ?? ""));
  return {
    summary: text(doc?.comment)
      .replace(/\n(?!\n)/g, (end, at, all) => (/\n\s{2,}|\n\n/.test(all.slice(at - 1, at + 3)) ? end : " "))
      .trim(),
    example: tag("example") ? text(tag("example").comment).trim() : undefined,
    internal: tag("internal") !== undefined,
  };
}

/** What a function takes and gives, and the declaration of its options. */
function formOf(node) {
  const takes = node.parameters
    .map((one) => one.getText().replace(/\s+/g, " "))
    .filter((one) => !one.startsWith("this:"));
  const gives = node.type?.getText().replace(/\s+/g, " ");
  const options = /Options<typeof (\w+)>/.exec(takes.join(" "))?.[1];
  const short = takes.map((one) =>
    one.replace(/^(?:given\?: Options<typeof \w+>|options: \w+( = \{\})?|run: \{.*\}.*)$/, "{ ... }"),
  );
  return { form: `(${short.join(", ")})${gives ? `: ${gives}` : ""}`, options };
}

/** Snippets of those that have an example: `export-onnx`. Names, numbers and texts are places to type. */
export function snippetsOfMethods(methods, taken) {
  return Object.fromEntries(
    [...methods].flatMap(([name, { example, summary }]) => {
      const bare = name.replace(/^\./, "");
      if (!example || taken.has(bare)) return [];
      const [group, own] = bare.split(".");
      // layers are offered where layers go; what other makers have beside is not what they make
      const isLayer = group === "nn";
      const prefix = isLayer
        ? prefixesOf(group, own)
        : name.startsWith(".")
          ? prefixesOfMethod(bare)
          : [kebab(bare), bare];
      const key = isLayer || own === undefined ? bare : `call.${bare}`;
      return [
        [key, { prefix: [...new Set(prefix)], body: places(example).split("\n"), description: firstOf(summary) }],
      ];
    }),
  );
}

/** The first sentence. */
const firstOf = (text) => /^.*?[.:](?=\s|$)/s.exec(text)?.[0].replace(/:$/, ".").replace(/\s+/g, " ") ?? text;

/** Each text and number of the example as a place, and what is declared. */
function places(example) {
  let at = 0;
  return example.replace(
    /(["'])((?:(?!\1)[^\\]|\\.)*)\1|(?<![\w.$])\d[\d_]*(?:\.\d+)?(?:e-?\d+)?\b|(?<=\bconst )\w+|(?<![\w.$])(?:exp|run|sets|dataset)(?=[.),])|[\\$]/g,
    (found, quote, inner) => {
      if (found === "$" || found === "\\") return `\\${found}`;
      at += 1;
      const text = (quote ? inner : found).replace(/[\\$}]/g, "\\$&");
      return quote ? `${quote}\${${at}:${text}}${quote}` : `\${${at}:${text}}`;
    },
  );
}
