/** `; did you mean "epochs"?` for a slip, else what there is. */
export function didYouMean(given: string, names: readonly string[]): string {
  const scored = names.map((name) => ({ name, distance: distance(given.toLowerCase(), name.toLowerCase()) }));
  const [near] = scored.sort((a, b) => a.distance - b.distance);
  if (near === undefined) return "";
  if (near.distance <= Math.max(1, Math.floor(given.length / 3))) return `; did you mean "${near.name}"?`;
  return `; there is ${names.join(", ")}`;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn a into b. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const [last = [], row = [i]] = [rows[i - 1]];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swap = i > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = swap ? (rows[i - 2]?.[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(replaced, swapped, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}
