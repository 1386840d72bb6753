type Node = Readonly<Record<string, unknown>>;

/** Plots narrower than this in a spec are meant to be: squares, small multiples. */
const NARROW = 500;

/**
 * Whether the pane's width is the plots' width: one plot, or plots under each other, of 500 pixels or more (specs are written
 * for 600) or of no width. `compiled` has one number as its width when all plots share it.
 */
export function isStretched(spec: Node, compiled: { width?: unknown }): boolean {
  if (typeof compiled.width !== "number") return false;
  const given = spec.width !== undefined || Array.isArray(spec.vconcat) || Array.isArray(spec.concat);
  return compiled.width >= NARROW || !given;
}

/** Widths of plots that stand under and beside each other, by their names in Vega. */
export interface Rows {
  readonly widths: ReadonlyMap<string, number>;
  /** Sum of those in the widest row. */
  readonly widest: number;
}

/** The plots of rows that differ, where the widest takes 500 pixels or more: they grow and shrink with the pane, all alike. */
export function rowsOf(spec: Node, compiled: { width?: unknown; signals?: unknown }): Rows | null {
  if (compiled.width !== undefined || !Array.isArray(spec.vconcat)) return null;
  const wide = (plot: Node): number => {
    const beside = plot.hconcat as Node[] | undefined;
    return beside ? beside.reduce((sum, inner) => sum + wide(inner), 0) : Number(plot.width ?? 0);
  };
  const widest = Math.max(...(spec.vconcat as Node[]).map(wide));
  const signals = (compiled.signals ?? []) as { name: string; value?: unknown }[];
  const own = signals.filter(({ name, value }) => /_(width|childWidth)$/.test(name) && typeof value === "number");
  return widest >= NARROW ? { widths: new Map(own.map(({ name, value }) => [name, value as number])), widest } : null;
}

/** Height of plots that stand under each other, from the first's top to the last's bottom; null for other specs. */
export function fixedHeight(spec: Node, spacing: number): number | null {
  if (!Array.isArray(spec.vconcat)) return null;
  const heights = (spec.vconcat as { height?: unknown }[]).map(({ height }) => height);
  if (!heights.every((height) => typeof height === "number")) return null;
  return heights.reduce((sum, height) => sum + height, 0) + spacing * (heights.length - 1);
}

/** Pixels the drawing will need, so that the page does not jump when it appears. */
export function expectedHeight(spec: Node, spacing: number, around: number): number {
  const plots = fixedHeight(spec, spacing) ?? (typeof spec.height === "number" ? spec.height : 200);
  return plots + around;
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

/** In pixels; half of it lies on either side of the edge. */
const SEAM = 0.8;

/** One mark per row is slow to draw as SVG beyond some thousands; lines and areas are one shape. */
const ONE_SHAPE = new Set(["line", "area", "trail"]);

/** About how many shapes a spec draws, from the numbers of rows of its datasets; filters are not looked into. */
export function shapeCount(spec: unknown, rows: (dataset: string) => number): number {
  const count = (node: unknown, above: string | undefined): number => {
    if (typeof node !== "object" || node === null) return 0;
    const { data, mark, layer, vconcat, hconcat, concat, spec: inner } = node as Node;
    const own = (data as { name?: unknown } | undefined)?.name;
    const name = typeof own === "string" ? own : above;
    const parts = [layer, vconcat, hconcat, concat].flatMap((list) => (Array.isArray(list) ? list : []));
    const below = [...parts, ...(inner === undefined ? [] : [inner])];
    const sum = below.reduce((total: number, part) => total + count(part, name), 0);
    if (mark === undefined || name === undefined) return sum;
    const { type, point } = (typeof mark === "object" ? mark : { type: mark }) as { type?: unknown; point?: unknown };
    const single = ONE_SHAPE.has(String(type)) && (point === undefined || point === false);
    return sum + (single ? 1 : rows(name));
  };
  return count(spec, undefined);
}
