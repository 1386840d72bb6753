import type * as Vega from "vega";
import type { Chart, ChartHints, Columns } from "../../engine/protocol/index.ts";
import { escapeHtml } from "./escape.ts";
import { isStretched, sealed } from "./layout.ts";
import { rasterize } from "./raster.ts";
import { config, FONT_SIZE, PAGE_COLOURS, type Schemes, themed } from "./theme.ts";
import { WORDS } from "./words.ts";

/** What a chart may take; the page scales a picture down where it is narrower. */
const WIDTH = 820;
/** Where the search for the plots' width begins: axes take about this much. */
const AXES = 80;

/** A chart as a figure with an SVG in the page's colours, which change with its theme. Charts that cannot be drawn become their text. */
export async function drawChart(chart: Chart): Promise<string> {
  const label = escapeHtml(chart.text);
  const caption = `<figcaption>${escapeHtml(chart.title)}</figcaption>`;
  try {
    const svg = themed(await toSvg(chart), chart.id).replace("<svg ", () => `<svg role="img" aria-label="${label}" `);
    return `<figure class="chart">${caption}${svg}</figure>`;
  } catch (error) {
    const reason = escapeHtml(WORDS.undrawn((error as Error).message));
    return `<figure class="chart">${caption}<p>${label}</p><p class="note">${reason}</p></figure>`;
  }
}

async function toSvg(chart: Chart): Promise<string> {
  const [vega, { compile }, { expressionInterpreter }] = await Promise.all([
    import("vega"),
    import("vega-lite"),
    import("vega-interpreter"),
  ]);
  measureText(vega);
  const datasets = Object.fromEntries(Object.entries(chart.datasets).map(([name, columns]) => [name, toRows(columns)]));
  const { usermeta, ...spec } = withoutTooltips(chart.spec);
  const compiled = compile({ ...spec, datasets } as unknown as Parameters<typeof compile>[0], {
    config: config(vega as unknown as Schemes) as never,
    logger: quiet,
  }).spec as Vega.Spec;
  // a saved chart may be anybody's: its expressions are interpreted, never compiled to code of this process
  const view = new vega.View(vega.parse(sealed(compiled), {}, { ast: true }), {
    expr: expressionInterpreter,
    renderer: "none",
    loader: nothing as never,
    logger: quiet,
  });
  try {
    begin(view, usermeta);
    const stretched = isStretched(chart.spec, compiled);
    await (stretched ? view.width(WIDTH - AXES) : view).runAsync();
    // axes and legends take what they need, the plots the rest
    if (stretched) await view.width(view.width() + Math.floor(WIDTH - widthOf(view))).runAsync();
    const withPictures = rasterize(view, PAGE_COLOURS);
    return withPictures(await view.toSVG());
  } finally {
    view.finalize();
  }
}

/** Nobody points at a report. */
function withoutTooltips(spec: Chart["spec"]): Chart["spec"] {
  return JSON.parse(JSON.stringify(spec, (key, value) => (key === "tooltip" ? undefined : value)));
}

/** Of a drawing with its axes, legends and padding. */
function widthOf(view: Vega.View): number {
  const [whole] = (view.scenegraph() as unknown as { root: { items: { bounds: { x1: number; x2: number } }[] } }).root
    .items;
  const { left, right } = view.padding() as { left: number; right: number };
  return whole === undefined ? WIDTH : Math.ceil(whole.bounds.x2) - Math.floor(whole.bounds.x1) + left + right;
}

/** Sliders and lists stand where a reader finds them. */
function begin(view: Vega.View, usermeta: unknown): void {
  const { scrub, choose } = ((usermeta as { dlnb?: unknown } | undefined)?.dlnb ?? {}) as ChartHints;
  const chosen = (choose ?? []).map(({ param, choices }) => [param, choices[0]?.value] as const);
  const scrubbed = scrub === undefined ? [] : [[scrub.param, scrub.values[scrub.start]] as const];
  for (const [param, value] of [...chosen, ...scrubbed]) {
    try {
      if (value !== undefined) view.signal(param, value);
    } catch {
      // hints may be older or newer than the spec
    }
  }
}

/** A report needs no network: what a spec asks for from elsewhere is not there. */
const refuse = () => Promise.reject(new Error("reports load nothing"));
const nothing = { load: refuse, sanitize: refuse, http: refuse, file: refuse };

const quiet = {
  level: () => quiet,
  error: () => quiet,
  warn: () => quiet,
  info: () => quiet,
  debug: () => quiet,
} as never as Vega.LoggerInterface;

/** Widths of letters as in common sans-serif fonts: there is no canvas to measure on. */
function measureText(vega: typeof Vega): void {
  const { textMetrics } = vega as unknown as { textMetrics: { width(item: object, text: unknown): number } };
  textMetrics.width = (item, text) => {
    const { fontSize = FONT_SIZE, limit } = item as { fontSize?: number; limit?: number };
    const letters = Array.from(String(text ?? ""), (c) =>
      /[ilj.,:;'|!()[\] ]/.test(c) ? 0.3 : /[mwMW@%]/.test(c) ? 0.85 : 0.56,
    );
    const width = fontSize * letters.reduce((a, b) => a + b, 0);
    return limit ? Math.min(limit, width) : width;
  };
}

function toRows(columns: Columns): Record<string, number | string | null>[] {
  const values = Object.entries(columns).map(([name, column]) => {
    if ("text" in column) return { name, at: (i: number) => column.text[i] ?? null, length: column.text.length };
    const bytes = Buffer.from(column.f64, "base64");
    const at = (i: number) => {
      const value = bytes.readDoubleLE(8 * i);
      return Number.isFinite(value) ? value : null;
    };
    return { name, at, length: bytes.length >> 3 };
  });
  const length = Math.min(...values.map((column) => column.length));
  if (!Number.isFinite(length)) return [];
  return Array.from({ length }, (_, i) => Object.fromEntries(values.map(({ name, at }) => [name, at(i)])));
}
