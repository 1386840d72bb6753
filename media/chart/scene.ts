import type { View } from "vega";

/** A rectangle in the drawing's own pixels. */
export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** A mark that is pointed at: its row, and what its tooltip says. */
export interface Pointed {
  datum: Readonly<Record<string, unknown>>;
  tooltip: unknown;
}

/** The parts of Vega's scenegraph that are read here. */
interface Item {
  x?: number;
  y?: number;
  width?: number;
  height?: number;
  opacity?: number;
  defined?: boolean;
  datum?: unknown;
  tooltip?: unknown;
  items?: Mark[];
  bounds?: Bounds;
}
interface Bounds {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}
interface Mark {
  marktype: string;
  role?: string;
  interactive?: boolean;
  items: Item[];
  bounds?: Bounds;
}

/** Lines and points are thin: this far from them, in pixels, still points at them. */
const REACH = 7;
const POINTS = new Set(["line", "area", "trail", "symbol"]);
/** Of axes and legends; they name what a mark belongs to. */
const LABELS = new Set(["axis-label", "legend-label", "legend-symbol"]);
const BOXES = new Set(["rect", "arc", "rule", "text", "path", "shape", "image"]);

/** Plots of a concatenation; of a single plot, that. */
export function panels(view: View): Frame[] {
  const found: Frame[] = [];
  const visit = (mark: Mark, left: number, top: number): void => {
    if (mark.marktype !== "group") return;
    for (const item of mark.items) {
      const [x, y] = [left + (item.x ?? 0), top + (item.y ?? 0)];
      if (mark.role === "scope" && isPlot(item)) {
        found.push({ left: x, top: y, width: item.width ?? 0, height: item.height ?? 0 });
      }
      for (const part of item.items ?? []) visit(part, x, y);
    }
  };
  const root = rootOf(view);
  visit(root, 0, 0);
  const [whole] = root.items;
  if (found.length > 0 || whole === undefined) return found;
  return [{ left: whole.x ?? 0, top: whole.y ?? 0, width: whole.width ?? 0, height: whole.height ?? 0 }];
}

/** Lines are drawn in groups of their own, which are as large as the plot but none. */
function isPlot({ width, height }: Item): boolean {
  return width !== undefined && height !== undefined && width > 0 && height > 0;
}

/**
 * The topmost mark with a tooltip or a row at a point of the drawing: the box that holds it, else the nearest point of a line or
 * symbol within reach. Vega gives a line the tooltip of its first point, so lines are searched here.
 */
export function pointedAt(view: View, x: number, y: number): Pointed | null {
  let best: { item: Item; distance: number } | null = null;
  const offer = (item: Item, distance: number) => {
    // what is drawn later lies on top
    if (item.opacity !== 0 && (best === null || distance <= best.distance)) best = { item, distance };
  };
  const visit = (mark: Mark, px: number, py: number): void => {
    if (mark.marktype === "group") {
      for (const item of mark.items) {
        for (const part of item.items ?? []) visit(part, px - (item.x ?? 0), py - (item.y ?? 0));
      }
    } else if (mark.interactive === false && !LABELS.has(mark.role ?? "")) {
      return;
    } else if (POINTS.has(mark.marktype)) {
      const { bounds } = mark;
      if (bounds !== undefined && !within(bounds, px, py, REACH)) return;
      for (const item of mark.items) {
        const across = (item.x ?? Number.NaN) - px;
        if (!(Math.abs(across) <= REACH)) continue;
        const distance = Math.hypot(across, (item.y ?? Number.NaN) - py);
        if (distance <= REACH) offer(item, distance);
      }
      if (mark.marktype !== "symbol") between(mark.items, px, py, offer);
    } else if (BOXES.has(mark.marktype)) {
      for (const item of mark.items) {
        // a box gives way to a line over it
        if (item.bounds !== undefined && within(item.bounds, px, py, 0.5)) offer(item, REACH);
      }
    }
  };
  visit(rootOf(view), x, y);
  const found = best as { item: Item } | null;
  if (found === null) return null;
  const { datum, tooltip } = found.item;
  return { datum: typeof datum === "object" && datum !== null ? (datum as Pointed["datum"]) : {}, tooltip };
}

function within({ x1, y1, x2, y2 }: Bounds, px: number, py: number, reach: number): boolean {
  return px >= x1 - reach && px <= x2 + reach && py >= y1 - reach && py <= y2 + reach;
}

/** Between two points of a line the nearer one is meant. */
function between(items: readonly Item[], px: number, py: number, offer: (item: Item, distance: number) => void): void {
  for (let i = 1; i < items.length; i++) {
    const [a, b] = [items[i - 1] as Item, items[i] as Item];
    const [ax, ay, bx, by] = [a.x ?? 0, a.y ?? 0, b.x ?? 0, b.y ?? 0];
    if (Math.min(ax, bx) > px + REACH || Math.max(ax, bx) < px - REACH) continue;
    if (a.defined === false || b.defined === false) continue;
    const square = (bx - ax) ** 2 + (by - ay) ** 2;
    if (!(square > 0)) continue;
    const along = ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / square;
    if (along <= 0 || along >= 1) continue;
    const distance = Math.hypot(ax + along * (bx - ax) - px, ay + along * (by - ay) - py);
    if (distance <= REACH) offer(along < 0.5 ? a : b, distance);
  }
}

function rootOf(view: View): Mark {
  return (view.scenegraph() as unknown as { root: Mark }).root;
}
