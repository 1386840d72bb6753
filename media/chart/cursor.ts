import { element } from "./dom.ts";
import type { Frame } from "./scene.ts";
import type { Value } from "./table.ts";

export interface CursorSource {
  /** The rectangle around all plots, in the plot element's pixels. */
  frame(): Frame | null;
  /** Where a value stands, as a share of the frame's width. */
  share(value: Value): number | null;
  /** Positions that the arrow keys visit, in order. */
  positions(): readonly Value[];
  moved(): void;
}

/** A vertical line over the plots that follows the pointer or the arrow keys, and says where it stands. */
export class Cursor {
  /** Where it stands on the horizontal axis; null: nowhere. */
  position: Value | null = null;
  readonly #plot: HTMLElement;
  readonly #source: CursorSource;
  readonly #line = element("div", { class: "dlnb-cursor" });
  readonly #listening = new AbortController();

  constructor(plot: HTMLElement, source: CursorSource) {
    this.#plot = plot;
    this.#source = source;
    this.#line.hidden = true;
    plot.append(this.#line);
    const { signal } = this.#listening;
    plot.addEventListener("pointermove", (event) => this.#follow(event), { signal });
    plot.addEventListener("pointerleave", () => this.#move(null), { signal });
    plot.addEventListener("blur", () => this.#move(null), { signal });
    plot.addEventListener("keydown", (event) => this.#key(event), { signal });
  }

  /** Puts the line where it belongs after the plots moved. */
  refresh(): void {
    const frame = this.#source.frame();
    const share = this.position === null ? null : this.#source.share(this.position);
    this.#line.hidden = frame === null || share === null;
    if (frame === null || share === null) return;
    this.#line.style.left = `${frame.left + share * frame.width}px`;
    this.#line.style.top = `${frame.top}px`;
    this.#line.style.height = `${frame.height}px`;
  }

  dispose(): void {
    this.#listening.abort();
    this.#line.remove();
  }

  #follow(event: PointerEvent): void {
    const frame = this.#source.positions().length === 0 ? null : this.#source.frame();
    if (frame === null) return;
    const share = (event.clientX - this.#plot.getBoundingClientRect().left - frame.left) / frame.width;
    this.#move(share >= -0.01 && share <= 1.01 ? this.#nearest(share) : null);
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

  #move(position: Value | null): void {
    if (position === this.position) return;
    this.position = position;
    this.refresh();
    this.#source.moved();
  }

  #nearest(share: number): Value | null {
    let nearest: { position: Value; distance: number } | null = null;
    for (const position of this.#source.positions()) {
      const at = this.#source.share(position);
      const distance = at === null ? Number.POSITIVE_INFINITY : Math.abs(at - share);
      if (distance < (nearest?.distance ?? Number.POSITIVE_INFINITY)) nearest = { position, distance };
    }
    return nearest?.position ?? null;
  }
}
