import { element } from "../chart/dom.ts";
import type { EventLine, FromRunPage } from "./payload.ts";
import { WORDS } from "./words.ts";

/** Rows on the page, at most: the earlier ones are asked for again. */
const MOST_ROWS = 2000;

/** So near to the foot, in pixels, is at it. */
const NEAR_FOOT = 40;

/** The events of a run, newest last; earlier ones are shown on demand. */
export class Events {
  readonly #body = element("tbody");
  readonly #earlier = element("button", { type: "button" });
  readonly #tools = element("div", { class: "dlnb-tools" }, this.#earlier);
  readonly #empty = element("p", { class: "run-empty" }, WORDS.noEvents);
  readonly #table: HTMLElement;
  readonly #list = element("div", {
    class: "run-log",
    role: "region",
    "aria-label": WORDS.sections.log,
    tabindex: "0",
  });
  /** Numbers of the first row on the page, and of the one behind the last. */
  #first = 0;
  #next = 0;

  constructor(parent: HTMLElement, send: (message: FromRunPage) => void) {
    this.#earlier.addEventListener("click", () => send({ type: "earlier", before: this.#first }));
    const head = element(
      "tr",
      {},
      element("th", { scope: "col", class: "number" }, WORDS.step),
      element("th", { scope: "col" }, WORDS.event),
    );
    this.#table = element("table", { "aria-label": WORDS.sections.log }, element("thead", {}, head), this.#body);
    this.#list.append(this.#table);
    parent.replaceChildren(this.#tools, this.#empty, this.#list);
    this.#show();
  }

  /** The part came into view: the newest are at its foot. */
  shown(): void {
    this.#list.scrollTop = this.#list.scrollHeight;
  }

  add({ events, first }: { readonly events: readonly EventLine[]; readonly first: number }): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#list;
    // who reads what came before is left in peace
    const follows = scrollTop + clientHeight >= scrollHeight - NEAR_FOOT;
    const rows = events.map(({ step, text, level }) =>
      element("tr", { class: level }, element("td", { class: "number" }, step), element("td", {}, text)),
    );
    if (rows.length > 0 && first + rows.length === this.#first) {
      this.#body.prepend(...rows);
      this.#first = first;
      this.#list.scrollTop = scrollTop + this.#list.scrollHeight - scrollHeight;
      this.#show();
      return;
    } else if (first === this.#next && this.#next > 0) {
      this.#body.append(...rows);
      this.#next += rows.length;
      for (; this.#body.childElementCount > MOST_ROWS; this.#first++) this.#body.firstElementChild?.remove();
    } else if (rows.length > 0) {
      this.#body.replaceChildren(...rows);
      this.#first = first;
      this.#next = first + rows.length;
    } else {
      // those before were let go
      this.#tools.hidden = true;
      return;
    }
    this.#show();
    if (follows) this.shown();
  }

  #show(): void {
    this.#tools.hidden = this.#first === 0;
    this.#earlier.textContent = WORDS.earlier(this.#first);
    this.#empty.hidden = this.#next > 0;
    this.#table.hidden = this.#next === 0;
  }
}
