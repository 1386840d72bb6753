/** A value as Python writes it; lists become tuples. */
export function python(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === Infinity) return 'float("inf")';
  if (value === -Infinity) return '-float("inf")';
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return `(${value.map(python).join(", ")}${value.length === 1 ? "," : ""})`;
  return JSON.stringify(String(value));
}

/** `kernelSize` as `kernel_size`. */
export const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Arguments of a call: those by position, and those by name. */
export function args(positional: readonly unknown[], named: Readonly<Record<string, unknown>> = {}): string {
  return [...positional.map(python), ...Object.entries(named).map(([name, value]) => `${name}=${python(value)}`)].join(
    ", ",
  );
}

/** Lines further in by so many levels. */
export const indented = (text: string, levels = 1): string => text.replace(/^(?=.)/gm, "    ".repeat(levels));
