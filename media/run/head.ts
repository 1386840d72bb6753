import { element } from "../chart/dom.ts";
import type { FromRunPage, Named, RunHead, RunState } from "./payload.ts";
import { WORDS } from "./words.ts";

/** A shape for each status beside its colour and its word. */
const SIGNS: Readonly<Record<RunState, string>> = {
  running: "●",
  paused: "‖",
  finished: "✓",
  early: "✓",
  interrupted: "■",
  "non-finite": "!",
  failed: "✕",
  lost: "○",
};

/** The top of the panel: what run it is, how it stands, its figures. */
export class Head {
  readonly element: HTMLElement;
  readonly #name = element("h1");
  readonly #sign = element("span", { class: "sign", "aria-hidden": "true" });
  readonly #word = element("span");
  readonly #status = element("span", { class: "run-status", role: "status" }, this.#sign, this.#word);
  readonly #sentence = element("p", { class: "run-sentence" });
  readonly #figures = element("dl", { class: "run-figures" });
  readonly #facts = element("dl", { class: "run-facts" });
  readonly #folder: HTMLButtonElement;

  constructor(send: (message: FromRunPage) => void) {
    const button = (text: string, title: string, what: (FromRunPage & { type: "do" })["what"]) => {
      const made = element("button", { type: "button", title }, text);
      made.addEventListener("click", () => send({ type: "do", what }));
      return made;
    };
    this.#folder = button(WORDS.folder, WORDS.folderTitle, "folder");
    const tools = element(
      "div",
      { class: "dlnb-tools" },
      button(WORDS.cell, WORDS.cellTitle, "cell"),
      button(WORDS.compare, WORDS.compareTitle, "compare"),
      this.#folder,
    );
    const title = element("div", {}, this.#name, this.#status);
    this.element = element("header", { class: "run-head" }, title, this.#sentence, this.#figures, this.#facts, tools);
  }

  show({ name, status, word, sentence, figures, facts, kept }: RunHead): void {
    this.#name.textContent = name;
    this.#status.dataset.status = status;
    this.#sign.textContent = SIGNS[status];
    // a screen reader tells it again only when it changes
    if (this.#word.textContent !== word) this.#word.textContent = word;
    this.#sentence.textContent = sentence;
    this.#sentence.hidden = sentence === "";
    this.#figures.replaceChildren(...figures.map(pair));
    this.#facts.replaceChildren(...facts.map(pair));
    this.#folder.disabled = !kept;
  }
}

const pair = ({ name, text }: Named): HTMLElement =>
  element("div", {}, element("dt", {}, name), element("dd", {}, text));
