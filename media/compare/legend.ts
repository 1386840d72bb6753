import { translated } from "../../l10n/index.ts";
import { element } from "../chart/dom.ts";
import type { ComparedGroup, ComparedRuns } from "./payload.ts";
import type { Picked } from "./picked.ts";
import { swatch } from "./symbols.ts";
import { WORDS } from "./words.ts";

/** The groups from best to worst, with what they came to; a button hides and shows the curve of each. */
export class Legend {
  readonly element = element("ul", { class: "legend", "aria-label": WORDS.legend });
  readonly #toggle: (label: string) => void;
  readonly #picked: Picked;
  #rows: {
    item: HTMLLIElement;
    button: HTMLButtonElement;
    ends: HTMLElement;
    behind: HTMLElement;
    label: string;
    place: number;
  }[] = [];

  constructor(toggle: (label: string) => void, picked: Picked) {
    this.#toggle = toggle;
    this.#picked = picked;
    picked.onChange(() => this.#mark());
  }

  show({ groups, ranking }: ComparedRuns): void {
    const same =
      JSON.stringify(this.#rows.map(({ label, place }) => [label, place])) ===
      JSON.stringify(ranking.map((place) => [groups[place]?.label, place]));
    if (!same) {
      const focused = this.#rows.find(({ button }) => button === document.activeElement)?.label;
      this.#rows = ranking.map((place) => this.#row(groups[place]?.label ?? "", place));
      this.element.replaceChildren(...this.#rows.map(({ item }) => item));
      this.#rows.find(({ label }) => label === focused)?.button.focus();
    }
    for (const row of this.#rows) {
      const { ends, behind, hidden } = groups[row.place] as ComparedGroup;
      row.button.setAttribute("aria-pressed", String(!hidden));
      row.button.title = hidden ? WORDS.show : WORDS.hide;
      row.item.classList.toggle("hidden-curve", hidden);
      setText(row.ends, translated(ends));
      setText(row.behind, behind === "" ? "" : WORDS.behind(translated(behind)));
    }
    this.#mark();
  }

  #row(label: string, place: number) {
    const button = element("button", { type: "button", class: "name" }, swatch(place), element("span", {}, label));
    button.addEventListener("click", () => this.#toggle(label));
    const ends = element("span", { class: "ends" });
    const behind = element("span", { class: "behind" });
    const item = element("li", {}, button, ends, behind);
    item.addEventListener("pointerenter", () => this.#picked.point({ group: place }));
    item.addEventListener("pointerleave", () => this.#picked.point(null));
    button.addEventListener("focus", () => this.#picked.point({ group: place }));
    button.addEventListener("blur", () => this.#picked.point(null));
    return { item, button, ends, behind, label, place };
  }

  #mark(): void {
    for (const { item, place } of this.#rows) item.classList.toggle("picked", this.#picked.hasGroup(place));
  }
}

/** Text that is set only when it is another, so that readers do not hear it again. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
