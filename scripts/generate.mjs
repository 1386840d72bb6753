// Writes what is made from the registries: snippets, docs/library.md and the tables in README.md.
// `--check` writes nothing and fails when a file differs.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ready, root } from "./setup.mjs";

ready();

const { globals, registries } = await import("../engine/library.ts");
const { csvParams, splitParams } = await import("../engine/data/index.ts");
const { experimentParams, fitParams } = await import("../engine/session/index.ts");

/** A value as it is written in a cell. */
function literal(value) {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return String(value);
  if (typeof value === "number") return number(value);
  if (typeof value !== "object" || value === null) return String(value);
  const global = registries.find(({ all }) => all[value.type])?.global;
  const given = Object.entries(value.options ?? value).filter(
    ([name, option]) => literal(option) !== literal(value.definition?.params[name]?.default),
  );
  const options = given.map(([name, option]) => `${name}: ${literal(option)}`).join(", ");
  return global ? `${global}.${value.type}(${options && `{ ${options} }`})` : `{ ${options} }`;
}

/** 1e-5, 1 / 3, Math.sqrt(5): as one would write it. */
function number(x) {
  if (String(x).length > 10) {
    const [square, inverse] = [x * x, 1 / x].map((n) => [n, Math.round(n)]);
    if (Math.abs(square[0] - square[1]) < 1e-9) return `Math.sqrt(${square[1]})`;
    if (Math.abs(inverse[0] - inverse[1]) < 1e-9) return `1 / ${inverse[1]}`;
  }
  return x !== 0 && Math.abs(x) < 1e-3 ? x.toExponential() : String(x);
}

const defaultOf = (param) => (param.required ? "required" : `\`${literal(param.default)}\``);
const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

// ---- snippets

/** `${1:0.001}`, or a choice of words. */
function placeholder(at, name, param) {
  const words = param.kind === "choice" ? param.type.split(" | ") : [];
  if (words.length > 1) return `\${${at}|${words.join(",")}|}`;
  return `\${${at}:${(param.required ? name : literal(param.default)).replace(/[\\$}]/g, "\\$&")}}`;
}

/** A call with the options that must be given, or the first when none must. */
function snippet(prefix, { params, positional, summary }) {
  const others = Object.entries(params).filter(([name]) => name !== positional);
  const must = others.filter(([, param]) => param.required);
  const shown = must.length || positional ? must : others.slice(0, 1).filter(([, { kind }]) => /^(num|int)/.test(kind));
  let at = 1;
  const args = positional ? [placeholder(at++, positional, params[positional])] : [];
  const options = shown.map(([name, param]) => `${name}: ${placeholder(at++, name, param)}`);
  if (options.length > 3) args.push(`{\n\t${options.join(",\n\t")},\n}`);
  else if (options.length) args.push(`{ ${options.join(", ")} }`);
  return { prefix, body: `${prefix}(${args.join(", ")})`.split("\n"), description: summary };
}

const snippets = {
  experiment: snippet("experiment", {
    params: experimentParams,
    summary: "Data, model, loss, optimizer and batch size of a training run.",
  }),
  ...Object.fromEntries(
    registries.flatMap(({ global, all }) =>
      Object.entries(all).map(([name, definition]) => [`${global}.${name}`, snippet(`${global}.${name}`, definition)]),
    ),
  ),
};

// ---- tables

const table = (head, rows) => [
  `| ${head.join(" | ")} |`,
  `| ${head.map(() => "---").join(" | ")} |`,
  ...rows.map((r) => `| ${r.map(cell).join(" | ")} |`),
];

/** One line per entry: name, summary, options with their defaults. */
const overview = ({ global, all }) =>
  table(
    ["name", "what it is", "options"],
    Object.entries(all).map(([name, { summary, params }]) => [
      `\`${global}.${name}\``,
      summary,
      Object.entries(params)
        .map(([option, param]) => `${option} ${defaultOf(param)}`)
        .join(", "),
    ]),
  );

const optionRows = (params, positional) =>
  table(
    ["option", "type", "default", "range", "meaning"],
    Object.entries(params).map(([name, param]) => [
      `\`${name}\``,
      `\`${param.type}\``,
      defaultOf(param),
      param.range ? `\`${param.range}\`` : "",
      name === positional ? `${param.doc} May come first, without its name.` : param.doc,
    ]),
  );

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
  "## data.csv",
  "",
  ...optionRows(csvParams),
  "",
  "## split",
  "",
  ...optionRows(splitParams),
  ...registries.flatMap(({ title, global, all }) => [
    "",
    `## ${title}`,
    ...Object.entries(all).flatMap(([name, { summary, paper, params, positional }]) => [
      "",
      `### ${global}.${name}`,
      "",
      summary,
      ...(paper ? ["", `Source: ${paper}.`] : []),
      ...(Object.keys(params).length ? ["", ...optionRows(params, positional)] : []),
    ]),
  ]),
  "",
].join("\n");

/** A document with the tables between `<!-- generated: optim -->` and `<!-- end -->` made anew. */
function filled(text) {
  return text.replace(/(<!-- generated: (\w+) -->)[\s\S]*?(<!-- end -->)/g, (_, open, global, close) => {
    const registry = registries.find((r) => r.global === global);
    if (!registry) throw new Error(`README.md: no registry "${global}"; there is ${Object.keys(globals).join(", ")}`);
    return [open, "", `### ${registry.title}`, "", ...overview(registry), "", close].join("\n");
  });
}

// ---- files

const files = {
  "snippets/dlnb.json": `${JSON.stringify(snippets, null, 2)}\n`,
  "docs/library.md": reference,
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
