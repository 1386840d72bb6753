/** The editor's look at this moment, and the Vega config that takes it over. */
export interface Theme {
  kind: "light" | "dark" | "high-contrast" | "high-contrast-light";
  foreground: string;
  background: string;
  font: string;
  fontSize: number;
  /** Colours of the series, in order: readable on the background and apart for colour-blind eyes. */
  palette: readonly string[];
}

/** After Okabe and Ito's palette (2008), lightened where the background is dark. */
const PALETTES: Record<Theme["kind"], readonly string[]> = {
  light: ["#0072b2", "#d55e00", "#009e73", "#b3568f", "#8f6b00", "#3f3f3f"],
  dark: ["#56b4e9", "#f0a030", "#2fc79a", "#e79ac4", "#f0e442", "#c8c8c8"],
  "high-contrast": ["#5cc8ff", "#ffb000", "#3dffb0", "#ff9ad5", "#ffff5c", "#ffffff"],
  "high-contrast-light": ["#00507d", "#a33c00", "#00614a", "#8a1f63", "#5c4500", "#000000"],
};

/** Reads VS Code's variables where `element` stands; without them the page's own text colours. */
export function readTheme(element: HTMLElement): Theme {
  const style = getComputedStyle(element);
  const variable = (name: string, fallback: string) => style.getPropertyValue(name).trim() || fallback;
  const kind = themeKind(document.body);
  const dark = kind === "dark" || kind === "high-contrast";
  return {
    kind,
    foreground: variable("--vscode-editor-foreground", variable("--vscode-foreground", dark ? "#cccccc" : "#333333")),
    background: variable(
      "--vscode-notebook-editorBackground",
      variable("--vscode-editor-background", dark ? "#1e1e1e" : "#ffffff"),
    ),
    font: variable("--vscode-font-family", "system-ui, sans-serif"),
    fontSize: 11,
    palette: PALETTES[kind],
  };
}

function themeKind(body: HTMLElement): Theme["kind"] {
  const has = (name: string) => body.classList.contains(name);
  if (has("vscode-high-contrast-light")) return "high-contrast-light";
  if (has("vscode-high-contrast")) return "high-contrast";
  if (has("vscode-dark")) return "dark";
  if (has("vscode-light")) return "light";
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Width that every vertical axis takes, so that plots stand under each other and do not shift as numbers grow. */
const AXIS_WIDTH = 48;
const RIGHT_MARGIN = 14;

/** Room around plots that stand under each other: a title above each, the axis below the last. */
export const PADDING = { left: AXIS_WIDTH, top: 22, right: RIGHT_MARGIN, bottom: 36 };
export const SPACING = 32;

/** Width of the plots proper inside a chart of `outer` pixels. */
export function plotWidth(outer: number): number {
  return Math.max(120, Math.floor(outer) - AXIS_WIDTH - RIGHT_MARGIN);
}

export function vegaConfig({ kind, foreground, background, font, fontSize, palette }: Theme): Record<string, unknown> {
  const contrast = kind.startsWith("high-contrast");
  const text = { font, fontSize, fill: foreground };
  return {
    background: null,
    // the figure around it speaks; a label for every mark would only make the page large
    aria: false,
    padding: 4,
    font,
    view: { stroke: null },
    range: { category: palette },
    axis: {
      labelFont: font,
      labelFontSize: fontSize,
      labelColor: foreground,
      labelOpacity: contrast ? 1 : 0.85,
      titleFont: font,
      titleFontSize: fontSize,
      titleFontWeight: "normal",
      titleColor: foreground,
      titleOpacity: contrast ? 1 : 0.85,
      titlePadding: 4,
      gridColor: foreground,
      gridOpacity: contrast ? 0.35 : 0.12,
      domainColor: foreground,
      domainOpacity: contrast ? 1 : 0.4,
      tickColor: foreground,
      tickOpacity: contrast ? 1 : 0.4,
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
      labelLimit: AXIS_WIDTH - 6,
    },
    legend: {
      labelFont: font,
      labelFontSize: fontSize,
      labelColor: foreground,
      symbolType: "stroke",
      symbolStrokeWidth: 3,
      symbolSize: 220,
      offset: 4,
      padding: 0,
      columnPadding: 16,
    },
    title: { font, fontSize, fontWeight: "normal", color: foreground, offset: 6, subtitleColor: foreground },
    text: { ...text, stroke: background, strokeWidth: 0 },
    mark: { color: foreground },
    rule: { color: foreground },
    line: { color: foreground, strokeCap: "round", strokeJoin: "round" },
  };
}

/** Calls `changed`, at most once per frame, when the editor's theme changes; returns how to stop. */
export function watchTheme(changed: () => void): () => void {
  let frame = 0;
  const observer = new MutationObserver(() => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(changed);
  });
  observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["style"] });
  return () => {
    cancelAnimationFrame(frame);
    observer.disconnect();
  };
}
