import { words } from "../../l10n/index.ts";
import { callsIn, optionsOf, parts, propertiesOf } from "../language/calls.ts";
import { readable } from "../language/maths.ts";
import { plain } from "../language/plain.ts";
import type { Entry, Reference } from "../language/reference.ts";
import type { Snippets } from "../language/suggest.ts";
import type { Drawing, Drawings } from "../language/thumbnail.ts";
import { codeOf } from "../notebook/cellCode.ts";
import type { Kind } from "./target.ts";

/** A schedule or initializer to be picked; media/picker/payload.ts mirrors it. */
export interface Pick {
  readonly name: string;
  readonly summary: string;
  readonly rule: readonly string[];
  readonly paper: string;
  readonly drawing: Drawing | null;
  readonly fields: readonly Field[];
}

/** An option that can be set in the picker. Values are text, as they are written in a cell. */
export interface Field {
  readonly name: string;
  readonly kind: "number" | "boolean" | "choice" | "list" | "code";
  /** What it begins with. */
  readonly value: string;
  /** What a drawing is made with where the value is code of a cell, which nobody runs but by running the cell. */
  readonly sample: string;
  /** What it is when it is left out; null when it must be given. */
  readonly default: string | null;
  readonly choices: readonly string[];
  readonly range: string;
  readonly doc: string;
}

/** Values of fields by name. */
export type FieldValues = Readonly<Record<string, string>>;

/** What is looked for most, first; others follow by their names. */
const COMMON = {
  schedule: ["cosine", "oneCycle", "warmup", "step", "linear", "exponential", "plateau", "multiStep", "cyclic"],
  init: [
    "kaimingNormal",
    "kaimingUniform",
    "xavierNormal",
    "xavierUniform",
    "lecunNormal",
    "orthogonal",
    "truncNormal",
  ],
} as const satisfies Record<Kind, readonly string[]>;

/** All that can be picked of a kind; `now`, the call that is replaced, sets the fields of its own entry. */
export function picks(
  kind: Kind,
  { reference, snippets, drawings }: { reference: Reference; snippets: Snippets; drawings: Drawings },
  now: string | null,
): Pick[] {
  const known = Object.keys(drawings).filter((name) => name.startsWith(`${kind}.`) && Object.hasOwn(reference, name));
  const names = [
    ...new Set([...COMMON[kind].map((name) => `${kind}.${name}`).filter((name) => known.includes(name)), ...known]),
  ];
  return names.map((full): Pick => {
    const entry = reference[full] as Entry;
    const given = now !== null && callsIn(codeOf(now, "_"))[0]?.chain === full ? givenIn(now, entry) : {};
    const shown = snippets[full] ? givenIn(plain(snippets[full].body.join("\n")), entry) : {};
    const fields = Object.entries(entry.options).map(([name, { type, default: value, range = "", doc }]): Field => {
      const sample = shown[name] ?? value ?? "";
      const choices = choicesOf(type);
      const kind = kindOf(type, choices);
      return { name, kind, value: given[name] ?? sample, sample, default: value ?? null, choices, range, doc };
    });
    return {
      name: full.slice(kind.length + 1),
      summary: entry.summary,
      rule: (entry.rule ?? []).map(readable),
      paper: entry.paper ?? "",
      drawing: drawings[full] ?? null,
      fields,
    };
  });
}

/** The options that a call gives, as text, also those without their names. */
function givenIn(call: string, { positional, second }: Entry): Record<string, string> {
  const code = codeOf(call, "_");
  const [outer] = callsIn(code);
  if (outer === undefined) return {};
  const text = ({ start, end }: { start: number; end: number }) => call.slice(start, end);
  const object = optionsOf(code, outer);
  const named =
    object === null ? [] : propertiesOf(code, object).map(({ name, value }) => [name, text(value)] as const);
  const unnamed = parts(code, outer.inside).filter(({ start }) => code[start] !== "{");
  const places = [positional, second].flatMap((name, i) => {
    const part = unnamed[i];
    return name !== undefined && part !== undefined ? [[name, text(part)] as const] : [];
  });
  return Object.fromEntries([...named, ...places]);
}

const choicesOf = (type: string): string[] =>
  /^"[^"]*"(?: \| "[^"]*")*$/.test(type) ? type.split(" | ") : type === "boolean" ? ["false", "true"] : [];

function kindOf(type: string, choices: readonly string[]): Field["kind"] {
  if (type === "boolean") return "boolean";
  if (choices.length > 0) return "choice";
  if (/^number(?: \| null)?$/.test(type)) return "number";
  if (/^readonly (?:number\[\]|\[number(?:, number)*\])$/.test(type)) return "list";
  return "code";
}

const NUMBER = String.raw`-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?`;
const A_NUMBER = new RegExp(`^(?:${NUMBER}(?:\\s*/\\s*${NUMBER})?|Math\\.sqrt\\(${NUMBER}\\)|null)$`, "i");
const A_LIST = new RegExp(`^\\[\\s*(?:${NUMBER}(?:\\s*,\\s*${NUMBER})*)?\\s*\\]$`, "i");

const WORDS = words({
  missing: "{0} must be given",
  noNumber: '{0}: "{1}" is not a number',
  noList: '{0}: "{1}" is not a list of numbers, as [30, 60]',
  code: "{0} is code, which is changed in the cell",
  noChoice: '{0}: "{1}" is not one of {2}',
});

/** What is wrong with a field's text, in a few words; null when nothing is. Code cannot be written in the picker: it stays as it was. */
export function mistake({ kind, choices, value: first, default: none, name }: Field, value: string): string | null {
  const text = value.trim();
  if (text === "") return none === null ? WORDS.missing(name) : null;
  if (text === first || text === none || isLiteral({ kind, choices }, text)) return null;
  if (kind === "number") return WORDS.noNumber(name, text);
  if (kind === "list") return WORDS.noList(name, text);
  if (kind === "code") return WORDS.code(name);
  return WORDS.noChoice(name, text, choices.join(", "));
}

/** A value that says by itself what it is. */
function isLiteral(
  { kind, choices }: { readonly kind: Field["kind"]; readonly choices: readonly string[] },
  text: string,
): boolean {
  if (kind === "number") return A_NUMBER.test(text);
  if (kind === "list") return A_LIST.test(text);
  return choices.includes(text);
}

/** The values with which the call can be drawn: without code of the cell. */
export function samples({ fields }: Pick, values: FieldValues): FieldValues {
  return Object.fromEntries(
    fields.map((field) => {
      const text = (values[field.name] ?? field.value).trim();
      return [field.name, text === "" || isLiteral(field, text) ? text : field.sample];
    }),
  );
}

/** The call with these values, as it stands in a cell: what is as its default is left out. Values must be without mistake. */
export function callOf(kind: Kind, { name, fields }: Pick, { positional, second }: Entry, values: FieldValues): string {
  const given = new Map(
    fields.flatMap((field) => {
      const text = (values[field.name] ?? field.value).trim();
      return text === "" || text === field.default ? [] : [[field.name, text] as const];
    }),
  );
  const first: string[] = [];
  for (const option of [positional, second]) {
    const text = option === undefined ? undefined : given.get(option);
    // an object would be taken for the options themselves
    if (option === undefined || text === undefined || text.startsWith("{")) break;
    first.push(text);
    given.delete(option);
  }
  const named = [...given].map(([option, text]) => `${option}: ${text}`);
  const options = named.length === 0 ? [] : [`{ ${named.join(", ")} }`];
  return `${kind}.${name}(${[...first, ...options].join(", ")})`;
}
