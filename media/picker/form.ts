import { translated } from "../../l10n/index.ts";
import { element } from "../chart/dom.ts";
import { picture } from "./draw.ts";
import type { Field, FieldValues, Pick, ToPicker } from "./payload.ts";
import { WORDS } from "./words.ts";

/** Keystrokes closer together than this ask once. */
const CALM_MS = 150;

interface Tells {
  preview(serial: number, name: string, values: FieldValues): void;
  insert(name: string, values: FieldValues): void;
  cancel(): void;
}

/** What is chosen: its drawing, drawn anew as options change, its options, and the call as it will stand in the cell. */
export class Form {
  readonly node = element("section", { "aria-label": WORDS.details });
  /** Why nothing is drawn anew; empty when it is. */
  still = "";
  readonly #tells: Tells;
  readonly #drawing = element("div");
  readonly #note = element("p", { class: "note" });
  readonly #problem = element("p", { class: "problem", role: "status" });
  readonly #call = element("pre");
  readonly #insert = element("button", { class: "main", type: "button" }, WORDS.insert);
  #pick: Pick | null = null;
  #fields: readonly { field: Field; input: HTMLInputElement | HTMLSelectElement }[] = [];
  #serial = 0;
  #waiting: number | undefined;

  constructor(tells: Tells) {
    this.#tells = tells;
    this.#insert.addEventListener("click", () => this.insert());
  }

  show(pick: Pick): void {
    this.#pick = pick;
    this.#problem.textContent = "";
    this.#call.textContent = "";
    this.#draw(pick.drawing);
    this.#fields = pick.fields.map((field) => ({ field, input: inputFor(field) }));
    const rows = this.#fields.flatMap(({ field, input }) => {
      const id = `field-${field.name}`;
      input.id = id;
      input.setAttribute("aria-describedby", `${id}-doc`);
      input.addEventListener("input", () => this.#ask(CALM_MS));
      const range = field.range === "" ? "" : ` ${field.range}`;
      return [
        element("label", { for: id }, field.name),
        input,
        element("small", { id: `${id}-doc` }, field.kind === "code" ? WORDS.code(field.doc) : field.doc + range),
      ];
    });
    const cancel = element("button", { type: "button" }, WORDS.cancel);
    cancel.addEventListener("click", () => this.#tells.cancel());
    this.node.replaceChildren(
      element("h2", {}, pick.name),
      element("p", {}, pick.summary),
      this.#drawing,
      this.#note,
      this.#call,
      this.#problem,
      element("div", { class: "buttons" }, this.#insert, cancel),
      element("div", { class: "fields" }, ...rows),
      ...(pick.rule.length > 0 ? [element("pre", {}, pick.rule.join("\n"))] : []),
      ...(pick.paper === "" ? [] : [element("p", { class: "paper" }, pick.paper)]),
    );
    this.node.scrollTop = 0;
    this.#ask(0);
  }

  /** An answer of the editor; of an older question it says nothing any more. */
  preview({ serial, call, drawing, problem }: ToPicker & { type: "preview" }): void {
    if (serial !== this.#serial) return;
    this.#problem.textContent = translated(problem);
    this.#insert.disabled = problem !== "";
    if (call !== "") this.#call.textContent = call;
    if (drawing !== null) this.#draw(drawing);
    else if (this.still !== "") this.#note.textContent = this.still;
  }

  insert(): void {
    if (this.#pick !== null && !this.#insert.disabled) this.#tells.insert(this.#pick.name, this.#values());
  }

  #draw(drawing: Pick["drawing"]): void {
    if (drawing === null) return;
    this.#drawing.replaceChildren(picture(drawing, `${this.#pick?.name}: ${drawing.note}`));
    this.#note.textContent = drawing.note;
  }

  #values(): FieldValues {
    return Object.fromEntries(this.#fields.map(({ field, input }) => [field.name, input.value]));
  }

  #ask(after: number): void {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => {
      this.#serial += 1;
      if (this.#pick !== null) this.#tells.preview(this.#serial, this.#pick.name, this.#values());
    }, after);
  }
}

function inputFor(field: Field): HTMLInputElement | HTMLSelectElement {
  if (field.choices.length > 0) {
    const known = field.choices.includes(field.value) ? field.choices : [...field.choices, field.value];
    const select = element("select", {}, ...known.map((choice) => element("option", { value: choice }, choice)));
    select.value = field.value;
    return select;
  }
  const none = field.default === "null" ? WORDS.notGiven : (field.default ?? "");
  const input = element("input", { type: "text", spellcheck: "false", placeholder: none });
  input.value = field.value === "null" ? "" : field.value;
  input.disabled = field.kind === "code";
  return input;
}
