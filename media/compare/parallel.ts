import { element } from "../chart/dom.ts";
import { shareOf, ticksOf, tickText } from "./axes.ts";
import type { ComparedRuns, ParallelAxis } from "./payload.ts";
import type { Picked } from "./picked.ts";
import { colourOf, svg, symbolPath } from "./symbols.ts";
import { WORDS } from "./words.ts";

const HEIGHT = 260;
const TOP = 34;
const BOTTOM = 14;
const LEFT = 64;
const RIGHT = 84;

/** Parallel coordinates: an axis for every number that differs, the last for what it led to, a line for each run. */
export class Parallel {
  readonly element = element("div", { class: "parallel" });
  readonly #picked: Picked;
  #compared: ComparedRuns | null = null;
  #lines: SVGGElement[] = [];
  #shape = "";
  /** The run on which the arrow keys stand. */
  #at = 0;

  constructor(picked: Picked) {
    this.#picked = picked;
    picked.onChange(() => this.#mark());
    new ResizeObserver(() => this.#draw()).observe(this.element);
  }

  show(compared: ComparedRuns): void {
    this.#compared = compared;
    this.#draw();
  }

  #draw(): void {
    const axes = this.#compared?.parallel;
    if (!this.#compared || !axes) return;
    const width = Math.max(320, this.element.clientWidth);
    const { runs } = this.#compared;
    const shape = JSON.stringify([width, axes, runs.map(({ name, group }) => [name, group])]);
    if (shape === this.#shape) return;
    this.#shape = shape;
    const gap = (width - LEFT - RIGHT) / Math.max(1, axes.length - 1);
    const x = (axis: number) => LEFT + axis * gap;
    const y = (axis: ParallelAxis, value: number) => HEIGHT - BOTTOM - shareOf(axis, value) * (HEIGHT - TOP - BOTTOM);
    const focused = this.#lines.includes(document.activeElement as unknown as SVGGElement);
    this.#at = Math.min(this.#at, runs.length - 1);
    this.#lines = runs.map((run, place) => this.#line(run.name, run.group, place, axes, x, y));
    this.element.replaceChildren(
      svg(
        "svg",
        { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "group", "aria-label": WORDS.parallel },
        ...axes.map((axis, i) => axisOf(axis, x(i), gap, i)),
        ...this.#lines,
        ...axes.map((axis, i) => ticksAt(axis, x(i))),
      ),
    );
    if (focused) this.#lines[this.#at]?.focus();
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
    for (const [place, line] of this.#lines.entries()) {
      const on = this.#picked.hasRun(place);
      line.classList.toggle("picked", on);
      line.classList.toggle("faded", any && !on);
      line.setAttribute("aria-pressed", String(this.#picked.isPicked(place)));
    }
  }
}

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
