/** The columns that stand on the vertical axes of the named views. */
export function logFields(spec: unknown, views: readonly string[]): { dataset: string; field: string }[] {
  const found: { dataset: string; field: string }[] = [];
  const visit = (node: unknown, inside: boolean): void => {
    if (Array.isArray(node)) for (const part of node) visit(part, inside);
    if (typeof node !== "object" || node === null || Array.isArray(node)) return;
    const { name, data, encoding } = node as {
      name?: unknown;
      data?: { name?: string };
      encoding?: { y?: { field?: string } };
    };
    const here = inside || (typeof name === "string" && views.includes(name));
    if (here && data?.name !== undefined && encoding?.y?.field !== undefined) {
      found.push({ dataset: data.name, field: encoding.y.field });
    }
    for (const value of Object.values(node)) visit(value, here);
  };
  visit(spec, false);
  return found;
}
