import type * as Vega from "vega";
import type { Chart, Columns } from "../../../engine/protocol/index.ts";
import { escapeHtml } from "./escape.ts";

/** Width of the plots; the page scales the picture down where it is narrower. */
const WIDTH = 770;
const AXIS_WIDTH = 44;
const FONT_SIZE = 12;
const FONT = "system-ui, -apple-system, Segoe UI, Roboto, sans-serif";

/** Colours that stand for the page's own, light or dark, until the picture is drawn. */
const FOREGROUND = "#010203";
const BACKGROUND = "#fdfcfb";
const SERIES = ["#0072b2", "#d55e00", "#009e73", "#b3568f", "#8f6b00", "#3f3f3f"];

/** A chart as a figure with an SVG in the page's colours, which change with its theme. Charts that cannot be drawn become their text. */
export async function drawChart(chart: Chart): Promise<string> {
  const label = escapeHtml(chart.text);
  const caption = `<figcaption>${escapeHtml(chart.title)}</figcaption>`;
  try {
    const svg = themed(await toSvg(chart), chart.id).replace("<svg ", `<svg role="img" aria-label="${label}" `);
    return `<figure class="chart">${caption}${svg}</figure>`;
  } catch (error) {
    const reason = escapeHtml((error as Error).message);
    return `<figure class="chart">${caption}<p>${label}</p><p class="note">The chart could not be drawn: ${reason}</p></figure>`;
  }
}

async function toSvg(chart: Chart): Promise<string> {
  const [vega, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
  measureText(vega);
  const datasets = Object.fromEntries(Object.entries(chart.datasets).map(([name, columns]) => [name, toRows(columns)]));
  const { usermeta: _, ...spec } = wide(chart.spec) as Record<string, unknown>;
  const compiled = compile({ ...spec, datasets } as unknown as Parameters<typeof compile>[0], {
    config: config() as never,
    logger: quiet,
  });
  const view = new vega.View(vega.parse(compiled.spec), { renderer: "none", loader: nothing as never, logger: quiet });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
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

/** Sizes chosen for an editor's pane become the page's. */
function wide(spec: unknown): unknown {
  if (typeof spec !== "object" || spec === null) return spec;
  const { vconcat, width, ...rest } = spec as { vconcat?: unknown; width?: unknown };
  return {
    ...rest,
    ...(width === undefined ? {} : { width: typeof width === "number" && width < 400 ? width : WIDTH }),
    ...(Array.isArray(vconcat) ? { vconcat: vconcat.map(wide) } : {}),
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

/** Placeholders become the page's colours; ids become the figure's own, as several pictures share a page. */
function themed(svg: string, id: string): string {
  const own = id.replace(/[^\w-]/g, "-");
  let out = svg
    .replaceAll(`"${FOREGROUND}"`, '"currentColor"')
    .replaceAll(`"${BACKGROUND}"`, '"var(--background)"')
    .replace(/\bid="([^"]+)"/g, `id="${own}-$1"`)
    .replace(/url\(#/g, `url(#${own}-`)
    .replace(/<svg ([^>]*?)width="([\d.]+)" height="([\d.]+)"/, '<svg $1style="width:$2px"');
  SERIES.forEach((colour, i) => {
    out = out.replaceAll(`"${colour}"`, `"var(--series-${i}, ${colour})"`);
  });
  return out;
}

function config(): Record<string, unknown> {
  const label = { labelFont: FONT, labelFontSize: FONT_SIZE, labelColor: FOREGROUND };
  const title = { titleFont: FONT, titleFontSize: FONT_SIZE, titleFontWeight: "normal", titleColor: FOREGROUND };
  return {
    background: null,
    autosize: { type: "pad" },
    padding: { left: 2, top: 4, right: 12, bottom: 4 },
    font: FONT,
    view: { stroke: null },
    range: { category: SERIES },
    axis: {
      ...label,
      ...title,
      labelOpacity: 0.8,
      titleOpacity: 0.8,
      titlePadding: 4,
      gridColor: FOREGROUND,
      gridOpacity: 0.1,
      domainColor: FOREGROUND,
      domainOpacity: 0.4,
      tickColor: FOREGROUND,
      tickOpacity: 0.4,
      tickSize: 4,
    },
    axisX: { labelFlush: true, labelOverlap: true, labelSeparation: 8 },
    axisY: {
      minExtent: AXIS_WIDTH,
      maxExtent: AXIS_WIDTH,
      labelOverlap: true,
      domain: false,
      ticks: false,
      labelPadding: 6,
    },
    legend: {
      ...label,
      ...title,
      symbolType: "stroke",
      symbolStrokeWidth: 3,
      symbolSize: 220,
      offset: 4,
      columnPadding: 16,
    },
    title: { font: FONT, fontSize: FONT_SIZE, fontWeight: 600, color: FOREGROUND, offset: 6 },
    text: { font: FONT, fontSize: FONT_SIZE, fill: FOREGROUND, stroke: BACKGROUND, strokeWidth: 0 },
    mark: { color: FOREGROUND },
    rule: { color: FOREGROUND },
    line: { color: FOREGROUND, strokeCap: "round", strokeJoin: "round" },
  };
}
