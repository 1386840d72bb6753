type Node = Readonly<Record<string, unknown>>;

/** Plots narrower than this in a spec are meant to be: squares, small multiples. */
const NARROW = 500;
/** Edge that closes the seams between cells of a heat map, in pixels. */
const SEAM = 0.8;

/** Whether the page's width is the plots' width, by the rule of the editor's charts (media/chart/layout.ts). */
export function isStretched(spec: Node, compiled: { width?: unknown }): boolean {
  if (typeof compiled.width !== "number") return false;
  const given = spec.width !== undefined || Array.isArray(spec.vconcat) || Array.isArray(spec.concat);
  return compiled.width >= NARROW || !given;
}

/** Cells of a heat map meet at fractions of a pixel: an edge in the colour of the cell closes the seams. */
export function sealed<Spec>(compiled: Spec): Spec {
  const seal = (node: Node): Node => {
    const marks = Array.isArray(node.marks) ? { marks: (node.marks as Node[]).map(seal) } : {};
    const { update } = (node.encode ?? {}) as { update?: Node };
    const cell = node.type === "rect" && [node.style].flat().includes("rect");
    if (!cell || update?.fill === undefined || update.stroke !== undefined) return { ...node, ...marks };
    const edge = { stroke: update.fill, strokeWidth: { value: SEAM } };
    return { ...node, encode: { ...(node.encode as object), update: { ...update, ...edge } } };
  };
  return seal(compiled as Node) as Spec;
}
