import { maybeContext, type RunContext } from "../context/index.ts";
import { Interrupted } from "../errors/index.ts";
import { capital } from "../plots/format.ts";
import type { Plot } from "../plots/plot.ts";
import {
  CHART_MIME,
  FINDINGS_MIME,
  type Finding,
  type Findings,
  GALLERY_MIME,
  type Gallery,
  type RunStatus,
} from "../protocol/index.ts";

const PROGRESS_MS = 200;
/** Share of the time that drawing a chart anew may take while something goes on. */
const MOST_SHARE = 0.03;

/** What a run of a cell has said above its charts, findings and pictures: text below need not say it again. */
const said = new WeakMap<RunContext, Set<string>>();

function say(context: RunContext, title: string): void {
  const titles = said.get(context) ?? new Set();
  said.set(context, titles.add(title.toLowerCase()));
}

/** The lines of `text` that are no heading over what the cell that runs has shown, with or without the name that it is about. */
function unsaid(text: string): string {
  const context = maybeContext();
  const titles = context && said.get(context);
  if (titles === undefined) return text;
  const isSaid = (line: string) => {
    const [plain, named] = [
      line.trim().toLowerCase(),
      line
        .trim()
        .toLowerCase()
        .replace(/^[^:]*: /, ""),
    ];
    return titles.has(plain) || titles.has(named);
  };
  return text
    .split("\n")
    .filter((line) => !isSaid(line))
    .join("\n");
}

/** A chart under the cell that may be shown again as more is known. */
export class ShownChart<State> {
  readonly #context: RunContext;
  readonly #plot: Plot<State>;
  readonly #id: string;
  #last = Number.NEGATIVE_INFINITY;
  /** What drawing it took. */
  #costMs = 0;

  constructor(context: RunContext, plot: Plot<State>) {
    this.#context = context;
    this.#plot = plot;
    this.#id = context.freshId("chart");
  }

  /** While it goes on: at most a few times a second, unless it is to be brought up to date. */
  live(state: () => State, upToDate = false): void {
    const now = performance.now();
    if (!upToDate && now - this.#last < Math.max(PROGRESS_MS, this.#costMs / MOST_SHARE)) return;
    this.#show(state(), true);
    this.#last = performance.now();
    this.#costMs = this.#last - now;
  }

  /** As it stays. */
  end(state: State): void {
    this.#show(state, false);
  }

  #show(state: State, live: boolean): void {
    const chart = this.#plot.chart(this.#id, state, live);
    if (!live) say(this.#context, chart.title);
    this.#context.emit({
      event: "output",
      output: {
        id: this.#id,
        items: [
          { mime: CHART_MIME, data: chart },
          { mime: "text/plain", data: `${chart.title}\n${chart.text}` },
        ],
      },
    });
  }
}

/** A chart that is known at once. */
export function showChart<State>(context: RunContext, plot: Plot<State>, state: State): void {
  new ShownChart(context, plot).end(state);
}

/** Checks or findings in words, errors first. */
export function showFindings(context: RunContext, title: string, findings: readonly Finding[]): void {
  const order = ["error", "warning", "info", "pass"];
  const sorted = [...findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  const data: Findings = { id: context.freshId("findings"), title: capital(title), findings: sorted };
  say(context, data.title);
  const text = sorted.map((f) => {
    const lines = [`${f.severity}: ${f.title}: ${f.saw}`, ...(f.why ? [`  why: ${f.why}`] : [])];
    return [...lines, ...f.tries.map((t) => `  try: ${t.text}`)].join("\n");
  });
  context.emit({
    event: "output",
    output: {
      id: data.id,
      items: [
        { mime: FINDINGS_MIME, data },
        { mime: "text/plain", data: [data.title, ...text].join("\n") },
      ],
    },
  });
}

/** Small pictures with captions. */
export function showGallery(context: RunContext, gallery: Omit<Gallery, "id">): void {
  const data = { id: context.freshId("gallery"), ...gallery, title: capital(gallery.title) };
  say(context, data.title);
  context.emit({
    event: "output",
    output: {
      id: data.id,
      items: [
        { mime: GALLERY_MIME, data },
        { mime: "text/plain", data: `${data.title}\n${data.text}` },
      ],
    },
  });
}

interface ProgressNews {
  readonly total?: number;
  readonly message?: string;
  readonly run?: RunStatus;
}

/** Says how far something is, at most a few times a second, and stops it when the user does. */
export class Progress {
  readonly #context: RunContext;
  readonly #about: { readonly total: number | null; readonly unit: string; readonly message: string };
  #last = performance.now();

  constructor(context: RunContext, about: { total: number | null; unit: string; message: string }) {
    this.#context = context;
    this.#about = about;
  }

  /** True once the user asked to stop. */
  get stopped(): boolean {
    return this.#context.signal.aborted;
  }

  /** `more`: what has changed of what it is about, with the run that can be changed by hand; `now` it was. */
  at(done: number, more: ProgressNews | (() => ProgressNews) = {}, now = false): void {
    const time = performance.now();
    if (!now && time - this.#last < PROGRESS_MS) return;
    this.#last = time;
    const told = typeof more === "function" ? more() : more;
    this.#context.emit({ event: "progress", done, ...this.#about, run: null, ...told });
  }

  /** Throws Interrupted once the user asked to stop: for what has nothing to show before its end. */
  check(done: number): void {
    if (this.stopped) {
      throw new Interrupted(
        `${this.#about.message}: interrupted after ${done}${this.#about.total === null ? "" : ` of ${this.#about.total}`} ${this.#about.unit}; nothing was changed`,
      );
    }
    this.at(done);
  }
}

const DISPLAY = Symbol.for("dlnb.display");
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** Characters of a line of text: outputs in the editor do not wrap, and a pane beside a side bar has room for about as many. */
const LINE = 88;

/** Lines of prose that are too long go on below, a little further in; those of tables stay. */
function wrapped(text: string): string {
  const wrap = (line: string): string => {
    const start = /^ */.exec(line)?.[0] ?? "";
    if (line.length <= LINE || / {3}/.test(line.trim())) return line;
    const lines = [start];
    for (const word of line.slice(start.length).split(/ (?!%)/)) {
      const last = lines.at(-1) as string;
      if (last.trim() === "") lines[lines.length - 1] = last + word;
      else if (last.length + 1 + word.length <= LINE) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(`${start}    ${word}`);
    }
    return lines.join("\n");
  };
  return text.split("\n").map(wrap).join("\n");
}

/**
 * What a diagnostic returns: its numbers as plain properties, and one text for cells, consoles and templates. Under the cell that
 * has just shown it, what stands there already is left out.
 */
export function measured<T extends object>(values: T, text: string): T {
  const show = (value: () => unknown) => ({ value, enumerable: false });
  return Object.defineProperties(values, {
    toString: show(() => text),
    [INSPECT]: show(() => wrapped(text)),
    [DISPLAY]: show(() => [{ mime: "text/plain", data: wrapped(unsaid(text)) }]),
  });
}
