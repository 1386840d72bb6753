import { element } from "../chart/dom.ts";
import { shareOf, ticksOf, tickText } from "./axes.ts";
import { Brush, isDrag, nextValue, valueAt } from "./brush.ts";
import type { ComparedRuns, ParallelAxis, Range } from "./payload.ts";
import type { Picked } from "./picked.ts";
import { colourOf, svg, symbolPath } from "./symbols.ts";
import { WORDS } from "./words.ts";

const HEIGHT = 260;
const TOP = 34;
const BOTTOM = 14;
const LEFT = 64;
const RIGHT = 84;
/** Axes are at least so far apart. */
const NARROWEST = 48;

/** Parallel coordinates: an axis for every number that differs, the last for what it led to, a line for each run. */
export class Parallel {
  readonly element = element("div");
  readonly #plot = element("div", { class: "parallel" });
  readonly #said = element("span", { role: "status" });
  readonly #clear = element("button", { type: "button", class: "clear" }, WORDS.clear);
  readonly #brush = new Brush();
  readonly #selected: (ranges: readonly Range[]) => void;
  /** What the brush was made of last: a page that is slower than the hand does not move it back. */
  #dragging = false;
  readonly #picked: Picked;
  #compared: ComparedRuns | null = null;
  #lines: SVGGElement[] = [];
  #shape = "";
  readonly #layer = svg("g");
  /** Between two axes, in pixels. */
  #gap = 0;
  /** The run on which the arrow keys stand. */
  #at = 0;

