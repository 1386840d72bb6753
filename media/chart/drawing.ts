import { type Config, changeset, Error as ErrorLevel, type Loader, parse, type Spec, View } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile, type TopLevelSpec } from "vega-lite";
import { fixedHeight, isStretched, type Rows, rowsOf, sealed } from "./layout.ts";
import { lazyTooltips, POINTED, tipSignal } from "./lazyTooltips.ts";
import { type Frame, type Pointed, panels, pointedAt } from "./scene.ts";
import type { Row, Value } from "./table.ts";
import { PADDING, plotWidth, SPACING, type Theme, vegaConfig } from "./theme.ts";

/** Charts come from notebooks of any origin: nothing is loaded from anywhere. */
const closedLoader: Loader = {
  load: () => Promise.reject(new Error("charts load nothing")),
  sanitize: () => Promise.reject(new Error("charts link nowhere")),
  http: () => Promise.reject(new Error("charts load nothing")),
  file: () => Promise.reject(new Error("charts load nothing")),
  fileAccess: false,
  options: {},
} as unknown as Loader;

export interface DrawingOptions {
  theme: Theme;
  /** Of the pane, in pixels. */
  width: number;
  /** Plots keep their places while rows arrive: for those under each other whose values are named above them. */
  steady?: boolean;
  /** Many marks are drawn faster on a canvas. */
  renderer?: "svg" | "canvas";
  /** Where to draw; without it the drawing can only be exported. */
  container?: HTMLElement;
}

/** Axes that breathe by less than this do not move the plots. */
const SLACK = 16;
const LEAST_PLOT = 120;

/**
 * A Vega-Lite spec on the page. Expressions run in Vega's interpreter, so a strict content security policy holds. Rows join named
 * datasets without a redraw of the rest. Single plots, plots under each other and wide rows of plots take the pane's width;
 * everything else keeps its own and is scaled down where the pane is narrower.
 */
export class Drawing {
  readonly #view: View;
  readonly #container: HTMLElement | null;
  readonly #layout: "steady" | "stretched" | "rows" | "own";
  readonly #rows: Rows | null;
  /** How many times as wide as in the spec the plots of rows are. */
  #factor = 1;
  /** Rows that came before the first draw. */
  readonly #first = new Map<string, readonly Row[]>();
  #outer: number;
  #begun = false;
  #drawn = false;
  #last: Promise<void> = Promise.resolve();

