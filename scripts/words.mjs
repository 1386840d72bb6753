// What dlnb says, for those who put it into other languages: `l10n/bundle.l10n.json`.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "acorn";
import { transformSync } from "amaro";

/** Where texts stand in the source, by the folder; each gives a node's texts, or nothing. */
const MARKS = {
  src: [translation, declaration],
  media: [declaration],
  engine: [sentence, complaint],
};

/** `vscode.l10n.t("…", …)`, also as `l10n.t` or `t` alone. */
function translation({ type, callee, arguments: given }) {
  if (type !== "CallExpression") return [];
  if (callee.type !== "MemberExpression") return callee.name === "t" ? [plain(given[0])] : [];
  const { object, property } = callee;
  return property.name === "t" && (object.property ?? object).name === "l10n" ? [plain(given[0])] : [];
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

/** say`… ${value} …` of the engine. */
function sentence(node) {
  return node.type === "TaggedTemplateExpression" && node.tag.name === "say" ? [template(node.quasi)] : [];
}

/** What is wrong with a definition: the squiggles in cells. */
const COMPLAINTS = new Set(["ConfigError", "DataError", "ShapeError"]);
function complaint(node) {
  if (node.type !== "NewExpression" || !COMPLAINTS.has(node.callee.name)) return [];
  const [message] = node.arguments;
  const text = message?.type === "TemplateLiteral" ? template(message) : literal(message);
  return text !== null && /[a-z]{3}/.test(text.replace(/\{\d+\}/g, "")) ? [text] : [];
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
  if (text === null) throw Object.assign(new Error("a plain text was expected"), { at: node?.start ?? 0 });
  return text;
}

/**
 * All that users read in the files under `root`, in alphabetical order, each by itself. Throws naming file and line for what is no plain
 * text: it could not be found here, nor translated.
 */
export function wordsOf(root) {
  const found = new Set();
  for (const [folder, marks] of Object.entries(MARKS)) {
    for (const name of readdirSync(join(root, folder), { recursive: true }).filter((name) => name.endsWith(".ts"))) {
      for (const text of wordsIn(readFileSync(join(root, folder, name), "utf8"), marks, join(folder, name))) {
        found.add(text);
      }
    }
  }
  return Object.fromEntries([...found].sort().map((text) => [text, text]));
}

const MARKED = /\bt\(|\bwords\(|\bsay`|Error\(/;

function wordsIn(text, marks, file) {
  if (!MARKED.test(text)) return [];
  const { code } = transformSync(text, { mode: "strip-only", filename: file });
  const program = parse(code, { ecmaVersion: "latest", sourceType: "module" });
  try {
    return [...nodes(program)].flatMap((node) => marks.flatMap((mark) => mark(node)));
  } catch (error) {
    if (error.at === undefined) throw error;
    const line = code.slice(0, error.at).split("\n").length;
    throw new Error(`${file}:${line}: ${error.message}, not ${code.slice(error.at, error.at + 30).split("\n")[0]}`);
  }
}

function* nodes(node) {
  yield node;
  for (const value of Object.values(node)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (typeof each?.type === "string") yield* nodes(each);
    }
  }
}
