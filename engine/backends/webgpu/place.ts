import type { Instr } from "../launch.ts";
import type { Address } from "./code.ts";
import type { KernelBuilder } from "./kernel.ts";

/** Something with strides over a kernel's axes: a view or an index instruction. */
export interface Strided {
  readonly offset: number;
  readonly strides: readonly number[];
}

export const indexInstructions = (code: readonly Instr[]) => code.filter((instr) => instr.op === "index");

/** Whether four neighbours along `axis` are one aligned vector wherever they start at a multiple of 4. */
export function isVector({ offset, strides }: Strided, axis: number): boolean {
  return offset % 4 === 0 && strides.every((stride, i) => (i === axis ? stride === 1 : stride % 4 === 0));
}

/** How lanes along `axis` differ; -1 when there is one lane. */
export function laneStep(kernel: KernelBuilder, thing: Strided, axis: number): Address["lane"] {
  if (axis < 0 || thing.strides[axis] === 0) return "same";
  return isVector(thing, axis) ? "next" : { by: kernel.int(thing.strides[axis] as number) };
}

/** `start + c0 * stride0 + c1 * stride1 ...` for named coordinates; strides that are 0 are left out. */
export function walk(
  kernel: KernelBuilder,
  start: string,
  coordinates: readonly string[],
  strides: readonly number[],
): string {
  return coordinates.reduce(
    (sum, c, i) => (strides[i] === 0 ? sum : `${sum} + ${c} * ${kernel.int(strides[i] as number)}`),
    start,
  );
}

/** Statements that split the row-major position `position` into coordinates `${name}0`, `${name}1` ... */
export function splitPosition(
  kernel: KernelBuilder,
  position: string,
  shape: readonly number[],
  name: string,
): string[] {
  if (shape.length === 0) return [];
  const lines: string[] = [];
  let rest = position;
  for (let axis = shape.length - 1; axis > 0; axis--) {
    const size = kernel.int(shape[axis] as number);
    lines.push(`let ${name}q${axis} = ${rest} / ${size};`, `let ${name}${axis} = ${rest} - ${name}q${axis} * ${size};`);
    rest = `${name}q${axis}`;
  }
  lines.push(`let ${name}0 = ${rest};`);
  return lines;
}
