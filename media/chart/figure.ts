import { Cursor } from "./cursor.ts";
import { element } from "./dom.ts";
import { Drawing, expectedHeight, withLogAxis } from "./drawing.ts";
import { fileName, readable } from "./format.ts";
import { positiveFields } from "./logFields.ts";
import { type Chart, type ChartHints, type Columns, hintsOf } from "./payload.ts";
import { axisEnd, ema, type Row, Table } from "./table.ts";
import { plotWidth, readTheme, watchTheme } from "./theme.ts";

/** What a reader set on a chart; it outlives the element. */
export interface ChartState {
  log?: boolean;
  /** Smoothing in [0, 1). */
  weight?: number;
}

export interface FigureHost {
  state: ChartState;
  keep(state: ChartState): void;
  save(name: string, base64: string): void;
  /** Shows the chart in a panel of its own; not given: there is no panel, or this is it. */
  open?(): void;
}

/** Rows are drawn at most this often; on a slow machine less, so that a quarter of the time goes into drawing, but not never. */
const DRAW_INTERVAL_MS = 90;
const DRAW_SHARE = 4;
const SLOWEST_MS = 400;

/** A chart on the page: title, tools, values at the pointer, plots; it grows as rows arrive. */
export class Figure {
  readonly #host: FigureHost;
  readonly #root = element("figure", { class: "dlnb-chart" });
  readonly #title = element("p", { class: "dlnb-title" });
  readonly #text = element("p", { class: "dlnb-hidden" });
  readonly #log = element("button", { type: "button", "aria-pressed": "false" }, "log axis");
  readonly #weight = element("input", { type: "range", min: "0", max: "0.99", step: "0.01" });
  readonly #weightValue = element("output");
  readonly #smoothing = element("label", {}, "smoothing", this.#weight, this.#weightValue);
  readonly #values = element("ul", { class: "dlnb-values" });
  readonly #plot = element("div", { class: "dlnb-plot" });
  readonly #canvas = element("div", { "aria-hidden": "true" });
  readonly #cursor: Cursor;
  readonly #resize: ResizeObserver;
  readonly #unwatch: () => void;
  readonly #tables = new Map<string, Table>();
  /** Per dataset, the first row that is not drawn yet; -1: all of them are to be replaced. */
  readonly #waiting = new Map<string, number>();
  #state: ChartState;
  #chart: Chart;
  #hints: ChartHints = {};
  #drawing: Drawing | null = null;
  #drawn = "";
  #width = 0;
  #frame = 0;
  #lastDraw = 0;
  #drawMs = 0;
  #disposed = false;

