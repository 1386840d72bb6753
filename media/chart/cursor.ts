import { element } from "./dom.ts";

export interface CursorSource {
  /** Ends of the horizontal axis. */
  domain(): readonly [number, number] | null;
  /** Positions that the arrow keys visit, in order. */
  positions(): readonly number[];
  moved(): void;
}

/** A vertical line over the plots that follows the pointer or the arrow keys, and says where it stands. */
export class Cursor {
  /** Where it stands on the horizontal axis; null: nowhere. */
  position: number | null = null;
  readonly #plot: HTMLElement;
  readonly #canvas: HTMLElement;
  readonly #source: CursorSource;
  readonly #line = element("div", { class: "dlnb-cursor" });
  readonly #listening = new AbortController();

  constructor(plot: HTMLElement, canvas: HTMLElement, source: CursorSource) {
    this.#plot = plot;
    this.#canvas = canvas;
    this.#source = source;
    this.#line.hidden = true;
    plot.append(this.#line);
    for (const [name, value] of Object.entries({
      tabindex: "0",
      role: "slider",
      "aria-label": "position on the chart",
    })) {
      plot.setAttribute(name, value);
    }
    const { signal } = this.#listening;
    plot.addEventListener("pointermove", (event) => this.#follow(event), { signal });
    plot.addEventListener("pointerleave", () => this.#move(null), { signal });
    plot.addEventListener("blur", () => this.#move(null), { signal });
    plot.addEventListener("keydown", (event) => this.#key(event), { signal });
  }

  /** Puts the line where it belongs after the plots moved. */
  refresh(): void {
    const frame = this.#frame();
    const domain = this.#source.domain();
    this.#line.hidden = this.position === null || frame === null || domain === null;
    if (this.position === null || frame === null || domain === null) return;
    const share = (this.position - domain[0]) / (domain[1] - domain[0] || 1);
    this.#line.style.left = `${frame.left + share * frame.width}px`;
    this.#line.style.top = `${frame.top}px`;
    this.#line.style.height = `${frame.height}px`;
  }

  /** What a screen reader says. */
  describe(text: string): void {
    const [low, high] = this.#source.domain() ?? [0, 0];
    this.#plot.setAttribute("aria-valuemin", String(low));
    this.#plot.setAttribute("aria-valuemax", String(high));
    this.#plot.setAttribute("aria-valuenow", String(this.position ?? high));
    this.#plot.setAttribute("aria-valuetext", text);
  }

  dispose(): void {
    this.#listening.abort();
    this.#line.remove();
  }

  #follow(event: PointerEvent): void {
    const frame = this.#frame();
    const domain = this.#source.domain();
    if (frame === null || domain === null) return;
    const share = (event.clientX - this.#plot.getBoundingClientRect().left - frame.left) / frame.width;
    const inside = share >= -0.01 && share <= 1.01;
    this.#move(inside ? this.#snap(domain[0] + share * (domain[1] - domain[0])) : null);
  }

  #key(event: KeyboardEvent): void {
    const positions = this.#source.positions();
    const at = this.position === null ? positions.length - 1 : positions.indexOf(this.position);
    const stride = event.shiftKey ? 10 : 1;
    const next = { ArrowLeft: at - stride, ArrowRight: at + stride, Home: 0, End: positions.length - 1 }[event.key];
    if (event.key === "Escape") this.#move(null);
    if (next === undefined || positions.length === 0) return;
    event.preventDefault();
    // notebooks use the arrow keys to leave an output
    event.stopPropagation();
    this.#move(positions[Math.min(positions.length - 1, Math.max(0, next))] ?? null);
  }

  #move(position: number | null): void {
    if (position === this.position) return;
    this.position = position;
    this.refresh();
    this.#source.moved();
  }

  #snap(x: number): number | null {
    let nearest: number | null = null;
    for (const position of this.#source.positions()) {
      if (nearest === null || Math.abs(position - x) < Math.abs(nearest - x)) nearest = position;
    }
    return nearest;
  }

  /** The rectangle around all plots proper, in the plot element's pixels. */
  #frame(): { left: number; top: number; width: number; height: number } | null {
    const panels = this.#canvas.querySelectorAll("g.role-scope > g > path.background");
    const boxes = [...(panels.length > 0 ? panels : this.#canvas.querySelectorAll("path.background"))].map((panel) =>
      panel.getBoundingClientRect(),
    );
    const [first] = boxes;
    if (first === undefined) return null;
    const outer = this.#plot.getBoundingClientRect();
    const top = Math.min(...boxes.map((box) => box.top));
    const bottom = Math.max(...boxes.map((box) => box.bottom));
    return { left: first.left - outer.left, top: top - outer.top, width: first.width, height: bottom - top };
  }
}
