import { number } from "../../l10n/index.ts";
import { element } from "../chart/dom.ts";
import { along, decades, moved, type Point, raised, rateText, simplified, withOneMore } from "./rates.ts";
import { WORDS } from "./words.ts";

/** What is to come, as the editor of the schedule is given it. */
export interface Rest {
  readonly steps: readonly number[];
  readonly lr: readonly number[];
  readonly planned: readonly number[];
}

export interface ScheduleHost {
  apply(points: readonly Point[]): void;
  followPlan(): void;
  close(): void;
}

const SVG = "http://www.w3.org/2000/svg";
/** Points to begin with. */
const POINTS = 6;
const MOST_POINTS = 30;
const [WIDTH, HEIGHT] = [640, 200];
const MARGIN = { left: 56, right: 14, top: 10, bottom: 26 };
const PLOT = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
/** Places at which a line between points is drawn: straight in rates, and so bent on a logarithmic axis. */
const PLACES = 160;

/** A plot of the rest of the schedule, on a logarithmic axis, whose points are dragged or moved by the arrow keys. */
export class ScheduleEditor {
  readonly element = element("div", { class: "dlnb-schedule", role: "group", "aria-label": WORDS.editor });
  readonly #host: ScheduleHost;
  readonly #svg = node("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "plot" });
  readonly #axes = node("g", { class: "axes", "aria-hidden": "true" });
  readonly #planned = node("path", { class: "planned" });
  readonly #line = node("path", { class: "line" });
  readonly #now = node("line", { class: "now", y1: String(MARGIN.top), y2: String(MARGIN.top + PLOT.height) });
  readonly #handles = node("g", {});
  readonly #said = element("output", { class: "said", "aria-live": "polite" });
  readonly #apply: HTMLButtonElement;
  readonly #remove: HTMLButtonElement;
  #rest: Rest;
  #first: readonly Point[] = [];
  #points: readonly Point[] = [];
  #decades: readonly [number, number] = [-5, 0];
  #chosen = 0;

  constructor(rest: Rest, host: ScheduleHost) {
    this.#host = host;
    this.#rest = rest;
    this.#apply = button(WORDS.apply, () => host.apply(this.#points), "dlnb-primary");
    this.#remove = button(WORDS.removePoint, () => this.#take(this.#chosen));
    this.#svg.append(this.#axes, this.#planned, this.#now, this.#line, this.#handles);
    this.#svg.addEventListener("dblclick", (event) => this.#add(this.#placeOf(event)[0]));
    this.element.append(
      element("p", { class: "how" }, WORDS.how),
      this.#svg,
      this.#said,
      element(
        "div",
        { class: "dlnb-tools" },
        this.#apply,
        button(WORDS.addPoint, () => this.#add()),
        this.#remove,
        button(WORDS.reset, () => this.show(this.#rest)),
        button(WORDS.followPlan, () => host.followPlan()),
        button(WORDS.close, () => host.close()),
      ),
    );
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      host.close();
    });
    this.show(rest);
  }

  /** Begins anew with what is to come. */
  show(rest: Rest): void {
    this.#rest = rest;
    const points = raised(rest.steps.map((step, i): Point => [step, rest.lr[i] as number]));
    const planned = raised(rest.steps.map((step, i): Point => [step, rest.planned[i] as number]));
    this.#decades = decades([...points, ...planned]);
    this.#first = simplified(points, POINTS);
    this.#points = this.#first;
    this.#planned.setAttribute("d", this.#path(planned));
    this.#chosen = Math.min(1, this.#points.length - 1);
    this.#drawAxes();
    this.#draw();
  }

  /** Where the run is by now. */
  set now(step: number) {
    const x = String(this.#x(Math.max(step, this.#from)));
    this.#now.setAttribute("x1", x);
    this.#now.setAttribute("x2", x);
    // nothing is left to be drawn
    this.#apply.disabled = this.#same || step >= this.#to;
  }

  focus(): void {
    (this.#handles.children[this.#chosen] as SVGElement | undefined)?.focus();
  }

  get #from(): number {
    return this.#rest.steps[0] ?? 0;
  }

  get #to(): number {
    return this.#rest.steps.at(-1) ?? 1;
  }

  get #same(): boolean {
    return this.#points === this.#first;
  }

  #x(step: number): number {
    return MARGIN.left + (PLOT.width * (step - this.#from)) / Math.max(1, this.#to - this.#from);
  }

  #y(lr: number): number {
    const [low, high] = this.#decades;
    return MARGIN.top + PLOT.height * (1 - (Math.log10(lr) - low) / (high - low));
  }

