import { translated } from "../../l10n/index.ts";
import { element } from "../chart/dom.ts";
import { type ChartState, Figure } from "../chart/figure.ts";
import { links } from "../chart/links.ts";
import { STYLE } from "../chart/style.ts";
import { readTheme, watchTheme } from "../chart/theme.ts";
import { ConfigTable } from "../compare/configTable.ts";
import { Legend, setText } from "../compare/legend.ts";
import { Parallel } from "../compare/parallel.ts";
import type { ComparedRuns, CompareState, CompareView, FromCompare, ToCompare } from "../compare/payload.ts";
import { Picked } from "../compare/picked.ts";
import { RunTable } from "../compare/runTable.ts";
import { COMPARE_STYLE } from "../compare/style.ts";
import { PALETTE } from "../compare/symbols.ts";
import { WORDS } from "../compare/words.ts";
import type { Editor } from "./editor.ts";

/** What is kept: what the panel is about, and what the reader set on the chart. */
type Kept = CompareState & { readonly chart?: ChartState };

/** Figures of single steps that go up and down. */
const SMOOTHED: readonly string[] = ["loss", "gradientNorm"];

/** What has a line of its own, as the list of it has it. */
const SEEDS = "seeds";
const EACH = "each";
const BY = "by ";

/** Runs beside each other: curves, what differs, a table, settings and outcome. */
export function showComparison(editor: Editor<FromCompare, Kept>): void {
  document.head.append(element("style", {}, STYLE), element("style", {}, COMPARE_STYLE));
  new Comparison(editor);
  editor.postMessage({ type: "ready" });
}

class Comparison {
  readonly #editor: Editor<FromCompare, Kept>;
  readonly #picked = new Picked();
  readonly #status = element("p", { role: "status" }, WORDS.loading);
  readonly #head = element("span");
  /** What the verdict rests on. */
  readonly #grounds = element("span", { class: "grounds" });
  readonly #verdict = element("h1", {}, this.#head, this.#grounds);
  readonly #notes = element("ul", { class: "notes" });
  readonly #figureOf = element("select");
  readonly #over = element("select");
  readonly #lines = element("select");
  readonly #smoothing = element("input", { type: "range", min: "0", max: "0.95", step: "0.05" });
  readonly #smoothed = element("output");
  readonly #plot = element("div");
  readonly #legend: Legend;
  readonly #runs: RunTable;
  readonly #config = new ConfigTable();
  readonly #parallel: Parallel;
  readonly #parallelPart: HTMLElement;
  readonly #content: HTMLElement;
  #figure: Figure | null = null;
  #compared: ComparedRuns | null = null;
  #view: CompareView | null = null;
  #options = "";

