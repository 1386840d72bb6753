import { isRecord } from "../outputs/read.ts";
import { digits } from "../status/summary.ts";
import { line, list, record } from "./read.ts";

// A run's configuration in words: what `experiment.describe()` wrote, or anybody.

const MAX_DEPTH = 6;
const MAX_PARTS = 24;
const MAX_TEXT = 400;

/** A value in one line: a definition as `adamw({ lr: 0.001 })`, everything else much as it is. */
export const inWords = (value: unknown): string => shortened(words(value, 0));

function words(value: unknown, depth: number): string {
  if (typeof value === "number") return digits(value);
  if (typeof value === "string") return line(value, MAX_TEXT);
  if (value === null || value === undefined) return "none";
  if (typeof value !== "object") return String(value);
  if (depth > MAX_DEPTH) return "…";
  const more = (count: number) => (count > MAX_PARTS ? ", …" : "");
  if (Array.isArray(value)) {
    const parts = value.slice(0, MAX_PARTS).map((part) => words(part, depth + 1));
    return value.length === 0 ? "none" : `[${parts.join(", ")}${more(value.length)}]`;
  }
  const { type, options } = value as { type?: unknown; options?: unknown };
  const definition = typeof type === "string";
  const entries = Object.entries(definition ? record(options) : value).filter(
    ([, part]) => part !== null && part !== "",
  );
  const parts = entries.slice(0, MAX_PARTS).map(([name, part]) => `${line(name, 80)}: ${words(part, depth + 1)}`);
  const inside = parts.length === 0 ? "" : `{ ${parts.join(", ")}${more(entries.length)} }`;
  return definition ? `${line(type, 80)}(${inside})` : inside === "" ? "none" : inside;
}

/** The lines of a tooltip: what tells a run from another. */
export function summary(config: unknown): readonly { readonly name: string; readonly text: string }[] {
  if (!isRecord(config)) return [];
  const { data, loss, optimizer, metrics, regularize, batchSize, accumulate, seed } = config;
  const given = (name: string, value: unknown) =>
    value === undefined || value === null ? [] : [{ name, text: inWords(value) }];
  const several = (value: unknown) => (list(value).length > 0 ? value : undefined);
  return [
    ...given("optimizer", optimizer),
    ...given("loss", loss),
    ...given("metrics", several(metrics)),
    ...given("regularize", several(regularize)),
    ...given(
      "batch size",
      typeof accumulate === "number" && accumulate > 1 ? `${accumulate} × ${inWords(batchSize)}` : batchSize,
    ),
    ...given("data", isRecord(data) ? dataWords(data) : undefined),
    ...given("seed", seed),
  ];
}

/** "1,438 train, 180 valid, 360 test". */
export function dataWords(data: Readonly<Record<string, unknown>>): string {
  return ["train", "valid", "test"]
    .flatMap((part) => {
      const rows = data[part];
      return typeof rows === "number" && rows > 0 ? [`${rows.toLocaleString("en-US")} ${part}`] : [];
    })
    .join(", ");
}

const shortened = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text);
