/**
 * The spec with a logarithmic vertical axis in the named views (the kernel gives every `y` there a scale to change). A loss of exactly 0 has
 * no place on it: its rows are left out.
 */
export function withLogAxis(
  spec: Readonly<Record<string, unknown>>,
  views: readonly string[],
): Record<string, unknown> {
  const change = (node: unknown, inside: boolean): unknown => {
    if (Array.isArray(node)) return node.map((part) => change(part, inside));
    if (typeof node !== "object" || node === null) return node;
    const record = node as Record<string, unknown>;
    const here = inside || (typeof record.name === "string" && views.includes(record.name));
    const changed = Object.fromEntries(
      Object.entries(record).map(([key, value]) => {
        const y = here && key === "y" && typeof value === "object" && value !== null && "field" in value;
        return [key, y ? logarithmic(value as Record<string, unknown>) : change(value, here)];
      }),
    );
    const field = (record.encoding as { y?: { field?: unknown } } | undefined)?.y?.field;
    if (!here || record.data === undefined || typeof field !== "string") return changed;
    // what is missing stays, as a gap
    const value = `datum[${JSON.stringify(field)}]`;
    const filter = `!isValid(${value}) || ${value} > 0`;
    return { ...changed, transform: [...((record.transform as unknown[]) ?? []), { filter }] };
  };
  return change(spec, false) as Record<string, unknown>;
}

function logarithmic(y: Record<string, unknown>): Record<string, unknown> {
  const { zero: _, ...linear } = (y.scale ?? {}) as { zero?: boolean };
  const scale = { ...linear, type: "log", nice: false };
  return { ...y, scale, axis: { ...(y.axis as object), format: "~g", tickCount: 5 } };
}
