import type { Instr, View } from "../launch.ts";
import type { Cursors, Stride } from "./cursors.ts";

/** A list of instructions with the cursor of each load and index. */
export interface Code {
  readonly instrs: readonly Instr[];
  readonly cursor: readonly (number | undefined)[];
  /** Innermost loop each instruction depends on; it is computed there, once. */
  readonly level: readonly number[];
  /** Whether it differs between lanes. */
  readonly varies: readonly boolean[];
}

export function cursorsOf(code: readonly Instr[], views: readonly View[], cursors: Cursors): (number | undefined)[] {
  return code.map((instr) => {
    if (instr.op === "load") return cursors.view(views[instr.view] as View);
    return instr.op === "index" ? cursors.index(instr.offset, instr.strides) : undefined;
  });
}

const refsOf = (instr: Instr): number[] => {
  switch (instr.op) {
    case "load":
      return [instr.index, instr.mask].filter((r) => r !== undefined);
    case "unary":
    case "cast":
      return [instr.a];
    case "binary":
      return [instr.a, instr.b];
    case "select":
      return [instr.cond, instr.a, instr.b];
    case "philox":
      return [instr.seed, instr.step, instr.index];
    default:
      return [];
  }
};

/** Levels of every kernel: outside of all loops, in a row of the outer axes, at an element; inner axes come after. */
export const LEVEL = { once: 0, row: 1, element: 2, inner: 3 } as const;

/**
 * Finds the loop and the lanes of every instruction. `level[c]`: the innermost loop in which cursor c moves;
 * `strides[c]`: how it moves between lanes. Accumulators are at the element, with a value in every lane (`spread`) or the
 * same in all.
 */
export function analyze(
  instrs: readonly Instr[],
  cursor: readonly (number | undefined)[],
  cursorLevel: readonly number[],
  strides: readonly Stride[],
  spread = true,
): Code {
  const level: number[] = [];
  const varies: boolean[] = [];
  instrs.forEach((instr, i) => {
    const c = cursor[i];
    const refs = refsOf(instr);
    const own = instr.op === "acc" ? LEVEL.element : c === undefined ? LEVEL.once : (cursorLevel[c] as number);
    const moves = c !== undefined && (strides[c] as Stride).lanes.some((x) => x !== 0);
    level.push(Math.max(own, ...refs.map((r) => level[r] as number)));
    varies.push((instr.op === "acc" && spread) || moves || refs.some((r) => varies[r]));
  });
  return { instrs, cursor, level, varies };
}
