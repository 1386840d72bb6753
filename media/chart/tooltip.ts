import { element } from "./dom.ts";
import { readableText } from "./format.ts";

/** From the pointer to the tooltip, and from the tooltip to the window's edge, in pixels. */
const GAP = 14;
const EDGE = 4;

/** Lines of a tooltip: what Vega-Lite computed from the spec's `tooltip` channels, or a row of data. */
export function tooltipLines(value: unknown): { name: string; text: string }[] {
  if (value === null || value === undefined || value === "") return [];
  if (typeof value !== "object") return [{ name: "", text: readableText(value) }];
  return Object.entries(value)
    .filter(([name, one]) => !name.startsWith("__") && one !== null && one !== undefined && typeof one !== "object")
    .map(([name, one]) => ({ name, text: readableText(one) }));
}

/** The one tooltip of the page. It hangs on the body, so that the edges of an output do not cut it. */
class Tooltip {
  #box: HTMLElement | null = null;
  #owner: object | null = null;

  /** Near a place in the window; `owner` may hide it again. */
  show(owner: object, lines: readonly { name: string; text: string }[], x: number, y: number): void {
    if (lines.length === 0) {
      this.hide(owner);
      return;
    }
    this.#owner = owner;
    // what a screen reader needs stands on the page itself
    this.#box ??= element("div", { class: "dlnb-tooltip", "aria-hidden": "true" });
    if (!this.#box.isConnected) document.body.append(this.#box);
    this.#box.hidden = false;
    this.#box.replaceChildren(
      ...lines.map(({ name, text }) =>
        element(
          "div",
          {},
          ...(name === "" ? [] : [element("span", { class: "name" }, name)]),
          element("span", { class: "value" }, text),
        ),
      ),
    );
    const { width, height } = this.#box.getBoundingClientRect();
    const right = x + GAP + width + EDGE <= innerWidth ? x + GAP : Math.max(EDGE, x - GAP - width);
    const below = y + GAP + height + EDGE <= innerHeight ? y + GAP : Math.max(EDGE, y - GAP - height);
    this.#box.style.left = `${right}px`;
    this.#box.style.top = `${below}px`;
  }

  /** Without an owner: whoever showed it, as outputs go away without a word from the pointer. */
  hide(owner: object | null = this.#owner): void {
    if (this.#owner !== owner || this.#box === null) return;
    this.#box.hidden = true;
    this.#owner = null;
  }
}

export const tooltip = new Tooltip();
