import type { Definition } from "../params/index.ts";

/** An entry of the library with its options. */
export interface Described {
  readonly family: string;
  readonly type: string;
  readonly definition: Pick<Definition, "summary" | "params" | "paper" | "rule">;
  readonly options: unknown;
}

/** What a function or class written for it says of itself: its call, summary and source. */
export function described({ family, type, definition, options }: Described): string {
  const given = Object.entries(options as Readonly<Record<string, unknown>>).filter(
    ([name, value]) =>
      value !== undefined &&
      value !== null &&
      JSON.stringify(value) !== JSON.stringify(definition.params[name]?.default) &&
      !(Array.isArray(value) && value.length === 0),
  );
  const written = given.map(([name, value]) => `${name}: ${shown(value)}`).join(", ");
  const head = `dlnb's ${family}.${type}(${written === "" ? "" : `{ ${written} }`})`;
  const rule = definition.rule ? `\n\n${definition.rule.join("\n")}` : "";
  const paper = definition.paper
    ? `${head.length + definition.paper.length > 90 ? "\n\n" : " "}${definition.paper}.`
    : "";
  const text = `${head}.${paper}${rule}`.replaceAll("\\", "\\\\").replaceAll('"""', "'''");
  return text.includes("\n") ? `${text}\n` : text;
}

function shown(value: unknown): string {
  if (typeof value === "function") return String(value).replace(/\s+/g, " ");
  const text =
    JSON.stringify(value, (_, inner: unknown) => (typeof inner === "function" ? String(inner) : inner)) ??
    String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
