import { type Config, changeset, Error as ErrorLevel, type Loader, parse, type Spec, View } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile, type TopLevelSpec } from "vega-lite";
import type { Row } from "./table.ts";
import { PADDING, SPACING, type Theme, vegaConfig } from "./theme.ts";

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
  /** Of the plots proper, in pixels. */
  width: number;
  /** Where to draw; without it the drawing can only be exported. */
  container?: HTMLElement;
}

/**
 * A Vega-Lite spec on the page. Expressions run in Vega's interpreter, so a strict content security policy holds. Rows join named
 * datasets without a redraw of the rest.
 */
export class Drawing {
  readonly #view: View;

  constructor(spec: Readonly<Record<string, unknown>>, { theme, width, container }: DrawingOptions) {
    const compiled = compile(spec as unknown as TopLevelSpec, { config: vegaConfig(theme) as object }).spec as Spec;
    const height = fixedHeight(spec);
    const onPage = container !== undefined && height !== null;
    const runtime = parse(onPage ? withFixedLayout(compiled, height) : compiled, {} as Config, { ast: true });
    this.#view = new View(runtime, {
      expr: expressionInterpreter,
      loader: closedLoader,
      logLevel: ErrorLevel,
      renderer: container === undefined ? "none" : "svg",
      ...(container === undefined ? {} : { container, hover: false }),
    });
    this.#view.width(width);
  }

  /** Rows for the next `draw`. */
  change(dataset: string, rows: readonly Row[], replace: boolean): void {
    const changes = changeset();
    if (replace) changes.remove(() => true);
    // a dataset that the spec does not use is no error: hints may read it
    if (this.#has(dataset)) this.#view.change(dataset, changes.insert(rows as Row[]));
  }

  async draw(): Promise<void> {
    await this.#view.runAsync();
  }

  /** Sets a parameter of the spec, when it has it. */
  set(param: string, value: number): void {
    try {
      if (this.#view.signal(param) !== value) this.#view.signal(param, value);
    } catch {
      // hints may be older or newer than the spec
    }
  }

  resize(width: number): void {
    this.#view.width(width);
  }

  /** Ends of the horizontal axis that all plots share; null when there is none. */
  xDomain(): readonly [number, number] | null {
    try {
      const domain = this.#view.scale("x").domain() as number[];
      return [Number(domain[0]), Number(domain.at(-1))];
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

  #has(dataset: string): boolean {
    try {
      this.#view.data(dataset);
      return true;
    } catch {
      return false;
    }
  }
}

/** The spec with a logarithmic vertical axis in the named views (the kernel gives every `y` there a scale to change). */
export function withLogAxis(
  spec: Readonly<Record<string, unknown>>,
  views: readonly string[],
): Record<string, unknown> {
  const change = (node: unknown, inside: boolean): unknown => {
    if (Array.isArray(node)) return node.map((part) => change(part, inside));
    if (typeof node !== "object" || node === null) return node;
    const record = node as Record<string, unknown>;
    const here = inside || (typeof record.name === "string" && views.includes(record.name));
    return Object.fromEntries(
      Object.entries(record).map(([key, value]) => {
        const y = here && key === "y" && typeof value === "object" && value !== null && "field" in value;
        return [key, y ? logarithmic(value as Record<string, unknown>) : change(value, here)];
      }),
    );
  };
  return change(spec, false) as Record<string, unknown>;
}

function logarithmic(y: Record<string, unknown>): Record<string, unknown> {
  const { zero: _, ...linear } = y.scale as { zero?: boolean };
  const scale = { ...linear, type: "log", nice: false };
  return { ...y, scale, axis: { ...(y.axis as object), format: "~g", tickCount: 5 } };
}

/** Pixels the drawing will need, so that the page does not jump when it appears. */
export function expectedHeight(spec: Readonly<Record<string, unknown>>): number {
  const plots = fixedHeight(spec) ?? (typeof spec.height === "number" ? spec.height : 200);
  return plots + PADDING.top + PADDING.bottom;
}

/** Height of plots that stand under each other, from the first's top to the last's bottom; null for other specs. */
function fixedHeight(spec: Readonly<Record<string, unknown>>): number | null {
  if (!Array.isArray(spec.vconcat)) return null;
  const heights = (spec.vconcat as { height?: unknown }[]).map(({ height }) => height);
  if (!heights.every((height) => typeof height === "number")) return null;
  return heights.reduce((sum, height) => sum + height, 0) + SPACING * (heights.length - 1);
}

/** On the page nothing is measured: labels that grow and shrink would move the plots. The values above name the series. */
function withFixedLayout(spec: Spec, height: number): Spec {
  const { legends: _, ...rest } = spec;
  const layout = { ...(spec.layout as object), padding: SPACING, bounds: "flush" } as Spec["layout"] & object;
  return { ...rest, autosize: { type: "none" }, padding: PADDING, height, layout };
}
