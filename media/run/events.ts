import { element } from "../chart/dom.ts";
import type { EventLine, FromRunPage } from "./payload.ts";
import { WORDS } from "./words.ts";

/** Rows on the page, at most: others are asked for when one scrolls to them. */
const MOST_ROWS = 1000;
/** As many as the editor sends at a time. */
const PIECE = 200;

/** So near to an end, in pixels, is at it. */
const NEAR_END = 40;

/** The events of a run, newest last: a window of them is on the page, and moves as one scrolls. */
export class Events {
  readonly #send: (message: FromRunPage) => void;
  readonly #body = element("tbody");
  readonly #earlier = element("button", { type: "button" });
  readonly #begin = element("button", { type: "button" }, WORDS.firstEvents);
  readonly #newest = element("button", { type: "button" }, WORDS.newestEvents);
  readonly #said = element("span");
  readonly #tools = element("div", { class: "dlnb-tools" }, this.#begin, this.#earlier, this.#newest, this.#said);
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
  #total = 0;
  /** What was asked for and is not there yet: its end. */
  #asked: number | null = null;

  constructor(parent: HTMLElement, send: (message: FromRunPage) => void) {
    this.#send = send;
    this.#earlier.addEventListener("click", () => this.#ask(this.#first));
    this.#begin.addEventListener("click", () => this.#ask(Math.min(PIECE, this.#total)));
    this.#newest.addEventListener("click", () => this.#ask(this.#total));
    this.#list.addEventListener("scroll", () => this.#scrolled());
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

  add({ events, first, total }: { events: readonly EventLine[]; first: number; total: number }): void {
    const next = first + events.length;
    const wanted = this.#asked !== null && (next === this.#asked || events.length === 0);
    if (wanted) this.#asked = null;
    this.#total = Math.max(total, next);
    const rows = events.map(({ step, text, level }) =>
      element("tr", { class: level }, element("td", { class: "number" }, step), element("td", {}, text)),
    );
    const before = this.#list.scrollTop;
    const height = this.#list.scrollHeight;
    if (rows.length > 0 && next === this.#first) {
      this.#body.prepend(...rows);
      this.#first = first;
      this.#list.scrollTop = before + this.#list.scrollHeight - height;
      for (; this.#body.childElementCount > MOST_ROWS; this.#next--) this.#body.lastElementChild?.remove();
    } else if (rows.length > 0 && first <= this.#next && next > this.#next && first >= this.#first && this.#next > 0) {
      // who reads what came before is left in peace
      const follows = this.#atFoot && !wanted;
      this.#body.append(...rows.slice(this.#next - first));
      this.#next = next;
      const top = this.#list.scrollHeight;
      for (; this.#body.childElementCount > MOST_ROWS; this.#first++) this.#body.firstElementChild?.remove();
      if (follows) this.shown();
      else this.#list.scrollTop -= top - this.#list.scrollHeight;
    } else if (rows.length > 0 && (wanted || this.#next === 0)) {
      this.#body.replaceChildren(...rows);
      this.#first = first;
      this.#next = next;
      if (first === 0 && next < this.#total) this.#list.scrollTop = 0;
      else this.shown();
    }
    this.#show();
  }

  get #atFoot(): boolean {
    const { scrollTop, scrollHeight, clientHeight } = this.#list;
    return scrollTop + clientHeight >= scrollHeight - NEAR_END;
  }

  #scrolled(): void {
    if (this.#next === 0 || this.#list.clientHeight === 0) return;
    const moves = this.#list.scrollHeight > this.#list.clientHeight + NEAR_END;
    if (moves && this.#list.scrollTop < NEAR_END && this.#first > 0) this.#ask(this.#first);
    else if (this.#atFoot && this.#next < this.#total) this.#ask(Math.min(this.#total, this.#next + PIECE));
  }

  /** Asks for the events before number `before`, once. */
  #ask(before: number): void {
    if (this.#asked === before) return;
    this.#asked = before;
    this.#send({ type: "earlier", before });
  }

  #show(): void {
    const whole = this.#first === 0 && this.#next >= this.#total;
    this.#tools.hidden = whole;
    this.#earlier.textContent = WORDS.earlier(this.#first);
    this.#earlier.disabled = this.#begin.disabled = this.#first === 0;
    this.#newest.disabled = this.#next >= this.#total;
    this.#said.textContent = WORDS.eventsOf(this.#first + 1, this.#next, this.#total);
    this.#empty.hidden = this.#next > 0;
    this.#table.hidden = this.#next === 0;
  }
}
