import { element } from "../chart/dom.ts";
import type { ComparedRuns, ConfigRow } from "./payload.ts";
import { swatch } from "./symbols.ts";
import { WORDS } from "./words.ts";

/** The settings, a column for each group of runs: those that differ, and on demand the others. */
export class ConfigTable {
  readonly element = element("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": WORDS.settings });
  readonly equal = element("input", { type: "checkbox" });
  readonly note = element("p", { class: "note" });
  #compared: ComparedRuns | null = null;
  #shape = "";

  constructor() {
    this.equal.addEventListener("change", () => this.#draw());
  }

  show(compared: ComparedRuns): void {
    this.#compared = compared;
    this.#draw();
  }

  #draw(): void {
    if (this.#compared === null) return;
    const { config, groups } = this.#compared;
    const shown = this.equal.checked ? config : config.filter(({ differs }) => differs);
    const shape = JSON.stringify([groups.map(({ label }) => label), shown]);
    const left = config.length - shown.length;
    this.note.textContent = [
      ...(config.some(({ differs }) => differs) ? [] : [WORDS.noDifference]),
      ...(left > 0 ? [WORDS.hiddenRows(left)] : []),
    ].join(" ");
    this.element.hidden = shown.length === 0;
    if (shape === this.#shape) return;
    this.#shape = shape;
    const names = [...new Set(shown.map(({ group }) => group))];
    this.element.replaceChildren(
      element(
        "table",
        { class: "config" },
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            element("th", { scope: "col" }, WORDS.setting),
            ...groups.map(({ label }, place) => element("th", { scope: "col" }, swatch(place), label)),
          ),
        ),
        ...names.map((name) =>
          body(
            shown.filter(({ group }) => group === name),
            groups.length,
          ),
        ),
      ),
    );
  }
}

/** Rows of one group of settings; several get a head of their own. */
function body(rows: readonly ConfigRow[], columns: number): HTMLTableSectionElement {
  const [first] = rows;
  const head =
    rows.length > 1
      ? [
          element(
            "tr",
            { class: "group" },
            element("th", { scope: "rowgroup", colspan: String(columns + 1) }, first?.group ?? ""),
          ),
        ]
      : [];
  return element(
    "tbody",
    {},
    ...head,
    ...rows.map(({ path, differs, values }) =>
      element(
        "tr",
        differs ? { class: "differs" } : {},
        element("th", { scope: "row" }, path),
        ...values.map((value) =>
          element("td", value === null ? { class: "none" } : { title: value }, value ?? WORDS.none),
        ),
      ),
    ),
  );
}