  constructor(parent: HTMLElement, chart: Chart, host: FigureHost) {
    this.#host = host;
    this.#state = host.state;
    this.#chart = chart;
    const button = (label: string, text: string, click: () => void) => {
      const made = element("button", { type: "button", "aria-label": label, title: label }, text);
      made.addEventListener("click", click);
      return made;
    };
    const { open } = host;
    const tools = element(
      "div",
      { class: "dlnb-tools" },
      this.#smoothing,
      this.#log,
      button("Save as PNG", "PNG", () => void this.#save("PNG")),
      button("Save as SVG", "SVG", () => void this.#save("SVG")),
      ...(open === undefined ? [] : [button("Open in a panel beside the notebook", "panel", open)]),
    );
    this.#plot.append(this.#canvas);
    this.#root.append(
      element("figcaption", { class: "dlnb-head" }, this.#title, tools),
      this.#text,
      this.#values,
      this.#plot,
    );
    parent.replaceChildren(this.#root);
    this.#cursor = new Cursor(this.#plot, this.#canvas, {
      domain: () => this.#drawing?.xDomain() ?? null,
      positions: () => (this.#mainTable()?.columns.get(this.#hints.x?.field ?? "") as number[] | undefined) ?? [],
      moved: () => this.#showValues(),
    });
    this.#log.addEventListener("click", () => this.#set({ log: !this.#state.log }));
    this.#weight.addEventListener("input", () => this.#set({ weight: Number(this.#weight.value) }));
    this.#resize = new ResizeObserver(() => this.#schedule());
    this.#resize.observe(this.#plot);
    this.#unwatch = watchTheme(() => this.#rebuild());
    this.update(chart);
  }

  /** The chart as a whole: what was drawn before is replaced, without a gap. */
  update(chart: Chart): void {
    this.#chart = chart;
    this.#hints = hintsOf(chart);
    this.#tables.clear();
    for (const [name, columns] of Object.entries(chart.datasets)) {
      this.#table(name).append(columns);
      this.#waiting.set(name, -1);
    }
    this.#title.textContent = chart.title;
    this.#text.textContent = chart.text;
    this.#root.setAttribute("aria-label", chart.title);
    this.#root.dataset.live = String(chart.live);
    this.#smoothing.hidden = this.#hints.smooth === undefined;
    this.#log.hidden = this.#hints.log === undefined;
    this.#plot.style.minHeight ||= `${expectedHeight(chart.spec)}px`;
    this.#smooth();
    this.#showState();
    this.#draw();
  }

  /** Rows that join a dataset; they are drawn with the next frame. */
  append(dataset: string, columns: Columns, replace: boolean): void {
    const table = this.#table(dataset);
    const from = this.#waiting.get(dataset) ?? table.length;
    if (replace) table.clear();
    table.append(columns);
    this.#waiting.set(dataset, replace ? -1 : from);
    this.#smooth();
    this.#schedule();
  }

  dispose(): void {
    this.#disposed = true;
    cancelAnimationFrame(this.#frame);
    this.#resize.disconnect();
    this.#unwatch();
    this.#cursor.dispose();
    this.#drawing?.dispose();
  }

  #set(change: ChartState): void {
    this.#state = { ...this.#state, ...change };
    this.#host.keep(this.#state);
    if (change.weight !== undefined && this.#hints.smooth !== undefined) {
      this.#smooth();
      this.#waiting.set(this.#hints.smooth.dataset, -1);
    }
    this.#showState();
    this.#schedule();
  }

  #showState(): void {
    const weight = this.#state.weight ?? this.#hints.smooth?.weight ?? 0;
    this.#weight.value = String(weight);
    this.#weight.setAttribute("aria-valuetext", weight.toFixed(2));
    this.#weightValue.textContent = weight.toFixed(2);
    const possible = this.#logPossible();
    this.#log.disabled = !possible;
    this.#log.title = possible ? "Logarithmic vertical axis" : "A logarithmic axis needs values above 0";
    this.#log.setAttribute("aria-pressed", String(this.#isLog()));
  }

  #isLog(): boolean {
    return this.#state.log === true && this.#logPossible();
  }

