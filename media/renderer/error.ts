import { element } from "../chart/dom.ts";
import type { CellError } from "../chart/payload.ts";

/** An error under a cell: class, message, a link to the line in the cell, and the user's own frames folded away. */
export function drawError(
  parent: HTMLElement,
  error: CellError,
  reveal: ((line: number, column: number) => void) | null,
): void {
  const box = element("div", { class: "dlnb-error", role: "alert" });
  box.append(element("p", { class: "message" }, element("span", { class: "name" }, error.name), `: ${error.message}`));
  if (error.line !== undefined) {
    const { line, column = 1 } = error;
    if (reveal === null) {
      box.append(element("span", {}, `cell line ${line}`));
    } else {
      const link = element("button", { type: "button" }, `cell line ${line}`);
      link.addEventListener("click", () => reveal(line, column));
      box.append(link);
    }
  }
  if (error.stack.trim() !== "") {
    box.append(element("details", {}, element("summary", {}, "stack"), element("pre", {}, error.stack)));
  }
  parent.replaceChildren(box);
}

/** Reads an output item; what is no error of ours is shown as it is. */
export function readError(value: unknown): CellError {
  const error = value as Partial<CellError> | null;
  return {
    name: typeof error?.name === "string" ? error.name : "Error",
    message: typeof error?.message === "string" ? error.message : JSON.stringify(value),
    stack: typeof error?.stack === "string" ? error.stack : "",
    ...(typeof error?.line === "number" ? { line: error.line } : {}),
    ...(typeof error?.column === "number" ? { column: error.column } : {}),
  };
}
