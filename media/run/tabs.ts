import { element } from "../chart/dom.ts";
import type { Section } from "./payload.ts";
import { WORDS } from "./words.ts";

/** A list of tabs with their panels, as WAI-ARIA describes them: the arrow keys move, the panel follows. */
export class Tabs {
  readonly element: HTMLElement;
  readonly #tabs: ReadonlyMap<Section, HTMLButtonElement>;
  readonly #parts: ReadonlyMap<Section, HTMLElement>;
  readonly #shown: (section: Section) => void;
  #section: Section;

  constructor(first: Section, shown: (section: Section) => void) {
    this.#shown = shown;
    this.#section = first;
    const sections = Object.keys(WORDS.sections) as Section[];
    this.#tabs = new Map(
      sections.map((section) => {
        const attributes = { type: "button", role: "tab", id: `tab-${section}`, "aria-controls": `part-${section}` };
        const tab = element("button", attributes, WORDS.sections[section]);
        tab.addEventListener("click", () => this.show(section));
        return [section, tab];
      }),
    );
    const list = element(
      "div",
      { class: "run-tabs", role: "tablist", "aria-label": WORDS.parts },
      ...this.#tabs.values(),
    );
    list.addEventListener("keydown", (event) => {
      const at = sections.indexOf(this.#section);
      const next = { ArrowRight: at + 1, ArrowLeft: at - 1 + sections.length, Home: 0, End: sections.length - 1 }[
        event.key
      ];
      const section = next === undefined ? undefined : sections[next % sections.length];
      if (section === undefined) return;
      event.preventDefault();
      this.show(section);
      this.#tabs.get(section)?.focus();
    });
    this.#parts = new Map(
      sections.map((section) => {
        const attributes = {
          role: "tabpanel",
          id: `part-${section}`,
          "aria-labelledby": `tab-${section}`,
          tabindex: "0",
        };
        return [section, element("div", { class: "run-part", ...attributes })];
      }),
    );
    this.element = element("div", {}, list, ...this.#parts.values());
    this.#mark();
  }

  get section(): Section {
    return this.#section;
  }

  part(section: Section): HTMLElement {
    return this.#parts.get(section) as HTMLElement;
  }

  show(section: Section): void {
    if (section === this.#section) return;
    this.#section = section;
    this.#mark();
    this.#shown(section);
  }

  #mark(): void {
    for (const [section, tab] of this.#tabs) {
      const selected = section === this.#section;
      tab.setAttribute("aria-selected", String(selected));
      tab.tabIndex = selected ? 0 : -1;
      this.part(section).hidden = !selected;
    }
  }
}
