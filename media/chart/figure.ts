import { drawLive, type LiveStrip } from "../live/strip.ts";
import { type Camera, readCamera } from "../surface/camera.ts";
import { readGrid } from "../surface/grid.ts";
import { Surface } from "../surface/surface.ts";
import { actionButton } from "./actions.ts";
import { toBase64 } from "./base64.ts";
import { Cursor } from "./cursor.ts";
import { element } from "./dom.ts";
import { Drawing } from "./drawing.ts";
import { fileName } from "./format.ts";
import { hintsOf } from "./hints.ts";
import { Hover } from "./hover.ts";
import { expectedHeight, shapeCount } from "./layout.ts";
import { links } from "./links.ts";
import { withLogAxis } from "./logAxis.ts";
import { logFields } from "./logFields.ts";
import { Params } from "./params.ts";
import type { Action, Chart, ChartHints, Columns, LiveStatus, RunControl } from "./payload.ts";
import { Picker } from "./picker.ts";
import { showValues } from "./readout.ts";
import { Scrubber } from "./scrubber.ts";
import { axisEnd, ema, type Row, Table, type Value } from "./table.ts";
import { PADDING, readTheme, SPACING, watchTheme } from "./theme.ts";
import { Toolbar } from "./toolbar.ts";
import { WORDS } from "./words.ts";

/** What a reader set on a chart; it outlives the element. */
export interface ChartState {
  log?: boolean;
  /** Smoothing in [0, 1). */
  weight?: number;
  /** Index of the scrubbed value. */
  scrub?: number;
  /** Index of the choice, by parameter. */
  choices?: Readonly<Record<string, number>>;
  /** How the surface is looked at, while it is. */
  surface?: Camera | null;
}

export interface FigureHost {
  state: ChartState;
  keep(state: ChartState): void;
  save(name: string, base64: string): void;
  /** Shows the chart in a panel of its own; not given: there is no panel, or this is it. */
  open?(): void;
  /** Does what a button offers; not given: nobody could, and there are no buttons. */
  act?(action: Action): void;
  /** Changes the run that the chart shows while it goes on; not given: nobody could. */
  control?(run: string, change: RunControl): void;
}

/** Rows are drawn at most this often; on a slow machine less, so that a quarter of the time goes into drawing, but not never. */
const DRAW_INTERVAL_MS = 90;
const DRAW_SHARE = 4;
const SLOWEST_MS = 400;
/** A surface that is being turned is kept when it rests this long. */
const KEEP_MS = 200;
/** Above this many shapes a canvas is faster than SVG; below, SVG is sharper and can be saved as it is. */
const MAX_SVG_SHAPES = 2500;

/** A chart on the page: title, tools, values at the pointer, plots; it grows as rows arrive. */
export class Figure {
  readonly #host: FigureHost;
  readonly #root = element("figure", { class: "dlnb-chart" });
  readonly #title = element("p", { class: "dlnb-title" });
  readonly #text = element("p", { class: "dlnb-hidden" });
  readonly #toolbar: Toolbar;
  readonly #values = element("ul", { class: "dlnb-values" });
  readonly #scrubber: Scrubber;
  readonly #plot = element("div", { class: "dlnb-plot" });
  readonly #canvas = element("div", { "aria-hidden": "true" });
  readonly #live = element("div");
  readonly #actions = element("div", { class: "dlnb-tools dlnb-actions" });
  readonly #cursor: Cursor;
  readonly #picker: Picker;
  readonly #hover: Hover;
  readonly #resize: ResizeObserver;
  readonly #sight: IntersectionObserver;
  readonly #unwatch: () => void;
  readonly #tables = new Map<string, Table>();
  /** Per dataset, the first row that is not drawn yet; -1: all of them are to be replaced. */
  readonly #waiting = new Map<string, number>();
  readonly #params: Params;
  #state: ChartState;
  #chart: Chart;
  #hints: ChartHints = {};
  #linked: readonly string[] = [];
  /** The values at the position, as a sentence. */
  #said = "";
  #unlink: () => void = () => undefined;
  #surface: Surface | null = null;
  #strip: LiveStrip | null = null;
  #drawing: Drawing | null = null;
  #drawn = "";
  #width = 0;
  #frame = 0;
  #drawingNow = false;
  #inSight = true;
  #lastDraw = 0;
  #keeping: ReturnType<typeof setTimeout> | undefined;
  #drawMs = 0;
  #disposed = false;

