import { UserError } from "../../errors/index.ts";
import type { Problem } from "../../protocol/index.ts";

/** A mistake in a cell's text, found before anything ran. */
export class CellSyntaxError extends UserError {
  override name = "SyntaxError";
  readonly problem: Problem;

  constructor(problem: Omit<Problem, "severity">) {
    super(problem.message);
    this.problem = { ...problem, severity: "error" };
  }
}

/** Line and column, both from 1, of an offset in `text`. */
export function positionAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: offset - lineStart + 1 };
}