  /** The step and rate under the pointer. */
  #placeOf(event: MouseEvent): Point {
    const box = this.#svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) * WIDTH) / box.width;
    const y = ((event.clientY - box.top) * HEIGHT) / box.height;
    const [low, high] = this.#decades;
    const step = this.#from + ((x - MARGIN.left) / PLOT.width) * (this.#to - this.#from);
    return [Math.round(step), 10 ** (low + (1 - (y - MARGIN.top) / PLOT.height) * (high - low))];
  }

  #path(points: readonly Point[]): string {
    const places = Array.from({ length: PLACES + 1 }, (_, i) => this.#from + (i * (this.#to - this.#from)) / PLACES);
    const steps = [...new Set([...places, ...points.map(([step]) => step)])].sort((a, b) => a - b);
    return `M${steps.map((step) => `${this.#x(step).toFixed(1)},${this.#y(along(points, step)).toFixed(1)}`).join("L")}`;
  }

  #move(at: number, to: Point): void {
    this.#points = moved(this.#points, at, to, this.#decades);
    this.#chosen = at;
    this.#draw();
  }

  #add(step?: number): void {
    if (this.#points.length >= MOST_POINTS) return;
    const { points, at } = withOneMore(this.#points, step);
    if (points.length > this.#points.length) this.#points = points;
    this.#chosen = at;
    this.#draw();
    this.focus();
  }

  #take(at: number): void {
    // the ends stay
    if (at <= 0 || at >= this.#points.length - 1) return;
    this.#points = this.#points.filter((_, i) => i !== at);
    this.#chosen = Math.min(at, this.#points.length - 2);
    this.#draw();
    this.focus();
  }

  #drawAxes(): void {
    const [low, high] = this.#decades;
    const every = Math.max(1, Math.ceil((high - low) / 6));
    const rates = Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, i) => low + i * every);
    const steps = Array.from({ length: 5 }, (_, i) => Math.round(this.#from + (i * (this.#to - this.#from)) / 4));
    this.#axes.replaceChildren(
      ...rates.flatMap((log) => {
        const y = this.#y(10 ** log);
        const line = { x1: String(MARGIN.left), x2: String(MARGIN.left + PLOT.width), y1: String(y), y2: String(y) };
        return [node("line", line), label(`1e${log}`, MARGIN.left - 6, y + 4, "end")];
      }),
      ...[...new Set(steps)].map((step, i, all) =>
        label(number(step), this.#x(step), HEIGHT - 8, i === 0 ? "start" : i === all.length - 1 ? "end" : "middle"),
      ),
    );
  }

  #sayPoint(i: number): string {
    const [step, lr] = this.#points[i] as Point;
    return WORDS.point(WORDS.pointOf(i + 1, this.#points.length), rateText(lr), step);
  }

  #draw(): void {
    this.#line.setAttribute("d", this.#path(this.#points));
    while (this.#handles.children.length > this.#points.length) this.#handles.lastChild?.remove();
    while (this.#handles.children.length < this.#points.length)
      this.#handles.append(this.#handle(this.#handles.children.length));
    for (const [i, [step, lr]] of this.#points.entries()) {
      const handle = this.#handles.children[i] as SVGElement;
      const text = this.#sayPoint(i);
      const attributes = {
        cx: String(this.#x(step)),
        cy: String(this.#y(lr)),
        "aria-valuetext": text,
        "aria-valuenow": String(lr),
        "aria-label": WORDS.pointOf(i + 1, this.#points.length),
        tabindex: i === this.#chosen ? "0" : "-1",
      };
      for (const [name, value] of Object.entries(attributes)) handle.setAttribute(name, value);
      handle.classList.toggle("chosen", i === this.#chosen);
    }
    this.#said.textContent = this.#sayPoint(this.#chosen);
    this.#remove.disabled = this.#chosen <= 0 || this.#chosen >= this.#points.length - 1;
    this.#apply.disabled = this.#same;
  }

  #handle(i: number): SVGElement {
    const handle = node("circle", { r: "6", class: "handle", role: "slider" });
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      handle.setPointerCapture(event.pointerId);
      this.#chosen = i;
      this.#draw();
      handle.focus();
    });
    handle.addEventListener("pointermove", (event) => {
      if (handle.hasPointerCapture(event.pointerId)) this.#move(i, this.#placeOf(event));
    });
    handle.addEventListener("focus", () => {
      if (this.#chosen === i) return;
      this.#chosen = i;
      this.#draw();
    });
    handle.addEventListener("keydown", (event) => this.#key(event, i));
    return handle;
  }

  #key(event: KeyboardEvent, i: number): void {
    const [step, lr] = this.#points[i] as Point;
    const stride = Math.max(1, Math.round(((this.#to - this.#from) / 100) * (event.shiftKey ? 10 : 1)));
    const factor = event.shiftKey ? 2 : 1.1;
    const to: Record<string, Point> = {
      ArrowLeft: [step - stride, lr],
      ArrowRight: [step + stride, lr],
      ArrowUp: [step, lr * factor],
      ArrowDown: [step, lr / factor],
    };
    const place = to[event.key];
    const other = { PageUp: i - 1, PageDown: i + 1, Home: 0, End: this.#points.length - 1 }[event.key];
    if (place !== undefined) this.#move(i, place);
    else if (other !== undefined) {
      this.#chosen = Math.min(this.#points.length - 1, Math.max(0, other));
      this.#draw();
      this.focus();
    } else if (event.key === "Delete" || event.key === "Backspace") this.#take(i);
    else if (event.key === "Insert" || event.key === "+") this.#add();
    else if (event.key === "Enter") {
      if (!this.#apply.disabled) this.#host.apply(this.#points);
    } else return;
    event.preventDefault();
    // notebooks use such keys themselves
    event.stopPropagation();
  }
}

function node<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>>,
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function label(text: string, x: number, y: number, anchor: string): SVGElement {
  const made = node("text", { x: String(x), y: String(y), "text-anchor": anchor });
  made.textContent = text;
  return made;
}

function button(text: string, press: () => void, kind = ""): HTMLButtonElement {
  const made = element("button", { type: "button", ...(kind === "" ? {} : { class: kind }) }, text);
  made.addEventListener("click", press);
  return made;
}
