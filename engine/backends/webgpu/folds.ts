import type { DType } from "../../tensor/index.ts";
import type { Accumulator, Instr } from "../launch.ts";
import { type Binding, type KernelBuilder, loadWord, storeWord, typeName } from "./kernel.ts";

/** An accumulator's state in a kernel: the names of a value and, for argmax, of its position. */
export interface State {
  readonly fn: Accumulator["fn"];
  readonly value: string;
  readonly position: string;
  /** Of what is folded; an argmax gives an i32 whatever this is. */
  readonly dtype: DType;
}

/** Positions of elements are below this. */
const NOWHERE = "0x7fffffff";

/** The states of a phase's accumulators, the first of which is number `first` of the launch. */
export const statesOf = (accumulators: readonly Accumulator[], code: readonly Instr[], first: number): State[] =>
  accumulators.map(({ fn, value, dtype }, i) => ({
    fn,
    value: `s${first + i}`,
    position: `q${first + i}`,
    dtype: fn === "argmax" ? (code[value] as Instr).dtype : dtype,
  }));

/** Words that states take in memory. */
export const wordsOf = (states: readonly State[]): number =>
  states.reduce((n, { fn }) => n + (fn === "argmax" ? 2 : 1), 0);

/** Declares states before the first element. */
export function begin(kernel: KernelBuilder, states: readonly State[], wide: boolean): string[] {
  return states.flatMap(({ fn, value, position, dtype }) => {
    const lowest = dtype === "f32" ? Number.NEGATIVE_INFINITY : dtype === "i32" ? -(2 ** 31) : 0;
    const start = kernel.constant(fn === "sum" ? 0 : lowest, dtype);
    return [
      `var ${value} = ${typeName(dtype, wide)}(${start});`,
      ...(fn === "argmax" ? [`var ${position} = ${typeName("i32", wide)}(${NOWHERE});`] : []),
    ];
  });
}

/** Folds an element in; `where` is its position. */
export function foldInto(s: State, value: string, where: string, wide: boolean): string {
  const lanes = wide ? 4 : 1;
  if (s.fn === "sum") return `${s.value} += ${value};`;
  if (s.fn === "max") {
    return `${s.value} = ${s.dtype === "f32" ? `max_${lanes}` : "max"}(${s.value}, ${value});`;
  }
  const better = s.dtype === "f32" ? `better_${lanes}(${value}, ${s.value})` : `(${value} > ${s.value})`;
  return `{ let better = ${better}; ${s.value} = select(${s.value}, ${value}, better); ${s.position} = select(${s.position}, ${where}, better); }`;
}

/** Folds another share's state in, one lane: of equal maxima the earlier position stays. */
function merge(s: State, value: string, position: string): string {
  if (s.fn !== "argmax") return foldInto(s, value, "", false);
  const better = s.dtype === "f32" ? `better_1(${value}, ${s.value})` : `(${value} > ${s.value})`;
  const worse = s.dtype === "f32" ? `better_1(${s.value}, ${value})` : `(${s.value} > ${value})`;
  return `if (${better} | (!${worse} & (${position} < ${s.position}))) { ${s.value} = ${value}; ${s.position} = ${position}; }`;
}

/** Four lanes of one output become one: the states afterwards, and the text. */
export function joinLanes(states: readonly State[]): { states: State[]; text: string[] } {
  const text: string[] = [];
  const joined = states.map((s): State => {
    const own = { ...s, value: `h${s.value}`, position: `h${s.position}` };
    text.push(`var ${own.value} = ${s.value}.x;`);
    if (s.fn === "argmax") text.push(`var ${own.position} = ${s.position}.x;`);
    text.push(...["y", "z", "w"].map((lane) => merge(own, `${s.value}.${lane}`, `${s.position}.${lane}`)));
    return own;
  });
  return { states: joined, text };
}

/**
 * Text after which every invocation of a workgroup has the state of all of them. In a `tree` by halves, with a barrier
 * for each; otherwise each invocation folds all states in order after a single barrier, which suits CPUs.
 */
export function joinWorkgroup(
  states: readonly State[],
  size: number,
  tree: boolean,
): { globals: string[]; text: string[] } {
  const shared = states.map((s) => ({ value: `w${s.value}`, position: `w${s.position}` }));
  const globals = states.flatMap(({ fn, dtype }, i) => [
    `var<workgroup> ${shared[i]?.value}: array<${dtype}, ${size}>;`,
    ...(fn === "argmax" ? [`var<workgroup> ${shared[i]?.position}: array<i32, ${size}>;`] : []),
  ]);
  const put = (at: string) =>
    states.flatMap((s, i) => [
      `${shared[i]?.value}[${at}] = ${s.value};`,
      ...(s.fn === "argmax" ? [`${shared[i]?.position}[${at}] = ${s.position};`] : []),
    ]);
  const take = (at: string) =>
    states.flatMap((s, i) => [
      `${s.value} = ${shared[i]?.value}[${at}];`,
      ...(s.fn === "argmax" ? [`${s.position} = ${shared[i]?.position}[${at}];`] : []),
    ]);
  const mergeFrom = (at: string) =>
    states.map((s, i) => merge(s, `${shared[i]?.value}[${at}]`, `${shared[i]?.position}[${at}]`));
  const text = tree
    ? [
        ...put("lane"),
        "workgroupBarrier();",
        `for (var half = ${size / 2}; half > 0; half /= 2) {`,
        "if (lane < half) {",
        ...mergeFrom("lane + half"),
        ...put("lane"),
        "}",
        "workgroupBarrier();",
        "}",
        ...take("0"),
      ]
    : [
        ...put("lane"),
        "workgroupBarrier();",
        ...take("0"),
        `for (var other = 1; other < ${size}; other++) {`,
        ...mergeFrom("other"),
        "}",
      ];
  return { globals, text };
}

/** Writes states to memory, the first word at the i32 `to`. */
export function storeStates(states: readonly State[], memory: Binding, to: string): string[] {
  let word = 0;
  return states.flatMap((s) => [
    storeWord(memory, `${to} + ${word++}`, s.value, s.dtype),
    ...(s.fn === "argmax" ? [storeWord(memory, `${to} + ${word++}`, s.position, "i32")] : []),
  ]);
}

/** Folds states in that `storeStates` wrote. */
export function mergeStored(states: readonly State[], memory: Binding, from: string): string[] {
  let word = 0;
  return states.flatMap((s) => {
    const value = loadWord(memory, `${from} + ${word++}`, s.dtype);
    const position = s.fn === "argmax" ? loadWord(memory, `${from} + ${word++}`, "i32") : "0";
    return ["{", `let value = ${value};`, `let position = ${position};`, merge(s, "value", "position"), "}"];
  });
}

/** The i32 that an argmax gives: 0 where there was no element. */
export const foundPosition = (s: State, wide: boolean): string => {
  const type = typeName("i32", wide);
  return `select(${s.position}, ${type}(0), ${s.position} == ${type}(${NOWHERE}))`;
};
