// Writes the types of what cells can use to dist/tsplugin/types: cells.d.ts and the declarations that it reaches.
//   dlnb.d.ts   the library as a module, `import { nn } from "dlnb"`, made of what engine/library.ts gives cells
//   cells.d.ts  the same names as globals
//   engine/     declarations as `tsc -b engine` emits them
//   node/       Node's own names and modules, from @types/node without its comments
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { ready, root } from "./setup.mjs";

/** Names of types that people write in cells, with the module of engine/ that exports each. */
const nouns = {
  Augmentation: "augment/index",
  Average: "average/index",
  Dataset: "data/index",
  Experiment: "session/index",
  HostTensor: "tensor/index",
  Initializer: "init/index",
  Layer: "nn/index",
  Loss: "losses/index",
  Metric: "metrics/index",
  Optimizer: "optim/index",
  Regularizer: "regularize/index",
  Run: "session/index",
  Schedule: "schedules/index",
  Splits: "data/index",
  Tensor: "ops/index",
  Transform: "data/index",
};

/** Modules of Node that no notebook has use for; importing one gives values of any type. */
const unused =
  /^(cluster|dgram|domain|http2|inspector|punycode|repl|sea|sqlite|test|trace_events|wasi)(\.generated)?\.d\.ts$/;

export async function writeTypes(folder = `${root}/dist/tsplugin/types`) {
  declarations();
  rmSync(folder, { recursive: true, force: true });
  const write = (path, text) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const { globals } = await import("../engine/library.ts");
  write("dlnb.d.ts", library(Object.keys(globals)));
  const entries = ["library", ...Object.values(nouns)].map((name) => `${name}.d.ts`);
  const engine = reached(`${root}/out/engine`, entries);
  engine.set("ops/methods.d.ts", documented(engine));
  for (const [path, text] of engine) write(`engine/${path}`, text);
  write("cells.d.ts", cells(Object.keys(globals), [...engine.values()].join("\n")));
  await writeNode(write);
  copyFileSync(`${root}/snippets/library.json`, `${folder}/library.json`);
  copyFileSync(`${root}/node_modules/@types/node/LICENSE`, `${folder}/node/LICENSE`);
}

/** The library's declarations, brought up to date by the compiler. */
function declarations() {
  const { status, stdout } = spawnSync(
    process.execPath,
    [`${root}/node_modules/typescript/bin/tsc`, "-b", `${root}/engine`],
    { encoding: "utf8" },
  );
  // with errors in the code it still writes what the rest says
  if (status !== 0) console.warn(`types: engine/ does not compile\n${stdout}`);
}

const library = (names) =>
  [
    "/** What every cell has without importing it. */",
    'import type { globals } from "./engine/library.ts";',
    ...names.map((name) => `export declare const ${name}: typeof globals.${name};`),
    ...Object.entries(nouns).map(([noun, path]) => `export type { ${noun} } from "./engine/${path}.ts";`),
    "",
  ].join("\n");

/** Each with the words that its own declaration begins with. */
const cells = (names, declared) =>
  [
    "declare global {",
    ...names.flatMap((name) => [
      ...(new RegExp(String.raw`/\*\*(?:(?!\*/)[\s\S])*\*/(?=\nexport declare (?:const|function) ${name}\b)`).exec(
        declared,
      ) ?? []),
      `  const ${name}: typeof import("./dlnb.ts").${name};`,
    ]),
    "  /** Shows a value under the cell. */",
    "  function display(value: unknown): Promise<void>;",
    ...Object.keys(nouns).map((noun) => `  type ${noun} = import("./dlnb.ts").${noun};`),
    "}",
    "export {};",
    "",
  ].join("\n");

/** The methods of tensors with the words that the functions they are were declared with. */
function documented(engine) {
  const docs = new Map();
  for (const [path, text] of engine) {
    if (!path.startsWith("ops/")) continue;
    const found = text.matchAll(/(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\nexport declare (?:const|function) (\w+)/g);
    for (const [, doc, name] of found) docs.set(name, doc);
  }
  return engine.get("ops/methods.d.ts").replace(/^ {4}(\w+): (?:typeof |<|\()/gm, (line, name) => {
    const doc = docs.get(name);
    return doc ? `${doc.replace(/^/gm, "    ")}\n${line}` : line;
  });
}

/** Declaration files below `folder` that `entries` import, by path, with their texts. */
function reached(folder, entries) {
  const found = new Map();
  const todo = [...entries];
  for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
    if (found.has(path)) continue;
    const text = readFileSync(join(folder, path), "utf8").replace(/\n\/\/# sourceMappingURL.*/, "");
    found.set(path, text);
    for (const [, specifier] of text.matchAll(/(?:from|import)\s*\(?"(\.[^"]+)"/g)) {
      todo.push(posix.join(posix.dirname(path), specifier).replace(/\.ts$/, ".d.ts"));
    }
  }
  return found;
}

async function writeNode(write) {
  const { ts } = await import("@ts-morph/common");
  const printer = ts.createPrinter({ removeComments: true });
  const stripped = (path, text) => printer.printFile(ts.createSourceFile(path, text, ts.ScriptTarget.ESNext));
  const files = (folder) =>
    readdirSync(folder, { recursive: true })
      .map((path) => path.replaceAll("\\", "/"))
      .filter((path) => path.endsWith(".d.ts") && !/^(ts5|compatibility)/.test(path) && !unused.test(path))
      .sort();
  const node = `${root}/node_modules/@types/node`;
  const paths = files(node).filter((path) => path !== "index.d.ts");
  for (const path of paths) write(`node/${path}`, stripped(path, readFileSync(join(node, path), "utf8")));
  const undici = `${root}/node_modules/undici-types`;
  for (const path of files(undici)) {
    write(`node/undici-types/${path}`, stripped(path, readFileSync(join(undici, path), "utf8")));
  }
  const rest = readdirSync(node)
    .filter((path) => unused.test(path) && !path.includes("generated"))
    .map((path) => `declare module "node:${path.replace(".d.ts", "")}";`);
  write("node/rest.d.ts", `${rest.join("\n")}\n`);
  write("node/index.d.ts", `${[...paths, "rest.d.ts"].map((path) => `/// <reference path="${path}" />`).join("\n")}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ready();
  await writeTypes();
}
