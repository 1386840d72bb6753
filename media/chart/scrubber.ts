import { translated } from "../../l10n/index.ts";
import { element } from "./dom.ts";
import { readable } from "./format.ts";
import type { ChartHints } from "./payload.ts";
import { WORDS } from "./words.ts";

type Scrub = NonNullable<ChartHints["scrub"]>;

/** A slider through the values of a parameter, with a button that lets it run. */
export class Scrubber {
  readonly element = element("div", { class: "dlnb-scrub" });
  readonly #slider = element("input", { type: "range", min: "0", step: "1" });
  readonly #value = element("output");
  readonly #name = element("span");
  readonly #play = element("button", { type: "button" });
  /** `settled`: the reader let go, or the end is reached. */
  readonly #moved: (index: number, settled: boolean) => void;
  #scrub: Scrub | null = null;
  #index = 0;
  #frame = 0;

  constructor(moved: (index: number, settled: boolean) => void) {
    this.#moved = moved;
    this.element.append(this.#play, element("label", {}, this.#name, this.#slider, this.#value));
    this.#slider.addEventListener("input", () => {
      this.pause();
      this.#go(Number(this.#slider.value), true);
    });
    this.#play.addEventListener("click", () => (this.#frame === 0 ? this.#start() : this.pause()));
    this.#showPlaying();
  }

  /** Takes a chart's hint and where its reader left it; null: nothing to move. */
  show(scrub: Scrub | null, index: number): void {
    this.#scrub = scrub;
    this.element.hidden = scrub === null;
    if (scrub === null) {
      this.pause();
      return;
    }
    this.#name.textContent = translated(scrub.label);
    this.#slider.max = String(scrub.values.length - 1);
    this.#play.hidden = scrub.perSecond === undefined;
    if (this.#frame === 0) this.#show(Math.min(index, scrub.values.length - 1));
  }

  /** Stops what runs: also for a chart that is out of sight. */
  pause(): void {
    if (this.#frame === 0) return;
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#showPlaying();
    this.#moved(this.#index, true);
  }

  #start(): void {
    const scrub = this.#scrub;
    if (scrub?.perSecond === undefined) return;
    const last = scrub.values.length - 1;
    const from = this.#index >= last ? 0 : this.#index;
    const { perSecond } = scrub;
    let begin: number | null = null;
    const tick = (now: number) => {
      begin ??= now;
      const index = Math.min(last, from + Math.floor(((now - begin) / 1000) * perSecond));
      if (index !== this.#index) this.#go(index, false);
      if (index < last) this.#frame = requestAnimationFrame(tick);
      else this.pause();
    };
    this.#frame = requestAnimationFrame(tick);
    this.#showPlaying();
  }

  #go(index: number, settled: boolean): void {
    this.#show(index);
    this.#moved(index, settled);
  }

  #show(index: number): void {
    this.#index = index;
    const text = readable(this.#scrub?.values[index] ?? Number.NaN);
    this.#slider.value = String(index);
    this.#slider.setAttribute("aria-valuetext", text);
    this.#value.textContent = text;
  }

  #showPlaying(): void {
    this.#play.textContent = this.#frame === 0 ? WORDS.play : WORDS.pause;
  }
}
