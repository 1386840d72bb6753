import { many, translated, words } from "../../l10n/index.ts";
import { element } from "../chart/dom.ts";
import type { CellError } from "../chart/payload.ts";

/** What an error's links and its button do; null where nobody answers. */
export interface ErrorActions {
  /** Goes to a line of the cell that failed, or of the one with this id. */
  reveal(line: number, column: number, cell?: string): void;
  /** Opens a file of the user's. */
  open(file: string, line: number, column: number): void;
  /** Runs what the cell needs, and the cell again. */
  rerun(): void;
}

/** Frames that stand there at once; more are folded away. */
const OPEN_FRAMES = 4;

const WORDS = words({
  line: "line {0} of this cell",
  cell: "cell {0}",
  cellLine: "cell {0}, line {1}",
  fileLine: "{0}, line {1}",
  stack: many("stack, {0} frame", "stack, {0} frames"),
  rerun: "Run What It Needs, Then This Cell",
});

/** An error under a cell: class, message, what to do about it, a link to the line in the cell, and the user's own frames as links. */
export function drawError(parent: HTMLElement, error: CellError, actions: ErrorActions | null): void {
  const box = element("div", { class: "dlnb-error", role: "alert" });
  box.append(element("p", { class: "message" }, element("span", { class: "name" }, error.name), `: ${error.message}`));
  if (error.remedy !== undefined) box.append(element("p", { class: "remedy" }, translated(error.remedy)));
  if (error.needs === true && actions !== null) {
    const button = element("button", { type: "button", class: "dlnb-action" }, WORDS.rerun);
    button.addEventListener("click", () => actions.rerun());
    box.append(element("p", {}, button));
  }
  if (error.line !== undefined) {
    const { line, column = 1 } = error;
    box.append(link(WORDS.line(line), actions && (() => actions.reveal(line, column))));
  }
  const frames = error.stack.split("\n").filter((frame) => frame.trim() !== "");
  // the only frame is the line that is linked already
  if (frames.length > 1 || (frames.length === 1 && error.line === undefined)) {
    const list = element("ol", { class: "frames" }, ...frames.map((frame) => drawFrame(frame, error, actions)));
    if (frames.length <= OPEN_FRAMES) box.append(list);
    else box.append(element("details", {}, element("summary", {}, WORDS.stack(frames.length)), list));
  }
  parent.replaceChildren(box);
}

/** `at f (cell 2:5:3)`, `at /folder/lib.ts:3:4`: the place is a link. */
function drawFrame(frame: string, { cells }: CellError, actions: ErrorActions | null): HTMLElement {
  const cell = /^(.*?)\bcell (\d+)(?::(\d+)(?::(\d+))?)?(.*)$/.exec(frame);
  if (cell !== null) {
    const [, before = "", index = "", line, column, after = ""] = cell;
    const id = cells?.[index];
    const go = actions && id !== undefined && (() => actions.reveal(Number(line ?? 1), Number(column ?? 1), id));
    return element("li", {}, before, link(line ? WORDS.cellLine(index, line) : WORDS.cell(index), go || null), after);
  }
  const file = /^((?:.*\()?(?:at )?(?:async )?)((?:file:\/\/|[A-Za-z]:[\\/]|\/).*?):(\d+):(\d+)(\)?)$/.exec(frame);
  if (file === null) return element("li", {}, frame);
  const [, before = "", path = "", line, column, after = ""] = file;
  const name = path.split(/[\\/]/).at(-1) ?? path;
  const place = link(
    WORDS.fileLine(name, String(line)),
    actions && (() => actions.open(path, Number(line), Number(column))),
  );
  place.title = path;
  return element("li", {}, before, place, after);
}

function link(text: string, go: (() => void) | null): HTMLElement {
  if (go === null) return element("span", {}, text);
  const button = element("button", { type: "button", class: "link" }, text);
  button.addEventListener("click", go);
  return button;
}

/** Reads an output item; what is no error of ours is shown as it is. */
export function readError(value: unknown): CellError {
  const error = value as Partial<CellError> | null;
  const cells = Object.entries(error?.cells ?? {}).filter(([, id]) => typeof id === "string");
  return {
    name: typeof error?.name === "string" ? error.name : "Error",
    message: typeof error?.message === "string" ? error.message : JSON.stringify(value),
    stack: typeof error?.stack === "string" ? error.stack : "",
    ...(typeof error?.line === "number" ? { line: error.line } : {}),
    ...(typeof error?.column === "number" ? { column: error.column } : {}),
    ...(cells.length > 0 ? { cells: Object.fromEntries(cells) } : {}),
    ...(typeof error?.remedy === "string" ? { remedy: error.remedy } : {}),
    ...(error?.needs === true ? { needs: true } : {}),
  };
}
