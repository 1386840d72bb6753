// What dlnb says, for those who put it into other languages: `l10n/bundle.l10n.json`.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "acorn";
import { transformSync } from "amaro";

/** Where texts stand in the source, by the folder; each gives a node's texts, or nothing. */
const MARKS = {
  src: [translation, declaration, sentence],
  media: [declaration],
  engine: [complaint, sentence, offer],
};

/** `vscode.l10n.t("…", …)`, also as `l10n.t` or `t` alone. */
function translation({ type, callee, arguments: given }) {
  if (type !== "CallExpression") return [];
  const name = callee.type === "MemberExpression" ? callee.property.name : callee.name;
  const owner = callee.type === "MemberExpression" ? (callee.object.property ?? callee.object).name : "l10n";
  if (name !== "t" || owner !== "l10n") return [];
  const text = plain(given[0]);
  const places = new Set([...text.matchAll(/\{(\d+)\}/g)].map(([, place]) => place)).size;
  const spread = given.some((value) => value.type === "SpreadElement");
  if (!spread && places !== given.length - 1)
    throw fault(`${JSON.stringify(text)} takes ${places} values and is given ${given.length - 1}`, given[0]);
  return [text];
}

/** `words({ … })`, texts and pairs of `many` at any depth. */
function declaration(node) {
  if (node.type !== "CallExpression" || node.callee.name !== "words") return [];
  const [declared] = node.arguments;
  return declared?.type === "ObjectExpression" ? textsOf(declared) : [];
}

function textsOf(node) {
  if (node.type === "ObjectExpression") return node.properties.flatMap(({ value }) => textsOf(value));
  if (node.type === "CallExpression" && node.callee.name === "many") return node.arguments.map(plain);
  return [plain(node)];
}

/** What is wrong with a definition: the squiggles in cells. */
const COMPLAINTS = new Set(["ConfigError", "DataError", "ShapeError"]);
function complaint(node) {
  if (node.type !== "NewExpression" || !COMPLAINTS.has(node.callee.name)) return [];
  const [message] = node.arguments;
  const text = message?.type === "TemplateLiteral" ? template(message) : literal(message);
  return text !== null && isSaid(text) ? [text] : [];
}

/** Where sentences for readers are made: what was found or compared, why something was chosen, what would mend a cell, what a file has wrong. */
const SAID = new RegExp(
  `^(engine.(${[
    "diagnostics.diagnosis.(rules.\\w+|words|diagnose|judge|standing|validation)",
    "diagnostics.preflight.(checks|checkGradients|overfitCheck|preflight)",
    "diagnostics.data.check",
    "compare.(words|view)",
    "kernel.devices",
    "language.fixes",
  ].join("|")})|src.(notebook.read|commands.diagnostics))\\.ts$`,
);
/** Parts of declarations that are documentation, names or code. */
const UNSAID = new Set(["summary", "paper", "rule", "name", "doc", "code", "params"]);
/** "12 examples". */
const COUNTS = new Set(["count", "counted", "plural"]);

/** Sentences of the files that write for readers; a value in one may be a sentence of its own. */
function sentence(node, file, within) {
  if (!SAID.test(file) || within.some(isUnsaid)) return [];
  if (node.type === "CallExpression" && COUNTS.has(node.callee.name)) {
    const noun = literal(node.arguments[1]);
    return noun === null ? [] : [`{0} ${noun}`, `{0} ${noun}s`];
  }
  const text = node.type === "TemplateLiteral" ? template(node) : literal(node);
  return text !== null && isSaid(text) ? [text] : [];
}

function isUnsaid(node) {
  if (node.type === "Property") return UNSAID.has(node.key.name);
  if (node.type === "VariableDeclarator") return /Params$/.test(node.id.name);
  return node.type === "ImportDeclaration" || (node.type === "NewExpression" && !COMPLAINTS.has(node.callee.name));
}

/** A word, and more beside it, that is no call. */
const isSaid = (text) =>
  /[a-z]{3}/.test(text.replace(/\{\d+\}/g, "")) && /\s/.test(text) && !/^(await|const) /.test(text);

/** What a chart or a finding offers: to do something `{ label, title, do }`, to choose `{ param, label, choices: [{ label, value }] }`. */
const OFFERS = [
  ["label", "title", "do"],
  ["label", "param", "values"],
  ["label", "param", "choices"],
  ["label", "value"],
];
function offer(node) {
  if (node.type !== "ObjectExpression") return [];
  const parts = new Map(node.properties.map(({ key, value }) => [key?.name, value]));
  if (!OFFERS.some((names) => names.every((name) => parts.has(name)))) return [];
  return ["label", "title"].flatMap((name) => {
    const value = parts.get(name);
    if (value === undefined) return [];
    const text = value.type === "TemplateLiteral" ? template(value) : literal(value);
    return text !== null && /[A-Za-z]{2}/.test(text.replace(/\{\d+\}/g, "")) ? [text] : [];
  });
}

const template = ({ quasis }) => quasis.map(({ value }, i) => (i === 0 ? "" : `{${i - 1}}`) + value.cooked).join("");

/** The text that a node is; null for anything that is known only later. */
function literal(node) {
  if (node?.type === "Literal" && typeof node.value === "string") return node.value;
  if (node?.type === "TemplateLiteral" && node.expressions.length === 0) return template(node);
  if (node?.type !== "BinaryExpression" || node.operator !== "+") return null;
  const [left, right] = [literal(node.left), literal(node.right)];
  return left === null || right === null ? null : left + right;
}

function plain(node) {
  const text = literal(node);
  if (text === null) throw fault("a plain text is wanted here, which can be found and translated", node);
  return text;
}

const fault = (message, node) => Object.assign(new Error(message), { at: node?.start ?? 0 });

/**
 * All that users read in the files under `root`, in alphabetical order, each by itself. Throws naming file and line for what is no plain
 * text, and for a message that is given more or fewer values than it has places.
 */
export function wordsOf(root) {
  const found = new Set();
  for (const [folder, marks] of Object.entries(MARKS)) {
    if (!existsSync(join(root, folder))) continue;
    for (const name of readdirSync(join(root, folder), { recursive: true }).filter((name) => name.endsWith(".ts"))) {
      for (const text of wordsIn(readFileSync(join(root, folder, name), "utf8"), marks, join(folder, name))) {
        found.add(text);
      }
    }
  }
  return Object.fromEntries([...found].sort().map((text) => [text, text]));
}

/** Files without any of it need not be parsed. */
const MARKED = /\bt\(|\bwords\(|Error\(|\b(do|param|label):/;

function wordsIn(text, marks, file) {
  if (!MARKED.test(text) && !SAID.test(file)) return [];
  const { code } = transformSync(text, { mode: "strip-only", filename: file });
  const program = parse(code, { ecmaVersion: "latest", sourceType: "module" });
  try {
    return [...nodes(program)].flatMap(([node, within]) => marks.flatMap((mark) => mark(node, file, within)));
  } catch (error) {
    if (error.at === undefined) throw error;
    const line = code.slice(0, error.at).split("\n").length;
    throw new Error(`${file}:${line}: ${error.message}`);
  }
}

/** Every node, with those that it is within. */
function* nodes(node, within = []) {
  yield [node, within];
  const inner = [...within, node];
  for (const value of Object.values(node)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (typeof each?.type === "string") yield* nodes(each, inner);
    }
  }
}
