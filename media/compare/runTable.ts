import { element } from "../chart/dom.ts";
import { setText } from "./legend.ts";
import type { ComparedRuns } from "./payload.ts";
import type { Picked } from "./picked.ts";
import { bestOf, firstSorting, nextSorting, type Sorting, shownCell, sortedPlaces } from "./sorting.ts";
import { swatch } from "./symbols.ts";
import { WORDS } from "./words.ts";

interface RunRow {
  readonly row: HTMLTableRowElement;
  readonly name: HTMLButtonElement;
  readonly state: HTMLElement;
  readonly cells: readonly HTMLTableCellElement[];
}

/** The runs, a row for each, sorted by any column. */
export class RunTable {
  readonly element = element("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": WORDS.runs });
  readonly #open: (key: string) => void;
  readonly #picked: Picked;
  #compared: ComparedRuns | null = null;
  #sorting: Sorting | null = null;
  /** What the rows were made from: as long as it holds only their texts change. */
  #shape = "";
  /** By their runs' places: those that are not selected have none. */
  #rows: ReadonlyMap<number, RunRow> = new Map();

  constructor(open: (key: string) => void, picked: Picked) {
    this.#open = open;
    this.#picked = picked;
    picked.onChange(() => this.#mark());
  }

  show(compared: ComparedRuns): void {
    const labels = JSON.stringify(compared.columns);
    if (JSON.stringify(this.#compared?.columns) !== labels) this.#sorting = null;
    this.#compared = compared;
    this.#draw();
  }

  #draw(): void {
    const compared = this.#compared;
    if (compared === null) return;
    const { columns, runs } = compared;
    const sorting = this.#sorting ?? firstSorting(columns);
    const places = sortedPlaces(runs, sorting).filter((place) => runs[place]?.within !== false);
    const shape = JSON.stringify([columns, sorting, places.map((place) => [runs[place]?.key, runs[place]?.group])]);
    if (shape !== this.#shape) {
      this.#shape = shape;
      this.#build(compared, sorting, places);
    }
    const best = columns.map((column, i) => bestOf(runs, i, column));
    for (const [place, { name, state, cells }] of this.#rows) {
      const run = runs[place];
      if (run === undefined) continue;
      setText(name, run.name);
      setText(state, run.live ? WORDS.live : "");
      for (const [i, cell] of cells.entries()) {
        const value = run.cells[i] ?? null;
        const isBest = best[i] !== null && value === best[i];
        const text = shownCell(value);
        if (cell.dataset.text === `${text} ${isBest}`) continue;
        cell.dataset.text = `${text} ${isBest}`;
        cell.classList.toggle("best", isBest);
        cell.replaceChildren(
          ...(isBest
            ? [
                element("span", { class: "star", "aria-hidden": "true" }, "★"),
                text,
                element("span", { class: "dlnb-hidden" }, `, ${WORDS.best}`),
              ]
            : [text]),
        );
      }
    }
    this.#mark();
  }

  #build({ columns }: ComparedRuns, sorting: Sorting, places: readonly number[]): void {
    const focused = (document.activeElement as HTMLElement | null)?.dataset.id;
    const head = (label: string, column: number, numeric: boolean) => {
      const on = sorting.column === column;
      const button = element("button", { type: "button", "data-id": `sort ${label}` }, label);
      button.append(
        element("span", { class: "arrow", "aria-hidden": "true" }, on ? (sorting.descending ? "▼" : "▲") : ""),
      );
      button.addEventListener("click", () => {
        this.#sorting = nextSorting(sorting, column, columns);
        this.#draw();
      });
      return element(
        "th",
        {
          scope: "col",
          "aria-sort": on ? (sorting.descending ? "descending" : "ascending") : "none",
          ...(numeric ? { class: "number" } : {}),
        },
        button,
      );
    };
    const made = new Map(places.map((place) => [place, this.#row(place, columns)] as const));
    this.#rows = made;
    this.element.replaceChildren(
      element(
        "table",
        { class: "runs" },
        element("caption", { class: "dlnb-hidden" }, WORDS.runsTitle),
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            head(WORDS.name, -1, false),
            ...columns.map(({ label, numeric }, i) => head(label, i, numeric)),
          ),
        ),
        element("tbody", {}, ...[...made.values()].map(({ row }) => row)),
      ),
    );
    if (focused !== undefined) {
      for (const button of this.element.querySelectorAll<HTMLElement>("[data-id]")) {
        if (button.dataset.id === focused) button.focus();
      }
    }
  }

  #row(place: number, columns: ComparedRuns["columns"]): RunRow {
    const run = this.#compared?.runs[place];
    const key = run?.key ?? "";
    const name = element("button", { type: "button", class: "pick", "data-id": `pick ${key}`, title: WORDS.pickTitle });
    name.addEventListener("click", () => this.#picked.pick(place));
    const open = element(
      "button",
      { type: "button", class: "open", "data-id": `open ${key}`, title: WORDS.openTitle(run?.name ?? "") },
      WORDS.open,
    );
    open.addEventListener("click", () => this.#open(key));
    const state = element("span", { class: "state" });
    const cells = columns.map(({ numeric }) => element("td", numeric ? { class: "number" } : {}));
    const first = element("th", { scope: "row" }, swatch(run?.group ?? 0), name, state, open);
    const row = element("tr", {}, first, ...cells);
    row.addEventListener("pointerenter", () => this.#picked.point({ run: place }));
    row.addEventListener("pointerleave", () => this.#picked.point(null));
    return { row, name, state, cells };
  }

  #mark(): void {
    for (const [place, { row, name }] of this.#rows) {
      row.classList.toggle("picked", this.#picked.hasRun(place));
      name.setAttribute("aria-pressed", String(this.#picked.isPicked(place)));
    }
  }
}
