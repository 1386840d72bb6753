/**
 * The look of charts in reports, part for part that of the editor's (media/chart/theme.ts; a test holds the two together).
 * `FOREGROUND`, `BACKGROUND` and `SERIES` stand for the page's own colours, light or dark, until the picture is drawn; colours of
 * ranges are mixed while it is drawn, so they are seen on both.
 */
export const FONT_SIZE = 12;
const FONT = "system-ui, -apple-system, Segoe UI, Roboto, sans-serif";
const FOREGROUND = "#010203";
const BACKGROUND = "#fdfcfb";
const SERIES = ["#0072b2", "#d55e00", "#009e73", "#b3568f", "#8f6b00", "#3f3f3f"];

/** Viridis, without the ends that a light or a dark page swallows. */
const HEATMAP = ["#481467", "#443983", "#375a8c", "#2a778e", "#20938c", "#28ae80", "#58c666", "#9dda3b", "#ebe51b"];
/** From blue to orange at a lightness that has contrast with both pages. */
const RAMP = ["#4a6fdc", "#3d86c6", "#3f9196", "#6f8f62", "#a1842f", "#c9762a", "#dc6228"];
const DIVERGING = ["#1c5a9e", "#4a8cc4", "#8fb3cd", "#b4b4b4", "#d6a47a", "#d6802f", "#a84f00"];
const ORDERED = "dlnb-report";

/** Colours that change with the page's theme. */
export const PAGE_COLOURS = [FOREGROUND, BACKGROUND, ...SERIES];

export const LOOK = {
  kind: "report",
  font: FONT,
  fontSize: FONT_SIZE,
  foreground: FOREGROUND,
  background: BACKGROUND,
  palette: SERIES,
  heatmap: HEATMAP,
  ramp: RAMP,
  diverging: DIVERGING,
} as const;

/** The parts of Vega that make a scheme out of colours; its types lack the second. */
export interface Schemes {
  scheme(name: string, colours: unknown): unknown;
  interpolateColors(colours: readonly string[]): unknown;
}

export function config(vega: Schemes): Record<string, unknown> {
  const label = { labelFont: FONT, labelFontSize: FONT_SIZE, labelColor: FOREGROUND };
  const title = { titleFont: FONT, titleFontSize: FONT_SIZE, titleFontWeight: "normal", titleColor: FOREGROUND };
  vega.scheme(ORDERED, vega.interpolateColors(RAMP));
  return {
    background: null,
    // the figure around it speaks; a label for every mark would only make the page large
    aria: false,
    padding: 4,
    font: FONT,
    view: { stroke: null },
    range: {
      category: SERIES,
      ordinal: { scheme: ORDERED },
      heatmap: HEATMAP,
      ramp: RAMP,
      diverging: DIVERGING,
    },
    axis: {
      ...label,
      ...title,
      labelOpacity: 0.85,
      titleOpacity: 0.85,
      titlePadding: 4,
      gridColor: FOREGROUND,
      gridOpacity: 0.12,
      domainColor: FOREGROUND,
      domainOpacity: 0.4,
      tickColor: FOREGROUND,
      tickOpacity: 0.4,
      tickSize: 4,
    },
    axisX: { labelFlush: true, labelOverlap: true, labelSeparation: 8 },
    axisY: { labelOverlap: true, domain: false, ticks: false, labelPadding: 6 },
    legend: {
      ...label,
      ...title,
      symbolType: "stroke",
      symbolStrokeWidth: 3,
      symbolSize: 220,
      symbolBaseFillColor: FOREGROUND,
      symbolBaseStrokeColor: FOREGROUND,
      offset: 10,
      padding: 0,
      columnPadding: 16,
    },
    header: { ...label, ...title },
    title: {
      font: FONT,
      fontSize: FONT_SIZE,
      fontWeight: "normal",
      color: FOREGROUND,
      offset: 6,
      subtitleFont: FONT,
      subtitleFontSize: FONT_SIZE,
      subtitleColor: FOREGROUND,
    },
    text: { font: FONT, fontSize: FONT_SIZE, fill: FOREGROUND, stroke: BACKGROUND, strokeWidth: 0 },
    mark: { color: FOREGROUND },
    bar: { color: SERIES[0] },
    rule: { color: FOREGROUND },
    line: { color: FOREGROUND, strokeCap: "round", strokeJoin: "round" },
  };
}

/** Placeholders become the page's colours; ids become the figure's own, as several pictures share a page. */
export function themed(svg: string, id: string): string {
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