  /** `selected` hears of the ranges that are selected on the axes. */
  constructor(picked: Picked, selected: (ranges: readonly Range[]) => void) {
    this.#picked = picked;
    this.#selected = selected;
    this.#clear.addEventListener("click", () => {
      this.#brush.clear();
      this.#tell();
      this.#lines[this.#at]?.focus();
    });
    this.element.append(element("div", { class: "selection" }, this.#clear, this.#said), this.#plot);
    picked.onChange(() => this.#mark());
    new ResizeObserver(() => this.#draw()).observe(this.#plot);
  }

  /** `brush` is as the editor has it. */
  show(compared: ComparedRuns, brush: readonly Range[]): void {
    this.#compared = compared;
    if (!this.#dragging) this.#brush.set(brush, compared.parallel ?? []);
    this.#draw();
  }

  /** What was selected with the hand is shown at once, and told. */
  #tell(): void {
    this.#drawBrush();
    this.#selected(this.#brush.ranges);
  }

  #draw(): void {
    const axes = this.#compared?.parallel;
    if (!this.#compared || !axes) return;
    const width = Math.max(LEFT + RIGHT + NARROWEST * (axes.length - 1), this.#plot.clientWidth);
    const { runs } = this.#compared;
    const shape = JSON.stringify([width, axes, runs.map(({ name, group }) => [name, group])]);
    if (shape === this.#shape) {
      this.#drawBrush();
      return;
    }
    this.#shape = shape;
    const gap = (width - LEFT - RIGHT) / Math.max(1, axes.length - 1);
    const x = (axis: number) => LEFT + axis * gap;
    this.#gap = gap;
    const focused = this.#lines.includes(document.activeElement as unknown as SVGGElement);
    const end = focusedEnd();
    this.#at = Math.min(this.#at, runs.length - 1);
    this.#lines = runs.map((run, place) => this.#line(run.name, run.group, place, axes, x, heightOf));
    this.#plot.replaceChildren(
      svg(
        "svg",
        { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "group", "aria-label": WORDS.parallel },
        ...axes.map((axis, i) => axisOf(axis, x(i), gap, i)),
        ...this.#lines,
        ...axes.map((axis, i) => ticksAt(axis, x(i))),
        this.#layer,
      ),
    );
    this.#drawBrush(end);
    if (focused) this.#lines[this.#at]?.focus();
  }

  /** What is selected, over lines that stay as they are; `end` is the one that had the focus. */
  #drawBrush(end = focusedEnd()): void {
    const { parallel: axes, runs } = this.#compared ?? {};
    if (!axes || !runs) return;
    this.#layer.replaceChildren(...axes.map((axis, i) => this.#brushAt(axis, LEFT + i * this.#gap)));
    if (end !== undefined) {
      [...this.#layer.querySelectorAll<SVGElement>("[data-end]")].find(({ dataset }) => dataset.end === end)?.focus();
    }
    const any = this.#brush.ranges.length > 0;
    const within = runs.filter((_, place) => this.#brush.holds(axes, place)).length;
    this.#clear.hidden = !any;
    const said = any ? WORDS.selected(within, runs.length) : "";
    if (this.#said.textContent !== said) this.#said.textContent = said;
    this.#mark();
  }

  #line(
    name: string,
    group: number,
    place: number,
    axes: readonly ParallelAxis[],
    x: (axis: number) => number,
    y: (axis: ParallelAxis, value: number) => number,
  ): SVGGElement {
    let path = "";
    const marks: SVGElement[] = [];
    const said: string[] = [];
    let broken = true;
    for (const [i, axis] of axes.entries()) {
      const value = axis.values[place] ?? null;
      said.push(`${axis.label} ${value === null ? WORDS.none : tickText(value)}`);
      if (value === null) {
        broken = true;
        continue;
      }
      path += `${broken ? "M" : "L"}${x(i).toFixed(1)},${y(axis, value).toFixed(1)}`;
      broken = false;
      const at = `translate(${x(i).toFixed(1)},${y(axis, value).toFixed(1)})`;
      marks.push(svg("path", { d: symbolPath(group, 4), transform: at, class: "mark" }));
    }
    const text = `${name}: ${said.join(", ")}`;
    const line = svg(
      "g",
      { class: "line", role: "button", tabindex: place === this.#at ? 0 : -1, "aria-label": text },
      svg("title", {}, text),
      svg("path", { d: path, class: "reach" }),
      svg("path", { d: path, class: "stroke" }),
      ...marks,
    );
    line.style.color = colourOf(group);
    line.addEventListener("pointerenter", () => this.#picked.point({ run: place }));
    line.addEventListener("pointerleave", () => this.#picked.point(null));
    line.addEventListener("focus", () => this.#picked.point({ run: place }));
    line.addEventListener("blur", () => this.#picked.point(null));
    line.addEventListener("click", () => this.#picked.pick(place));
    line.addEventListener("keydown", (event) => this.#key(event, place));
    return line;
  }

  /** The strip along an axis that is dragged, what is selected of it, and its two ends. */
  #brushAt(axis: ParallelAxis, x: number): SVGGElement {
    const y = (value: number) => heightOf(axis, value);
    const range = this.#brush.of(axis);
    const [low, high] = [range?.low ?? axis.low, range?.high ?? axis.high];
    const strip = svg("rect", { x: x - 11, y: TOP, width: 22, height: HEIGHT - TOP - BOTTOM, class: "strip" });
    strip.addEventListener("pointerdown", (down) => {
      down.preventDefault();
      const from = this.#shareAt(down);
      this.#drag((to) => {
        if (isDrag(from, to)) this.#brush.select(axis, valueAt(axis, from), valueAt(axis, to));
        else this.#brush.clear(axis);
      });
    });
    const end = (which: "low" | "high") => {
      const value = which === "low" ? low : high;
      const label = which === "low" ? WORDS.lowEnd(axis.label) : WORDS.highEnd(axis.label);
      const at = y(value);
      const by = which === "low" ? 7 : -7;
      const handle = svg("path", {
        d: `M${x - 7},${at}H${x + 7}L${x},${at + by}Z`,
        class: "end",
        role: "slider",
        tabindex: 0,
        "aria-label": label,
        "aria-orientation": "vertical",
        "aria-valuemin": axis.low,
        "aria-valuemax": axis.high,
        "aria-valuenow": value,
        "aria-valuetext": range === undefined ? WORDS.all : tickText(value),
        "data-end": `${which} ${axis.label}`,
      });
      const move = (to: number) => this.#brush.select(axis, which === "low" ? to : low, which === "low" ? high : to);
      handle.addEventListener("pointerdown", (down) => {
        down.preventDefault();
        handle.focus();
        this.#drag((to) => move(valueAt(axis, to)));
      });
      handle.addEventListener("keydown", (event) => {
        const up = { ArrowUp: true, ArrowRight: true, ArrowDown: false, ArrowLeft: false }[event.key];
        if (up !== undefined) {
          const to = nextValue(axis, value, up);
          move(which === "low" ? Math.min(to, high) : Math.max(to, low));
        } else if (event.key === "Home") move(which === "low" ? axis.low : low);
        else if (event.key === "End") move(which === "low" ? high : axis.high);
        else if (event.key === "Escape" || event.key === "Delete") this.#brush.clear(axis);
        else return;
        event.preventDefault();
        this.#tell();
      });
      return handle;
    };
    const chosen =
      range === undefined
        ? []
        : [svg("rect", { x: x - 6, y: y(high), width: 12, height: Math.max(2, y(low) - y(high)), class: "chosen" })];
    return svg("g", { class: "brush" }, strip, ...chosen, end("low"), end("high"));
  }

  /** How far up an axis the pointer is, from 0 at its lower end. */
  #shareAt({ clientY }: PointerEvent): number {
    return 1 - (clientY - this.#plot.getBoundingClientRect().top - TOP) / (HEIGHT - TOP - BOTTOM);
  }

  /** Follows the pointer until it is let go: the plot is drawn anew meanwhile, so that its parts cannot listen. */
  #drag(moved: (share: number) => void): void {
    this.#dragging = true;
    const follow = (event: PointerEvent) => {
      moved(this.#shareAt(event));
      this.#tell();
    };
    const end = (event: PointerEvent) => {
      removeEventListener("pointermove", follow);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      moved(this.#shareAt(event));
      this.#dragging = false;
      this.#tell();
    };
    addEventListener("pointermove", follow);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }

  #key(event: KeyboardEvent, place: number): void {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (event.key === "Enter" || event.key === " ") this.#picked.pick(place);
    else if (step !== undefined) {
      this.#lines[this.#at]?.setAttribute("tabindex", "-1");
      this.#at = (place + step + this.#lines.length) % this.#lines.length;
      this.#lines[this.#at]?.setAttribute("tabindex", "0");
      this.#lines[this.#at]?.focus();
    } else return;
    event.preventDefault();
  }

  #mark(): void {
    const { any } = this.#picked;
    const axes = this.#compared?.parallel ?? [];
    for (const [place, line] of this.#lines.entries()) {
      const on = this.#picked.hasRun(place);
      line.classList.toggle("out", !this.#brush.holds(axes, place));
      line.classList.toggle("picked", on);
      line.classList.toggle("faded", any && !on);
      line.setAttribute("aria-pressed", String(this.#picked.isPicked(place)));
    }
  }
}

const heightOf = (axis: ParallelAxis, value: number): number =>
  HEIGHT - BOTTOM - shareOf(axis, value) * (HEIGHT - TOP - BOTTOM);

/** The end of a selection on which the keys are. */
const focusedEnd = (): string | undefined => (document.activeElement as HTMLElement | null)?.dataset.end;

/** Labels stand above the lines. */
function ticksAt(axis: ParallelAxis, x: number): SVGGElement {
  const length = HEIGHT - TOP - BOTTOM;
  const ticks = ticksOf(axis, length).map((value) => {
    const y = HEIGHT - BOTTOM - shareOf(axis, value) * length;
    const [side, anchor] = axis.outcome ? [9, "start"] : [-9, "end"];
    const at = { x: x + side, y, class: "tick", "text-anchor": anchor, "dominant-baseline": "middle" };
    return svg("text", at, tickText(value));
  });
  return svg("g", { class: "ticks" }, ...ticks);
}

function axisOf(axis: ParallelAxis, x: number, gap: number, place: number): SVGGElement {
  // names stand in two rows where they would run into each other
  const most = Math.max(6, Math.floor((2 * gap) / 6.5));
  const name = axis.label.length > most ? `…${axis.label.slice(1 - most)}` : axis.label;
  const title = svg(
    "text",
    {
      x,
      y: place % 2 === 0 ? 10 : 24,
      class: "axis-name",
      "text-anchor": place === 0 ? "start" : axis.outcome ? "end" : "middle",
      ...(place === 0 ? { dx: -LEFT + 4 } : axis.outcome ? { dx: RIGHT - 4 } : {}),
    },
    axis.log ? `${name} (${WORDS.log})` : name,
    svg("title", {}, axis.label),
  );
  return svg(
    "g",
    { class: "axis" },
    svg("path", { d: `M${x},${TOP - 4}V${HEIGHT - BOTTOM + 4}`, class: "rule" }),
    title,
  );
}
