import { sizeOf } from "../../tensor/index.ts";
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

/** Quotients up to here come out right when they are taken in f32 and corrected by one. */
const MOST_IN_F32 = 2 ** 22;

/** `a / size` for 0 <= a < size * most, without the integer division that every device is slow at. */
export function quotient(kernel: KernelBuilder, a: string, size: number, most: number): string {
  const name = kernel.int(size);
  return most > MOST_IN_F32 ? `${a} / ${name}` : `divide(${a}, ${name}, ${kernel.constant(1 / size, "f32")})`;
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
    const size = shape[axis] as number;
    lines.push(
      `let ${name}q${axis} = ${quotient(kernel, rest, size, sizeOf(shape.slice(0, axis)))};`,
      `let ${name}${axis} = ${rest} - ${name}q${axis} * ${kernel.int(size)};`,
    );
    rest = `${name}q${axis}`;
  }
  lines.push(`let ${name}0 = ${rest};`);
  return lines;
}

/** A loop over one axis of a launch, from and to words of the kernel's text. */
export interface LoopAxis {
  readonly name: string;
  readonly axis: number;
  readonly from: string;
  readonly to: string;
}

/** Loops over axes, the last of them innermost, what must stand before them, and the addresses in their body. */
export interface Nest {
  readonly starts: readonly string[];
  readonly heads: readonly string[];
  readonly tails: readonly string[];
  readonly addresses: readonly Address[];
}

/**
 * Loops with the addresses of `things`, each of which begins at the word that `bases` names; what an outer loop adds is
 * computed there. With `lanes` 4 the loop over axis `along`, the innermost, takes four elements at a time.
 */
export function nest(
  kernel: KernelBuilder,
  loops: readonly LoopAxis[],
  things: readonly Strided[],
  bases: readonly string[],
  name: string,
  lanes: 1 | 4 = 1,
  along = -1,
): Nest {
  const starts: string[] = [];
  const heads: string[] = [];
  const words = [...bases];
  const steps = things.map((thing) => (lanes === 4 ? laneStep(kernel, thing, along) : "same"));
  const vectors = words.map((word, i) => {
    if (steps[i] !== "next") return "";
    starts.push(`let ${name}v${i} = ${word} / 4;`);
    return `${name}v${i}`;
  });
  loops.forEach(({ name: c, axis, from, to }, depth) => {
    const isLast = depth === loops.length - 1;
    if (isLast && axis === along) {
      heads.push(`for (var ${c}v = ${from} / 4; ${c}v < ${to} / 4; ${c}v++) {`, `let ${c} = ${c}v * 4;`);
    } else heads.push(`for (var ${c} = ${from}; ${c} < ${to}; ${c}++) {`);
    things.forEach(({ strides }, i) => {
      const stride = strides[axis] as number;
      if (stride === 0) return;
      const moved = (word: string, by: number) => (by === 1 ? `${word} + ${c}` : `${word} + ${c} * ${kernel.int(by)}`);
      const next = moved(words[i] as string, stride);
      const wide = axis === along ? `${vectors[i]} + ${c}v` : moved(vectors[i] as string, stride / 4);
      if (isLast) {
        words[i] = next;
        vectors[i] = wide;
        return;
      }
      words[i] = `${name}${i}_${depth}`;
      heads.push(`let ${words[i]} = ${next};`);
      if (steps[i] !== "next") return;
      heads.push(`let ${name}v${i}_${depth} = ${wide};`);
      vectors[i] = `${name}v${i}_${depth}`;
    });
  });
  const addresses = things.map(({ strides }, i): Address => {
    const lane = steps[i] as Address["lane"];
    const moves = loops.some(({ axis }) => strides[axis] !== 0);
    const at = words[i] as string;
    return lane === "next" ? { at, lane, vector: vectors[i] as string, moves } : { at, lane, moves };
  });
  return { starts, heads, tails: loops.map(() => "}"), addresses };
}
