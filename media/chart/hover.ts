import type { Drawing } from "./drawing.ts";
import { links } from "./links.ts";
import { tooltip, tooltipLines } from "./tooltip.ts";

export interface HoverSource {
  drawing(): Drawing | null;
  /** The column that links charts, and its values in the order of the chart; null: the chart is not linked. */
  linked(): { field: string; values: readonly string[] } | null;
}

/** What the pointer stands on: its tooltip, and its link to other charts. Looked up once per frame at most. */
export class Hover {
  readonly #source: HoverSource;
  readonly #listening = new AbortController();
  #at: { x: number; y: number } | null = null;
  #frame = 0;
  #value: string | null = null;

  constructor(plot: HTMLElement, source: HoverSource) {
    this.#source = source;
    const { signal } = this.#listening;
    const follow = ({ clientX, clientY }: PointerEvent) => {
      this.#at = { x: clientX, y: clientY };
      this.#frame ||= requestAnimationFrame(() => this.#look());
    };
    plot.addEventListener("pointermove", follow, { signal });
    plot.addEventListener("pointerdown", follow, { signal });
    plot.addEventListener("pointerleave", () => this.#leave(), { signal });
    plot.addEventListener("pointercancel", () => this.#leave(), { signal });
    plot.addEventListener("blur", () => this.#link(null), { signal });
    plot.addEventListener("keydown", (event) => this.#key(event), { signal });
    addEventListener("scroll", () => tooltip.hide(this), { signal, capture: true, passive: true });
  }

  dispose(): void {
    this.#listening.abort();
    this.#leave();
  }

  #look(): void {
    this.#frame = 0;
    const found = this.#at === null ? null : (this.#source.drawing()?.pointedAt(this.#at.x, this.#at.y) ?? null);
    const linked = this.#source.linked();
    if (this.#at === null || found === null) tooltip.hide(this);
    else tooltip.show(this, tooltipLines(found.tooltip), this.#at.x, this.#at.y);
    if (linked === null) return;
    // labels of axes and legends name their value so
    const candidates = [found?.datum[linked.field], found?.datum.value, found?.datum.label];
    const value = candidates.find((one) => typeof one === "string" && linked.values.includes(one));
    this.#link((value as string | undefined) ?? null);
  }

  #leave(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#at = null;
    tooltip.hide(this);
    this.#link(null);
  }

  #link(value: string | null): void {
    const linked = this.#source.linked();
    if (linked !== null) links.point(linked.field, value);
    this.#value = value;
  }

  /** The arrow keys up and down go through what can be pointed at. */
  #key(event: KeyboardEvent): void {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const values = this.#source.linked()?.values ?? [];
    if (event.key === "Escape") this.#link(null);
    if (step === undefined || values.length === 0) return;
    event.preventDefault();
    // notebooks use the arrow keys to leave an output
    event.stopPropagation();
    const before = this.#value === null ? -1 : values.indexOf(this.#value);
    const next = before < 0 ? (step > 0 ? 0 : values.length - 1) : before + step;
    this.#link(values[Math.min(values.length - 1, Math.max(0, next))] ?? null);
  }
}
