import { ConfigError } from "../errors/index.ts";

/**
 * Whether a parameter's path, such as `features.0.weight`, is meant by a pattern: a layer's path stands for all that is
 * in it, `*` for any characters, `/.../` for a regular expression. A pattern that begins with `*.` also finds what has
 * no layer above it: `*.bias` is every bias.
 */
export function matches(pattern: string, path: string): boolean {
  return expressionOf(pattern).test(path);
}

function expressionOf(pattern: string): RegExp {
  const [, source, flags] = /^\/(.*)\/([a-z]*)$/s.exec(pattern) ?? [];
  if (source !== undefined) return new RegExp(source, flags?.replace(/[gy]/g, ""));
  const literal = (text: string) => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  const [, rest = pattern] = /^\*\.(.*)$/s.exec(pattern) ?? [];
  return new RegExp(`^${rest === pattern ? "" : "(?:.*\\.)?"}${literal(rest)}(?:\\..*)?$`, "s");
}

/** Patterns as text: what is given may be one or several, text or regular expressions. */
export function patternsOf(given: unknown, where: string): readonly string[] {
  const list = Array.isArray(given) ? given : [given];
  const texts = list.map((one) => (one instanceof RegExp ? String(one) : one));
  if (texts.length > 0 && texts.every((one) => typeof one === "string" && one !== "")) return texts;
  throw new ConfigError(
    `${where}: params must be a pattern of parameters or a list of them, as "*.bias", "features" or /^features\\./`,
  );
}