  constructor(spec: Readonly<Record<string, unknown>>, options: DrawingOptions) {
    const { theme, width, container, renderer = "svg", steady = false } = options;
    const height = steady && container !== undefined ? fixedHeight(spec, SPACING) : null;
    const config = vegaConfig(theme, height !== null) as object;
    const compiled = lazyTooltips(sealed(compile(spec as unknown as TopLevelSpec, { config }).spec as Spec));
    this.#rows = height !== null ? null : rowsOf(spec, compiled);
    this.#layout =
      height !== null ? "steady" : isStretched(spec, compiled) ? "stretched" : this.#rows !== null ? "rows" : "own";
    const runtime = parse(height !== null ? withFixedLayout(compiled, height) : compiled, {} as Config, { ast: true });
    this.#view = new View(runtime, {
      expr: expressionInterpreter,
      loader: closedLoader,
      logLevel: ErrorLevel,
      // the figure shows tooltips itself
      tooltip: () => undefined,
      renderer: container === undefined ? "none" : renderer,
      ...(container === undefined ? {} : { container, hover: false }),
    });
    this.#container = container ?? null;
    this.#outer = width;
    if (this.#layout === "steady" || this.#layout === "stretched") this.#view.width(plotWidth(width));
  }

  /** Rows for the next `draw`. */
  change(dataset: string, rows: readonly Row[], replace: boolean): void {
    const changes = changeset();
    if (replace) changes.remove(() => true);
    // a dataset that the spec does not use is no error: hints may read it
    if (!this.#has(dataset)) return;
    if (this.#begun) this.#view.change(dataset, changes.insert(rows as Row[]));
    else this.#first.set(dataset, replace ? rows : [...(this.#first.get(dataset) ?? []), ...rows]);
  }

  /** One after the other: a draw that is asked for while one is under way comes after it. */
  draw(): Promise<void> {
    this.#last = this.#last.catch(() => undefined).then(() => this.#draw());
    return this.#last;
  }

  async #draw(): Promise<void> {
    if (!this.#begun) await this.#begin();
    await this.#view.runAsync();
    if (this.#container === null) return;
    if (this.#layout === "stretched") await this.#stretch();
    if (this.#rows !== null) await this.#stretchRows(this.#rows);
    this.#drawn = true;
    const scale = this.#scale();
    const { style } = this.#container;
    style.transformOrigin = "0 0";
    style.transform = scale < 1 ? `scale(${scale})` : "";
    style.height = `${Math.ceil(this.#size().height * scale)}px`;
  }

  /** Sets a parameter of the spec, when it has it; returns whether that changes anything. */
  set(param: string, value: Value | null): boolean {
    try {
      if (this.#view.signal(param) === value) return false;
      this.#view.signal(param, value);
      return true;
    } catch {
      // hints may be older or newer than the spec
      return false;
    }
  }

  resize(width: number): void {
    this.#outer = width;
    if (this.#layout === "steady") this.#view.width(plotWidth(width));
  }

  /** What stands at or next to a place on the page; null: nothing does. */
  pointedAt(clientX: number, clientY: number): Pointed | null {
    if (this.#container === null) return null;
    const box = this.#container.getBoundingClientRect();
    const scale = this.#scale();
    const [left, top] = this.#origin();
    const found = pointedAt(this.#view, (clientX - box.left) / scale - left, (clientY - box.top) / scale - top);
    return typeof found?.tooltip === "number" ? { ...found, tooltip: this.#tip(found.datum, found.tooltip) } : found;
  }

  /** The rectangle around all plots proper, in pixels of the container's own box. */
  frame(): Frame | null {
    const found = panels(this.#view);
    if (!this.#drawn || found.length === 0) return null;
    const scale = this.#scale();
    const [left, top] = this.#origin();
    const first = found[0] as Frame;
    const upper = Math.min(...found.map((panel) => panel.top));
    const lower = Math.max(...found.map((panel) => panel.top + panel.height));
    return {
      left: scale * (left + first.left),
      top: scale * (top + upper),
      width: scale * first.width,
      height: scale * (lower - upper),
    };
  }

  /** Where a value stands on the horizontal axis that all plots share, as a share of the frame's width; null: nowhere. */
  share(value: Value): number | null {
    try {
      const scale = this.#view.scale("x") as ((value: Value) => number) & {
        bandwidth?: () => number;
        range(): number[];
      };
      const at = scale(value) + (scale.bandwidth?.() ?? 0) / 2;
      const range = scale.range();
      const share = at / Math.max(...range.map(Number));
      return Number.isFinite(share) ? share : null;
    } catch {
      return null;
    }
  }

  toSVG(): Promise<string> {
    return this.#view.toSVG();
  }

  /** A data URL, at twice the size. */
  async toPNG(): Promise<string> {
    return (await this.#view.toCanvas(2)).toDataURL("image/png");
  }

  dispose(): void {
    this.#view.finalize();
  }

  /** The room that axes and legends take is found with the few rows that decide their labels: many are drawn but once. */
  async #begin(): Promise<void> {
    const few = this.#layout === "stretched" && this.#container !== null;
    for (const share of few ? [extremes, everything] : [everything]) {
      for (const [dataset, rows] of this.#first) {
        const changes = changeset().remove(() => true);
        this.#view.change(dataset, changes.insert(share(rows) as Row[]));
      }
      if (share === everything) continue;
      await this.#view.runAsync();
      await this.#stretch();
    }
    this.#first.clear();
    this.#begun = true;
  }

  #tip(datum: Pointed["datum"], n: number): unknown {
    return this.#view.signal(POINTED, datum).run().signal(tipSignal(n));
  }

  /** Axes and legends take what they need, the plots the rest of the pane. */
  async #stretch(): Promise<void> {
    const { width } = this.#size();
    const spare = this.#outer - width;
    if (spare >= 0 && spare <= SLACK && this.#drawn) return;
    const plot = Math.max(LEAST_PLOT, Math.floor(this.#view.width() + spare));
    if (plot === this.#view.width()) return;
    await this.#view.width(plot).resize().runAsync();
  }

  /** As `#stretch`, for rows: each has gaps and axes of its own, so that a second pass may be needed. */
  async #stretchRows({ widths, widest }: Rows): Promise<void> {
    for (let pass = 0; pass < 2; pass++) {
      const spare = this.#outer - this.#size().width;
      if (spare >= 0 && spare <= SLACK) return;
      const factor = Math.max(LEAST_PLOT / widest, this.#factor + spare / widest);
      if (factor === this.#factor) return;
      this.#factor = factor;
      for (const [name, width] of widths) this.#view.signal(name, Math.floor(width * factor));
      await this.#view.resize().runAsync();
    }
  }

  /** Of the drawing with its axes, unscaled. */
  #size(): { width: number; height: number } {
    const page = this.#container?.querySelector<SVGElement | HTMLCanvasElement>("svg, canvas");
    if (page instanceof SVGElement) {
      return { width: Number(page.getAttribute("width")), height: Number(page.getAttribute("height")) };
    }
    // as Vega set them: a drawing that is hidden measures nothing
    const { width = "0", height = "0" } = page?.style ?? {};
    return { width: Number.parseFloat(width), height: Number.parseFloat(height) };
  }

  #scale(): number {
    const { width } = this.#size();
    return width > this.#outer ? this.#outer / width : 1;
  }

  #origin(): [number, number] {
    const { left, top } = this.#view.padding() as { left: number; top: number };
    const [x, y] = this.#view.origin();
    return [left + x, top + y];
  }

  #has(dataset: string): boolean {
    try {
      this.#view.data(dataset);
      return true;
    } catch {
      return false;
    }
  }
}

const everything = (rows: readonly Row[]): readonly Row[] => rows;

/** The rows with the least and greatest number of each column, and the first with each text. */
function extremes(rows: readonly Row[]): readonly Row[] {
  const kept = new Set<number>();
  for (const name of Object.keys(rows[0] ?? {})) {
    let [least, greatest] = [-1, -1];
    const texts = new Set<Value>();
    rows.forEach((row, i) => {
      const value = row[name] as Value;
      if (typeof value === "string") {
        if (!texts.has(value)) kept.add(i);
        texts.add(value);
      } else if (Number.isFinite(value)) {
        if (least < 0 || value < (rows[least]?.[name] as number)) least = i;
        if (greatest < 0 || value > (rows[greatest]?.[name] as number)) greatest = i;
      }
    });
    for (const end of [least, greatest]) if (end >= 0) kept.add(end);
  }
  return [...kept].sort((a, b) => a - b).map((i) => rows[i] as Row);
}

/** On the page nothing is measured: labels that grow and shrink would move the plots. The values above name the series. */
function withFixedLayout(spec: Spec, height: number): Spec {
  const { legends: _, ...rest } = spec;
  const layout = { ...(spec.layout as object), padding: SPACING, bounds: "flush" } as Spec["layout"] & object;
  return { ...rest, autosize: { type: "none" }, padding: PADDING, height, layout };
}
