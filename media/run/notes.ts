import { element } from "../chart/dom.ts";
import type { FromRunPage } from "./payload.ts";
import { WORDS } from "./words.ts";

/** What is not in the file yet, kept with the page. */
export interface Draft {
  readonly text: string;
}

/** The notes field. What is typed goes to the editor with every key, which writes it; until then the page keeps it. */
export class Notes {
  readonly #area = element("textarea", { "aria-label": WORDS.notes, spellcheck: "true" });
  readonly #words = element("span", { role: "status" });
  readonly #state: HTMLElement;
  readonly #send: (message: FromRunPage) => void;
  readonly #keep: (draft: Draft | null) => void;
  #edit = 0;
  #saved = 0;

  constructor(
    parent: HTMLElement,
    draft: Draft | null,
    send: (message: FromRunPage) => void,
    keep: (draft: Draft | null) => void,
  ) {
    this.#send = send;
    this.#keep = keep;
    const editor = element("button", { type: "button" }, WORDS.editor);
    editor.addEventListener("click", () => send({ type: "do", what: "notes" }));
    this.#state = element("div", { class: "state" }, this.#words);
    this.#words.textContent = WORDS.notesHint;
    parent.replaceChildren(
      element("div", { class: "run-notes" }, this.#area, this.#state, element("div", { class: "dlnb-tools" }, editor)),
    );
    this.#area.addEventListener("input", () => this.#typed());
    if (draft === null) return;
    // the window went before it was written
    this.#area.value = draft.text;
    this.#typed();
  }

  /** What the file says; what is being typed goes before it. */
  show(text: string, why: string): void {
    this.#say(why === "" ? WORDS.notesHint : why, why !== "");
    if (this.#edit > this.#saved || why !== "" || this.#area.value === text) return;
    const { selectionStart, selectionEnd } = this.#area;
    this.#area.value = text;
    this.#area.setSelectionRange(selectionStart, selectionEnd);
  }

  saved(edit: number): void {
    this.#saved = Math.max(this.#saved, edit);
    if (this.#edit > this.#saved) return;
    this.#keep(null);
    this.#say(WORDS.saved, false);
  }

  #typed(): void {
    const text = this.#area.value;
    this.#edit++;
    this.#keep({ text });
    this.#say(WORDS.saving, false);
    this.#send({ type: "notes", text, edit: this.#edit });
  }

  #say(text: string, wrong: boolean): void {
    this.#state.classList.toggle("wrong", wrong);
    if (this.#words.textContent !== text) this.#words.textContent = text;
  }
}
