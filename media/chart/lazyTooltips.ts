type Node = Readonly<Record<string, unknown>>;

/** The signal that holds the row whose tooltip is wanted. */
export const POINTED = "dlnbPointed";
/** The signal that is the n-th tooltip of that row. */
export const tipSignal = (n: number) => `dlnbTip${n}`;

/** What Vega-Lite writes into tooltips; with anything else in it a tooltip may depend on where its mark stands, and stays as it is. */
const KNOWN = new Set(["datum", "isValid", "isArray", "join", "format", "timeFormat", "null", "true", "false"]);
const STRING = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g;

/**
 * A compiled spec whose tooltips are computed for the row under the pointer, and not for every row before anybody points: that takes a
 * third of the time of a large heat map. A mark's `tooltip` becomes the number of the signal to ask.
 */
export function lazyTooltips<Spec extends { signals?: unknown[] }>(compiled: Spec): Spec {
  const tips: string[] = [];
  const visit = (node: Node): Node => {
    const marks = Array.isArray(node.marks) ? { marks: (node.marks as Node[]).map(visit) } : {};
    const encode = node.encode as { update?: { tooltip?: { signal?: unknown } } } | undefined;
    const expression = encode?.update?.tooltip?.signal;
    if (typeof expression !== "string" || !isPlain(expression)) return { ...node, ...marks };
    const update = { ...encode?.update, tooltip: { value: tips.length } };
    tips.push(ofPointed(expression));
    return { ...node, ...marks, encode: { ...encode, update } };
  };
  const changed = visit(compiled as Node) as unknown as Spec;
  const signals = tips.map((update, n) => ({ name: tipSignal(n), update }));
  return { ...changed, signals: [...(compiled.signals ?? []), { name: POINTED, value: {} }, ...signals] };
}

function isPlain(expression: string): boolean {
  // rows within rows are not there before one is pointed at
  if (/\]\s*[[.]/.test(expression.replace(STRING, '""'))) return false;
  const keys = expression.replace(STRING, "").replace(/\.\s*\w+/g, "");
  return (keys.match(/[A-Za-z_$][\w$]*/g) ?? []).every((word) => KNOWN.has(word));
}

/** The expression with another row in place of the mark's own; what stands in quotes stays. */
function ofPointed(expression: string): string {
  return expression.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\bdatum\b/g, (part) =>
    part === "datum" ? POINTED : part,
  );
}