  constructor(editor: Editor<FromCompare, Kept>) {
    this.#editor = editor;
    this.#legend = new Legend((label) => this.#toggle(label), this.#picked);
    this.#runs = new RunTable((key) => editor.postMessage({ type: "open", key }), this.#picked);
    this.#parallel = new Parallel(this.#picked, (brush) => this.#change({ brush }));
    for (const [x, label] of Object.entries(WORDS.axes)) this.#over.append(element("option", { value: x }, label));
    this.#figureOf.addEventListener("change", () => this.#change({ figure: this.#figureOf.value }));
    this.#over.addEventListener("change", () => this.#change({ x: this.#over.value as CompareView["x"] }));
    this.#lines.addEventListener("change", () => {
      const { value } = this.#lines;
      const groupBy = value.startsWith(BY) ? value.slice(BY.length) : null;
      this.#change({ bands: value !== EACH, groupBy, hidden: [] });
    });
    this.#smoothing.addEventListener("input", () => {
      this.#smoothed.value = this.#smoothing.value;
      this.#change({ smoothing: Number(this.#smoothing.value) });
    });
    const button = (label: string, message: FromCompare, title = "") => {
      const made = element("button", { type: "button", ...(title === "" ? {} : { title }) }, label);
      made.addEventListener("click", () => editor.postMessage(message));
      return made;
    };
    const smoothing = element(
      "label",
      { title: WORDS.smoothingTitle },
      WORDS.smoothing,
      this.#smoothing,
      this.#smoothed,
    );
    const bar = element(
      "div",
      { class: "bar", role: "group", "aria-label": WORDS.curves },
      element("label", {}, WORDS.figure, this.#figureOf),
      element("label", {}, WORDS.over, this.#over),
      element("label", { title: WORDS.linesTitle }, WORDS.lines, this.#lines),
      smoothing,
      element(
        "span",
        { class: "end" },
        button(WORDS.choose, { type: "choose" }),
        button(WORDS.cell, { type: "export", as: "cell" }, WORDS.cellTitle),
        button(WORDS.markdown, { type: "copy", as: "markdown" }),
        button(WORDS.csv, { type: "copy", as: "csv" }),
        button(WORDS.saveCsv, { type: "export", as: "csv" }),
      ),
    );
    this.#parallelPart = element(
      "section",
      {},
      element("h2", {}, WORDS.parallel),
      element("p", { class: "note" }, WORDS.parallelHint),
      this.#parallel.element,
    );
    this.#content = element(
      "div",
      {},
      this.#verdict,
      this.#notes,
      bar,
      this.#legend.element,
      this.#plot,
      element("section", {}, element("h2", {}, WORDS.runs), this.#runs.element),
      this.#parallelPart,
      element(
        "section",
        {},
        element("h2", {}, WORDS.settings),
        element("label", {}, this.#config.equal, WORDS.equal),
        this.#config.note,
        this.#config.element,
      ),
    );
    this.#content.hidden = true;
    document.body.append(element("main", {}, this.#status, this.#content));
    this.#picked.onChange(() => this.#pointAtGroup());
    links.join("group", (label) => this.#pointedAt(label));
    this.#colours();
    watchTheme(() => this.#colours());
    addEventListener("message", ({ data }: MessageEvent<ToCompare>) => this.#hear(data));
  }

  #hear(message: ToCompare): void {
    const nothing = message.type === "nothing";
    this.#content.hidden = nothing;
    this.#status.hidden = !nothing;
    if (nothing) {
      setText(this.#status, message.text);
      return;
    }
    const { compared, state } = message;
    this.#compared = compared;
    this.#view = state.view;
    this.#editor.setState({ ...this.#editor.getState(), ...state });
    this.#picked.runs = compared.runs;
    // what trains says its verdict to those who look, not twice a second to those who listen
    this.#verdict.setAttribute("aria-live", compared.runs.some(({ live }) => live) ? "off" : "polite");
    const [head = "", ...grounds] = compared.verdict.split("; ");
    setText(this.#head, translated(head));
    setText(this.#grounds, translated(grounds.join("; ")));
    const notes = compared.notes.join("\n");
    if (this.#notes.dataset.text !== notes) {
      this.#notes.dataset.text = notes;
      this.#notes.replaceChildren(...compared.notes.map((note) => element("li", {}, translated(note))));
    }
    this.#showTools(compared, state.view);
    this.#legend.show(compared);
    this.#showChart(compared);
    this.#runs.show(compared);
    this.#config.show(compared);
    this.#parallelPart.hidden = compared.parallel === null;
    this.#parallel.show(compared, state.view.brush);
    this.#pointAtGroup();
  }

  #showTools({ figures, figure, groupings }: ComparedRuns, { x, bands, groupBy, smoothing }: CompareView): void {
    const options = JSON.stringify([figures, groupings]);
    if (this.#options !== options) {
      this.#options = options;
      this.#figureOf.replaceChildren(...figures.map(({ key, label }) => element("option", { value: key }, label)));
      this.#lines.replaceChildren(
        element("option", { value: SEEDS }, WORDS.seeds),
        element("option", { value: EACH }, WORDS.eachRun),
        ...groupings.map((path) => element("option", { value: `${BY}${path}` }, WORDS.grouped(path))),
      );
    }
    this.#figureOf.value = figure;
    this.#over.value = x;
    const by = groupBy !== null && groupings.includes(groupBy);
    this.#lines.value = by ? `${BY}${groupBy}` : bands ? SEEDS : EACH;
    if (document.activeElement !== this.#smoothing) this.#smoothing.value = String(smoothing);
    this.#smoothed.value = this.#smoothing.value;
    this.#smoothing.disabled = !SMOOTHED.includes(figure);
  }

  #showChart({ chart }: ComparedRuns): void {
    if (this.#figure !== null) {
      this.#figure.update(chart);
      return;
    }
    this.#figure = new Figure(this.#plot, chart, {
      state: this.#editor.getState()?.chart ?? {},
      keep: (state) => {
        const kept = this.#editor.getState();
        if (kept !== undefined) this.#editor.setState({ ...kept, chart: state });
      },
      save: (name, base64) => this.#editor.postMessage({ type: "save", name, base64 }),
    });
  }

  #change(change: Partial<CompareView>): void {
    if (this.#view === null) return;
    this.#view = { ...this.#view, ...change };
    this.#editor.postMessage({ type: "view", view: this.#view });
  }

  #toggle(label: string): void {
    const hidden = this.#view?.hidden ?? [];
    this.#change({ hidden: hidden.includes(label) ? hidden.filter((one) => one !== label) : [...hidden, label] });
  }

  /** What is marked elsewhere stands out among the curves. */
  #pointAtGroup(): void {
    const { group } = this.#picked;
    links.point("group", group === null ? null : (this.#compared?.groups[group]?.label ?? null));
  }

  /** Somebody points at a curve. */
  #pointedAt(label: string | null): void {
    const group = this.#compared?.groups.findIndex((one) => one.label === label) ?? -1;
    if (group !== (this.#picked.group ?? -1)) this.#picked.point(group < 0 ? null : { group });
  }

  #colours(): void {
    const { palette } = readTheme(document.body);
    for (let i = 0; i < PALETTE; i++)
      document.body.style.setProperty(`--series-${i}`, palette[i % palette.length] ?? "currentColor");
  }
}