  constructor(parent: HTMLElement, chart: Chart, host: FigureHost) {
    this.#host = host;
    this.#state = host.state;
    this.#chart = chart;
    this.#toolbar = new Toolbar({
      toggleLog: () => this.#set({ log: !this.#state.log }),
      toggleSurface: () => this.#set({ surface: this.#state.surface ? null : readCamera(null) }),
      smooth: (weight) => this.#set({ weight }),
      choose: (param, index) => {
        this.#set({ choices: { ...this.#state.choices, [param]: index } });
        this.#setChosen();
      },
      save: (kind) => void this.#save(kind),
      open: host.open?.bind(host),
    });
    this.#params = new Params({
      drawing: () => (this.#inSight && !this.#disposed ? this.#drawing : null),
      busy: () => this.#drawingNow,
      // a spec that fails has said so when it was first drawn
      draw: (drawing) => void this.#run(drawing).catch(() => undefined),
    });
    this.#scrubber = new Scrubber((index, settled) => {
      this.#state = { ...this.#state, scrub: index };
      if (settled) host.keep(this.#state);
      this.#setScrubbed();
    });
    this.#plot.append(this.#canvas);
    this.#root.append(
      element("figcaption", { class: "dlnb-head" }, this.#title, this.#toolbar.element),
      this.#text,
      this.#live,
      this.#values,
      this.#scrubber.element,
      this.#plot,
      this.#actions,
    );
    parent.replaceChildren(this.#root);
    this.#cursor = new Cursor(this.#plot, {
      frame: () => this.#drawing?.frame() ?? null,
      share: (value) => this.#drawing?.share(value) ?? null,
      positions: () => this.#mainTable()?.columns.get(this.#hints.x?.field ?? "") ?? [],
      moved: () => this.#showValues(),
    });
    const figure = this;
    this.#picker = new Picker(this.#plot, {
      get hints() {
        return figure.#hints;
      },
      table: (name) => this.#tables.get(name),
      frame: () => this.#drawing?.frame() ?? null,
      share: (value) => this.#drawing?.share(value) ?? null,
      position: () => this.#cursor.position,
      act: host.act?.bind(host) ?? null,
    });
    this.#hover = new Hover(this.#plot, {
      drawing: () => this.#drawing,
      linked: () => {
        const field = this.#hints.link?.field;
        return field === undefined ? null : { field, values: this.#linked };
      },
    });
    this.#resize = new ResizeObserver(() => this.#schedule());
    this.#resize.observe(this.#plot);
    this.#sight = new IntersectionObserver((entries) => {
      this.#inSight = entries.at(-1)?.isIntersecting ?? true;
      if (this.#inSight) this.#params.schedule();
      else this.#scrubber.pause();
    });
    this.#sight.observe(this.#root);
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
    if (!chart.live) this.#endLive();
    this.#toolbar.offer(
      this.#hints,
      (this.#hints.choose ?? []).map((choose) => this.#chosen(choose)),
    );
    this.#plot.style.minHeight ||= `${expectedHeight(chart.spec, SPACING, PADDING.top + PADDING.bottom)}px`;
    const { act } = this.#host;
    const buttons = (this.#hints.actions ?? []).flatMap((action) =>
      actionButton(action, act === undefined ? null : (action) => act(action)),
    );
    this.#actions.replaceChildren(...buttons);
    this.#actions.hidden = buttons.length === 0;
    this.#smooth();
    this.#join();
    this.#setChosen();
    this.#setScrubbed();
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

  /** Where run `run` stands; the controls come with the first word of a run that this chart shows. */
  live(run: string, status: LiveStatus): void {
    const { control } = this.#host;
    if (run !== this.#hints.run || !this.#chart.live || control === undefined) return;
    this.#strip ??= drawLive(this.#live, (change) => control(run, change));
    this.#strip.update(status);
  }

  #endLive(): void {
    this.#strip?.dispose();
    this.#strip = null;
  }

  dispose(): void {
    this.#disposed = true;
    this.#endLive();
    this.#picker.dispose();
    clearTimeout(this.#keeping);
    cancelAnimationFrame(this.#frame);
    this.#params.dispose();
    this.#scrubber.pause();
    this.#resize.disconnect();
    this.#sight.disconnect();
    this.#unwatch();
    this.#hover.dispose();
    this.#unlink();
    this.#cursor.dispose();
    this.#surface?.dispose();
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
    this.#showSurface();
    this.#toolbar.show({ weight, log: this.#logPossible() ? this.#isLog() : null, surface: this.#surface !== null });
  }

  #isLog(): boolean {
    return this.#state.log === true && this.#logPossible();
  }

  /** Where nothing is negative and something is more than 0. */
  #logPossible(): boolean {
    const fields = logFields(this.#chart.spec, this.#hints.log ?? []);
    const columns = fields.map(({ dataset, field }) => this.#tables.get(dataset)?.columns.get(field) ?? []);
    const every = (test: (value: number) => boolean) => columns.every((column) => (column as number[]).every(test));
    return (
      every((value) => !(value < 0)) && (columns.every(({ length }) => length === 0) || !every((value) => !(value > 0)))
    );
  }

  #smooth(): void {
    const { smooth } = this.#hints;
    const table = smooth === undefined ? undefined : this.#tables.get(smooth.dataset);
    const values = smooth === undefined ? undefined : table?.columns.get(smooth.field);
    if (smooth === undefined || table === undefined || values === undefined) return;
    table.columns.set(smooth.as, ema(values as number[], this.#state.weight ?? smooth.weight));
  }

  /** Hears what other charts point at. A value that this chart does not have dims nothing here. */
  #join(): void {
    const { link } = this.#hints;
    const columns = link === undefined ? [] : [...this.#tables.values()].map((table) => table.columns.get(link.field));
    this.#linked = [...new Set(columns.flatMap((column) => column ?? []))].filter((value) => typeof value === "string");
    this.#unlink();
    this.#unlink = () => undefined;
    if (link === undefined) return;
    const known = new Set(this.#linked);
    this.#unlink = links.join(link.field, (value) => {
      const own = value !== null && known.has(value) ? value : null;
      this.#params.set(link.param, own);
      this.#describe();
    });
  }

  #chosen({ param, choices }: NonNullable<ChartHints["choose"]>[number]): number {
    return Math.min(this.#state.choices?.[param] ?? 0, choices.length - 1);
  }

  #setChosen(): void {
    for (const choose of this.#hints.choose ?? []) {
      this.#params.set(choose.param, choose.choices[this.#chosen(choose)]?.value ?? null);
    }
  }

  #setScrubbed(): void {
    const { scrub } = this.#hints;
    const index = Math.min(this.#state.scrub ?? scrub?.start ?? 0, (scrub?.values.length ?? 1) - 1);
    this.#scrubber.show(scrub ?? null, index);
    if (scrub !== undefined) this.#params.set(scrub.param, scrub.values[index] ?? null);
  }

  async #run(drawing: Drawing): Promise<void> {
    this.#drawingNow = true;
    const begin = performance.now();
    try {
      await drawing.draw();
    } finally {
      this.#drawingNow = false;
      this.#drawMs = performance.now() - begin;
    }
    this.#cursor.refresh();
    this.#picker.refresh();
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
    const width = this.#root.clientWidth;
    if (width === 0 || this.#disposed) return;
    const log = this.#isLog();
    const shapes = shapeCount(this.#chart.spec, (dataset) => this.#tables.get(dataset)?.length ?? 0);
    const renderer = shapes > MAX_SVG_SHAPES ? "canvas" : "svg";
    const key = JSON.stringify([this.#chart.spec, log, renderer]);
    if (key !== this.#drawn) {
      this.#drawn = key;
      this.#replaceDrawing(width, renderer);
    } else if (this.#drawing !== null) {
      for (const [dataset, from] of this.#waiting) {
        this.#drawing.change(dataset, this.#rows(dataset, Math.max(0, from)), from < 0);
      }
      this.#setEnd(this.#drawing);
      if (width !== this.#width) this.#drawing.resize(width);
      this.#run(this.#drawing).catch(() => undefined);
    }
    if (this.#waiting.size > 0) this.#join();
    this.#waiting.clear();
    this.#width = width;
    this.#root.dataset.rows = String(this.#mainTable()?.length ?? 0);
    this.#showState();
    this.#showValues();
  }

  #spec(): Readonly<Record<string, unknown>> {
    return this.#isLog() ? withLogAxis(this.#chart.spec, this.#hints.log ?? []) : this.#chart.spec;
  }

  #replaceDrawing(width: number, renderer: "svg" | "canvas"): void {
    const next = element("div");
    const before = this.#drawing;
    const fail = (error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      this.#canvas.replaceChildren(element("p", { class: "dlnb-note" }, WORDS.failed(why)));
    };
    try {
      // the values above the plots name the series, in place of legends
      const steady = this.#hints.values?.some(({ series }) => series !== null) ?? false;
      const options = { theme: readTheme(this.#root), width, steady, renderer, container: next };
      const drawing = new Drawing(this.#spec(), options);
      for (const dataset of this.#tables.keys()) drawing.change(dataset, this.#rows(dataset, 0), true);
      this.#setEnd(drawing);
      this.#params.apply(drawing);
      this.#drawing = drawing;
      // sizes are those of what is on the page
      next.style.position = "absolute";
      next.style.visibility = "hidden";
      this.#canvas.append(next);
      const swap = () => {
        if (this.#drawing !== drawing) {
          next.remove();
          return;
        }
        // the old drawing stays until the new one is whole
        next.style.position = "";
        next.style.visibility = "";
        this.#canvas.replaceChildren(next);
        this.#plot.style.minHeight = `${this.#canvas.offsetHeight}px`;
        before?.dispose();
        this.#cursor.refresh();
        this.#picker.refresh();
      };
      this.#run(drawing).then(swap, fail);
    } catch (error) {
      fail(error);
    }
  }

  /** The surface in the plots' place, when the reader wants it and there is one. */
  #showSurface(): void {
    const hint = this.#hints.surface;
    const wanted = hint !== undefined && Boolean(this.#state.surface);
    const grid = wanted ? readGrid(hint, this.#tables) : null;
    const shown = hint !== undefined && grid !== null;
    this.#plot.hidden = shown;
    // what the slider moves is in the plots
    this.#scrubber.element.hidden = shown || this.#hints.scrub === undefined;
    if (shown) this.#scrubber.pause();
    if (!shown) {
      this.#surface?.dispose();
      this.#surface?.element.remove();
      this.#surface = null;
      return;
    }
    if (this.#surface === null) {
      this.#surface = new Surface({
        camera: readCamera(this.#state.surface),
        turned: (camera) => {
          this.#state = { ...this.#state, surface: camera };
          clearTimeout(this.#keeping);
          this.#keeping = setTimeout(() => this.#host.keep(this.#state), KEEP_MS);
        },
        save: (name, base64) => this.#host.save(name, base64),
      });
      this.#plot.before(this.#surface.element);
    }
    this.#surface.show(grid, hint, readTheme(this.#root), this.#chart.title);
  }

  #showValues(): void {
    const { palette } = readTheme(this.#root);
    const at = this.#cursor.position;
    this.#said = showValues(this.#values, this.#hints, at, this.#tables, this.#mainTable(), palette);
    this.#describe();
  }

  /** Charts in which there is something to stand on are sliders: the arrow keys move along, up and down through what is linked. */
  #describe(): void {
    const { x, link } = this.#hints;
    const along = x !== undefined && this.#mainTable() !== undefined;
    const pointed = link === undefined ? null : this.#params.get(link.param);
    if (!along && this.#linked.length === 0) {
      for (const name of ["tabindex", "role", "aria-label"]) this.#plot.removeAttribute(name);
      return;
    }
    const table = this.#mainTable();
    const values = along ? (table?.columns.get(x.field) ?? []) : this.#linked;
    const at = (values as readonly (Value | null)[]).indexOf(along ? this.#cursor.position : pointed);
    const texts = [...(this.#said === "" ? [] : [this.#said]), ...(pointed === null ? [] : [String(pointed)])];
    const attributes = {
      tabindex: "0",
      role: "slider",
      "aria-label": along ? WORDS.position : WORDS.mark(link?.field ?? ""),
      "aria-valuemin": "0",
      "aria-valuemax": String(Math.max(0, values.length - 1)),
      "aria-valuenow": String(at < 0 ? values.length - 1 : at),
      "aria-valuetext": texts.join(", ") || WORDS.nothing,
    };
    for (const [name, value] of Object.entries(attributes)) this.#plot.setAttribute(name, value);
  }

  async #save(kind: "PNG" | "SVG"): Promise<void> {
    const { title } = this.#chart;
    if (kind === "PNG" && this.#surface !== null) {
      this.#host.save(fileName(title, "png"), this.#surface.toPNG());
      return;
    }
    const theme = readTheme(this.#root);
    const titled = {
      ...this.#spec(),
      background: theme.background,
      padding: 12,
      title: { text: title, anchor: "start", fontSize: 13, fontWeight: 600, offset: 10 },
    };
    const drawing = new Drawing(titled, { theme, width: this.#width });
    for (const dataset of this.#tables.keys()) drawing.change(dataset, this.#rows(dataset, 0), true);
    this.#setEnd(drawing);
    this.#params.apply(drawing);
    await drawing.draw();
    const base64 = kind === "SVG" ? toBase64(await drawing.toSVG()) : ((await drawing.toPNG()).split(",")[1] ?? "");
    drawing.dispose();
    this.#host.save(fileName(title, kind.toLowerCase()), base64);
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
