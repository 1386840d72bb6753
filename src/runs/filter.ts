import type { RunEntry } from "./entry.ts";
import { record } from "./read.ts";
import { statusWord } from "./words.ts";

/** Settings of a run that are looked at, at most, and how deep they lie. */
const MAX_SETTINGS = 500;
const MAX_DEPTH = 6;

const COMPARISON = /^([\w.\- ]+?)(<=|>=|!=|=|<|>|:)(.+)$/;

type Test = (entry: RunEntry) => boolean;

/**
 * Which runs a text lets through: every word must be found in a run's name, experiment, group, status, backend or settings; `lr=0.01`,
 * `accuracy>0.9`, `optimizer=adam` and `is:starred` ask for a setting, a figure or a mark. Words in quotes belong together.
 */
export function filterOf(text: string): Test {
  const words = [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "");
  const tests = words.filter((word) => word.trim() !== "").map(testOf);
  return (entry) => tests.every((test) => test(entry));
}

function testOf(word: string): Test {
  const [, name = "", sign = "", wanted = ""] = COMPARISON.exec(word) ?? [];
  if (name === "is" && /^star/i.test(wanted)) return ({ starred }) => starred;
  if (name !== "") return (entry) => valuesOf(entry, name).some((value) => holds(value, sign, wanted));
  const part = word.toLowerCase();
  return (entry) => textOf(entry).includes(part);
}

function holds(value: unknown, sign: string, wanted: string): boolean {
  const [a, b] = [typeof value === "number" ? value : Number.NaN, Number(wanted)];
  const numbers = !Number.isNaN(a) && !Number.isNaN(b);
  const text = String(value).toLowerCase();
  switch (sign) {
    case "<":
      return numbers && a < b;
    case ">":
      return numbers && a > b;
    case "<=":
      return numbers && a <= b;
    case ">=":
      return numbers && a >= b;
    case "!=":
      return numbers ? a !== b : text !== wanted.toLowerCase();
    case "=":
      return numbers ? a === b : text === wanted.toLowerCase();
    default:
      return text.includes(wanted.toLowerCase());
  }
}

/** Figures and settings that a name stands for: `accuracy` is that of validation where there is one; `lr` any setting of that name. */
function valuesOf(entry: RunEntry, name: string): unknown[] {
  const key = name.toLowerCase();
  const own: Readonly<Record<string, unknown>> = {
    name: entry.name,
    status: statusWord(entry.status),
    experiment: entry.experiment ?? "",
    backend: entry.backend,
    steps: entry.step,
    epochs: entry.epoch,
    seconds: entry.seconds,
  };
  if (Object.hasOwn(own, key)) return [own[key]];
  const figures = Object.entries(entry.final).map(([figure, value]) => [figure.toLowerCase(), value] as const);
  for (const part of ["", "valid", "train", "test"]) {
    const found = figures.find(([figure]) => figure === part + key);
    if (found) return [found[1]];
  }
  return settingsOf(entry).flatMap(([path, value]) =>
    path === key || path.endsWith(`.${key}`) || path.endsWith(`.${key}.type`) || path === `${key}.type` ? [value] : [],
  );
}

/** Settings by their paths in small letters; of definitions the options without "options". */
function settingsOf({ config, fit }: RunEntry): [path: string, value: unknown][] {
  const found: [string, unknown][] = [];
  const walk = (value: unknown, path: string, depth: number) => {
    if (found.length >= MAX_SETTINGS || depth > MAX_DEPTH) return;
    if (typeof value !== "object" || value === null) {
      found.push([path.toLowerCase(), value]);
      return;
    }
    for (const [name, part] of Object.entries(value)) {
      walk(part, name === "options" ? path : path === "" ? name : `${path}.${name}`, depth + 1);
    }
  };
  walk(config, "", 0);
  const { schedule, earlyStopping } = record(fit);
  walk({ schedule, earlyStopping }, "", 0);
  return found;
}

function textOf(entry: RunEntry): string {
  const { name, experiment, group, status, backend } = entry;
  const settings = settingsOf(entry).flatMap(([path, value]) =>
    typeof value === "string" ? [`${path} ${value}`] : [],
  );
  return [name, experiment ?? "", group?.label ?? "", group?.name ?? "", statusWord(status), backend, ...settings]
    .join("\n")
    .toLowerCase();
}