  #logPossible(): boolean {
    const fields = positiveFields(this.#chart.spec, this.#hints.log ?? []);
    return fields.every(({ dataset, field }) =>
      (this.#tables.get(dataset)?.columns.get(field) ?? []).every((value) => !((value as number) <= 0)),
    );
  }

  #smooth(): void {
    const { smooth } = this.#hints;
    const table = smooth === undefined ? undefined : this.#tables.get(smooth.dataset);
    const values = smooth === undefined ? undefined : table?.columns.get(smooth.field);
    if (smooth === undefined || table === undefined || values === undefined) return;
    table.columns.set(smooth.as, ema(values as number[], this.#state.weight ?? smooth.weight));
  }

  #schedule(): void {
    if (this.#frame !== 0 || this.#disposed) return;
    const tick = (now: number) => {
      const pause = Math.min(SLOWEST_MS, Math.max(DRAW_INTERVAL_MS, DRAW_SHARE * this.#drawMs));
      if (now - this.#lastDraw < pause) {
        this.#frame = requestAnimationFrame(tick);
        return;
      }
      this.#frame = 0;
      this.#lastDraw = now;
      this.#draw();
    };
    this.#frame = requestAnimationFrame(tick);
  }

  #rebuild(): void {
    this.#drawn = "";
    this.#schedule();
  }

  /** Brings the page up to what is known: a new drawing when spec, axis or theme changed, else only new rows and width. */
  #draw(): void {
    const outer = this.#plot.clientWidth;
    if (outer === 0 || this.#disposed) return;
    const width = plotWidth(outer);
    const log = this.#isLog();
    const key = JSON.stringify([this.#chart.spec, log]);
    if (key !== this.#drawn) {
      this.#drawn = key;
      this.#replaceDrawing(log ? withLogAxis(this.#chart.spec, this.#hints.log ?? []) : this.#chart.spec, width);
    } else if (this.#drawing !== null) {
      for (const [dataset, from] of this.#waiting) {
        this.#drawing.change(dataset, this.#rows(dataset, Math.max(0, from)), from < 0);
      }
      this.#setEnd(this.#drawing);
      if (width !== this.#width) this.#drawing.resize(width);
      const begin = performance.now();
      void this.#drawing.draw().then(() => {
        this.#drawMs = performance.now() - begin;
        this.#cursor.refresh();
      });
    }
    this.#waiting.clear();
    this.#width = width;
    this.#root.dataset.rows = String(this.#mainTable()?.length ?? 0);
    this.#showState();
    this.#showValues();
  }

  #replaceDrawing(spec: Readonly<Record<string, unknown>>, width: number): void {
    const next = element("div");
    const before = this.#drawing;
    try {
      const drawing = new Drawing(spec, { theme: readTheme(this.#root), width, container: next });
      for (const dataset of this.#tables.keys()) drawing.change(dataset, this.#rows(dataset, 0), true);
      this.#setEnd(drawing);
      this.#drawing = drawing;
      void drawing.draw().then(() => {
        if (this.#drawing !== drawing) return;
        // the old drawing stays until the new one is whole
        this.#canvas.replaceChildren(next);
        this.#plot.style.minHeight = `${this.#canvas.offsetHeight}px`;
        before?.dispose();
        this.#cursor.refresh();
      });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#canvas.replaceChildren(element("p", { class: "dlnb-note" }, `this chart cannot be drawn: ${why}`));
    }
  }

  #showValues(): void {
    const { x, values } = this.#hints;
    this.#values.hidden = x === undefined || values === undefined;
    if (x === undefined || values === undefined) return;
    const at = this.#cursor.position;
    const main = this.#mainTable();
    const here = at ?? Number(main?.value(x.field, main.length - 1) ?? Number.NaN);
    const { palette } = readTheme(this.#root);
    const series = [...new Set(values.map((value) => value.series).filter((name) => name !== null))];
    const items = values.map(({ dataset, field, label, series: name }) => {
      const table = this.#tables.get(dataset);
      const row = table === undefined ? -1 : at === null ? table.length - 1 : table.nearest(x.field, at);
      const text = table === undefined || row < 0 ? "–" : readable(table.value(field, row));
      return { label, text, colour: name === null ? null : (palette[series.indexOf(name)] ?? null) };
    });
    const all = [{ label: x.label, text: readable(here), colour: null }, ...items];
    this.#values.replaceChildren(
      ...all.map(({ label, text, colour }) => {
        const item = element("li", colour === null ? { class: "plain" } : {}, `${label} `, element("span", {}, text));
        if (colour !== null) item.style.setProperty("--series", colour);
        return item;
      }),
    );
    this.#cursor.describe(all.map(({ label, text }) => `${label} ${text}`).join(", "));
  }

  async #save(kind: "PNG" | "SVG"): Promise<void> {
    const theme = readTheme(this.#root);
    const spec = this.#isLog() ? withLogAxis(this.#chart.spec, this.#hints.log ?? []) : this.#chart.spec;
    const titled = {
      ...spec,
      background: theme.background,
      padding: 12,
      title: { text: this.#chart.title, anchor: "start", fontSize: 13, fontWeight: 600, offset: 10 },
    };
    const drawing = new Drawing(titled, { theme, width: this.#width });
    for (const dataset of this.#tables.keys()) drawing.change(dataset, this.#rows(dataset, 0), true);
    this.#setEnd(drawing);
    await drawing.draw();
    const base64 = kind === "SVG" ? toBase64(await drawing.toSVG()) : ((await drawing.toPNG()).split(",")[1] ?? "");
    drawing.dispose();
    this.#host.save(fileName(this.#chart.title, kind.toLowerCase()), base64);
  }

  /** While it grows the axis ends where more is to come; after, where the rows end. */
  #setEnd(drawing: Drawing): void {
    const { x } = this.#hints;
    if (x?.end === undefined) return;
    const last = (table: Table) => Number(table.value(x.field, table.length - 1));
    const done = Math.max(0, ...[...this.#tables.values()].map(last).filter(Number.isFinite));
    drawing.set(x.end.param, this.#chart.live ? axisEnd(done, x.end.planned) : done || x.end.planned);
  }

  /** The dataset whose rows are the positions one can stand on. */
  #mainTable(): Table | undefined {
    return this.#tables.get(this.#hints.smooth?.dataset ?? this.#hints.values?.[0]?.dataset ?? "");
  }

  #rows(dataset: string, from: number): Row[] {
    return this.#table(dataset).rows(from);
  }

  #table(name: string): Table {
    const table = this.#tables.get(name) ?? new Table();
    this.#tables.set(name, table);
    return table;
  }
}

function toBase64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
}
