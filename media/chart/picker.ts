import { element } from "./dom.ts";
import type { Action, ChartHints } from "./payload.ts";
import type { Frame } from "./scene.ts";
import type { Table, Value } from "./table.ts";
import { PICKED } from "./words.ts";

export interface PickerSource {
  readonly hints: ChartHints;
  table(name: string): Table | undefined;
  frame(): Frame | null;
  /** Where a value stands, as a share of the frame's width. */
  share(value: Value): number | null;
  /** Where the reader points, or stands with the arrow keys. */
  position(): Value | null;
  /** Null where nobody could do anything. */
  readonly act: ((action: Action) => void) | null;
}

/** What a place on the curve can be gone back to. */
export interface Picked {
  readonly step: number;
  readonly file: string;
  readonly label: string;
  /** It is after the place: there is none before. */
  readonly later: boolean;
}

/** The last row at or before `at`, or else the first. */
export function nearestBefore(
  { field, file, label }: NonNullable<ChartHints["pick"]>,
  table: Table | undefined,
  at: number,
): Picked | null {
  const rows = (table?.rows(0) ?? []).flatMap((row) => {
    const [step, path, name] = [row[field], row[file], row[label]];
    return typeof step === "number" && typeof path === "string" && typeof name === "string"
      ? [{ step, file: path, label: name }]
      : [];
  });
  rows.sort((a, b) => a.step - b.step);
  const before = rows.findLast(({ step }) => step <= at);
  const found = before ?? rows[0];
  return found === undefined ? null : { ...found, later: before === undefined };
}

/** A click on the plots, or Enter at the cursor, offers to go back to the nearest checkpoint. */
export class Picker {
  readonly #plot: HTMLElement;
  readonly #source: PickerSource;
  readonly #mark = element("div", { class: "dlnb-picked" });
  readonly #box = element("div", { class: "dlnb-pick", role: "dialog" });
  readonly #listening = new AbortController();
  #picked: Picked | null = null;

  constructor(plot: HTMLElement, source: PickerSource) {
    this.#plot = plot;
    this.#source = source;
    this.#mark.hidden = true;
    this.#box.hidden = true;
    plot.append(this.#mark, this.#box);
    const { signal } = this.#listening;
    plot.addEventListener("click", (event) => this.#click(event), { signal });
    plot.addEventListener("keydown", (event) => this.#key(event), { signal });
    document.addEventListener("pointerdown", (event) => this.#outside(event), { signal });
  }

  /** Puts mark and box where they belong after the plots moved. */
  refresh(): void {
    if (this.#picked === null) return;
    const frame = this.#source.frame();
    const share = this.#source.share(this.#picked.step);
    this.#mark.hidden = frame === null || share === null;
    if (frame === null || share === null) return;
    const left = frame.left + share * frame.width;
    Object.assign(this.#mark.style, { left: `${left}px`, top: `${frame.top}px`, height: `${frame.height}px` });
    this.#box.style.top = `${frame.top + 28}px`;
    // on the side that has room
    const right = share > 0.5;
    this.#box.style.left = right ? "auto" : `${left + 8}px`;
    this.#box.style.right = right ? `${this.#plot.clientWidth - left + 8}px` : "auto";
  }

  dispose(): void {
    this.#listening.abort();
    this.#mark.remove();
    this.#box.remove();
  }

  #click(event: MouseEvent): void {
    if (this.#box.contains(event.target as Node)) return;
    const position = this.#source.position();
    if (typeof position !== "number" || !this.#open(position)) this.#close();
  }

  #key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.#picked !== null) {
      event.stopPropagation();
      this.#close();
      this.#plot.focus();
      return;
    }
    if (event.key !== "Enter" || event.target !== this.#plot) return;
    const position = this.#source.position();
    if (typeof position !== "number") return;
    event.preventDefault();
    event.stopPropagation();
    if (this.#open(position)) this.#box.querySelector<HTMLElement>(":scope > div button")?.focus();
  }

  #outside(event: PointerEvent): void {
    if (!this.#plot.contains(event.target as Node)) this.#close();
  }

  #open(position: number): boolean {
    const { hints, act } = this.#source;
    const { pick } = hints;
    const picked =
      pick === undefined || act === null ? null : nearestBefore(pick, this.#source.table(pick.dataset), position);
    if (picked === null || act === null) return false;
    const { label, file, step } = picked;
    const offer = (how: "restore" | "branch", text: string, title: string) => {
      const button = element("button", { type: "button", title, class: "dlnb-action" }, text);
      button.addEventListener("click", () => {
        this.#close();
        act({ label: text, title, do: { kind: "go-back", how, file, step } });
      });
      return button;
    };
    const close = element(
      "button",
      { type: "button", class: "dlnb-action", "aria-label": PICKED.close, title: PICKED.close },
      "×",
    );
    close.addEventListener("click", () => {
      this.#close();
      this.#plot.focus();
    });
    const said = picked.later ? PICKED.first(label) : PICKED.nearest(label);
    this.#box.setAttribute("aria-label", said);
    this.#box.replaceChildren(
      element("p", {}, said),
      close,
      element(
        "div",
        {},
        offer("restore", PICKED.restore(label), PICKED.restoreTitle),
        offer("branch", PICKED.branch(label), PICKED.branchTitle),
      ),
    );
    this.#picked = picked;
    this.#box.hidden = false;
    this.refresh();
    return true;
  }

  #close(): void {
    this.#picked = null;
    this.#mark.hidden = true;
    this.#box.hidden = true;
  }
}
