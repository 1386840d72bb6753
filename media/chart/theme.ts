import { scheme } from "vega";
import { blend, COLOURS, type DataColours, type ThemeKind } from "./colours.ts";

/** The editor's look at this moment, and the Vega config that takes it over. */
export interface Theme extends DataColours {
  kind: ThemeKind;
  foreground: string;
  background: string;
  font: string;
  fontSize: number;
}

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
    ...COLOURS[kind],
  };
}

function themeKind(body: HTMLElement): ThemeKind {
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

/**
 * The look of charts. `fixed` gives every vertical axis the same room (see `AXIS_WIDTH`), for plots that stand under each other
 * and grow. Reports have a config of their own with the same parts; a test holds the two together.
 */
export function vegaConfig(theme: Theme, fixed = false): Record<string, unknown> {
  const { kind, foreground, background, font, fontSize, palette } = theme;
  const contrast = kind.startsWith("high-contrast");
  const label = { labelFont: font, labelFontSize: fontSize, labelColor: foreground };
  const title = { titleFont: font, titleFontSize: fontSize, titleFontWeight: "normal", titleColor: foreground };
  const opacity = contrast ? 1 : 0.85;
  return {
    background: null,
    // the figure around it speaks; a label for every mark would only make the page large
    aria: false,
    padding: 4,
    font,
    view: { stroke: null },
    range: {
      category: palette,
      ordinal: { scheme: orderedScheme(theme) },
      heatmap: theme.heatmap,
      ramp: theme.ramp,
      diverging: theme.diverging,
    },
    axis: {
      ...label,
      ...title,
      labelOpacity: opacity,
      titleOpacity: opacity,
      titlePadding: 4,
      gridColor: foreground,
      gridOpacity: contrast ? 0.25 : 0.12,
      domainColor: foreground,
      domainOpacity: contrast ? 1 : 0.4,
      tickColor: foreground,
      tickOpacity: contrast ? 1 : 0.4,
      tickSize: 4,
    },
    axisX: { labelFlush: true, labelOverlap: true, labelSeparation: 8 },
    axisY: {
      labelOverlap: true,
      domain: false,
      ticks: false,
      labelPadding: 6,
      ...(fixed ? { minExtent: AXIS_WIDTH, maxExtent: AXIS_WIDTH, labelLimit: AXIS_WIDTH - 6 } : {}),
    },
    legend: {
      ...label,
      ...title,
      symbolType: "stroke",
      symbolStrokeWidth: 3,
      symbolSize: 220,
      symbolBaseFillColor: foreground,
      symbolBaseStrokeColor: foreground,
      offset: 10,
      padding: 0,
      columnPadding: 16,
    },
    header: { ...label, ...title },
    title: {
      font,
      fontSize,
      fontWeight: "normal",
      color: foreground,
      offset: 6,
      subtitleFont: font,
      subtitleFontSize: fontSize,
      subtitleColor: foreground,
    },
    text: { font, fontSize, fill: foreground, stroke: background, strokeWidth: 0 },
    mark: { color: foreground },
    bar: { color: palette[0] },
    rule: { color: foreground },
    line: { color: foreground, strokeCap: "round", strokeJoin: "round" },
  };
}

/** Steps of the theme's ramp for as many ordered values as there are. */
function orderedScheme({ kind, ramp }: Theme): string {
  const name = `dlnb-${kind}`;
  scheme(name, (t: number) => `rgb(${blend(ramp, t)})`);
  return name;
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
