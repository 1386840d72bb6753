import type { DType } from "../../tensor/index.ts";
import mathText from "./math.wgsl";
import philoxText from "./philox.wgsl";

/** What kind of machine kernels are written for: lanes of a CPU's SIMD unit, or many cores with shared memory. */
export type Target = "cpu" | "gpu";

/** One dispatch: the text is shared by all launches of the same structure, the params block holds what differs. */
export interface Kernel {
  readonly label: string;
  readonly text: string;
  readonly params: Uint32Array<ArrayBuffer>;
  /** Storage buffers in the order of their bindings. */
  readonly bindings: readonly Binding[];
  readonly workgroups: number;
}

export interface Binding {
  readonly buffer: number;
  readonly name: string;
  writable: boolean;
  /** Element type: f32 when all uses of the buffer are, else u32. */
  scalar: "f32" | "u32";
  /** Bound as an array of four-word vectors. */
  vector: boolean;
}

/** Buffers that a plan's kernels need beside the plan's own, numbered after them. */
export interface Extras {
  /** At least so many words of memory that no other launch uses meanwhile. */
  scratch(words: number): number;
  /** A buffer with constant words, and where in it these begin. */
  table(words: Int32Array): { buffer: number; offset: number };
}

/** A WebGPU grid axis stops here; more workgroups go to the second axis. */
export const MAX_GROUPS_PER_AXIS = 65535;

/** Uniform words every kernel can see: this step's scalar block, bound at binding 1. */
export const scalarBlockBytes = (words: number): number => Math.ceil(Math.max(words, 1) / 64) * 256;

/** Collects the params, bindings and text of one kernel. */
export class KernelBuilder {
  readonly bindings: Binding[] = [];
  readonly #params: number[] = [];
  readonly #lets: string[] = [];
  readonly #words = new Uint32Array(1);

  /** Name of an i32 that differs from launch to launch. */
  int(value: number): string {
    return this.#param(value, (word) => `bitcast<i32>(${word})`);
  }

  /** Name of a constant of any dtype. */
  constant(value: number, dtype: DType): string {
    if (dtype === "bool") return value ? "true" : "false";
    if (dtype !== "f32") return this.#param(value, (word) => (dtype === "i32" ? `bitcast<i32>(${word})` : word));
    new Float32Array(this.#words.buffer)[0] = value;
    return this.#param(this.#words[0] as number, (word) => `bitcast<f32>(${word})`);
  }

  /** Declares a use of a buffer; all uses are declared before the first `load`. */
  bind(buffer: number, dtype: DType, use: { write?: boolean; vector?: boolean } = {}): Binding {
    let binding = this.bindings.find((b) => b.buffer === buffer);
    if (!binding) {
      binding = { buffer, name: `b${this.bindings.length}`, writable: false, scalar: "f32", vector: false };
      this.bindings.push(binding);
    }
    if (dtype !== "f32") binding.scalar = "u32";
    binding.writable ||= use.write ?? false;
    binding.vector ||= use.vector ?? false;
    return binding;
  }

  /**
   * The finished kernel. `body` may use `group` (workgroup number), `lane` (invocation number within the workgroup),
   * `id` (invocation number), all i32.
   */
  finish(options: {
    label: string;
    body: readonly string[];
    workgroups: number;
    workgroupSize: number;
    scalarWords: number;
    globals?: readonly string[];
  }): Kernel {
    const { label, body, workgroups, workgroupSize, scalarWords, globals = [] } = options;
    const main = body.join("\n");
    const params = new Uint32Array(Math.max(4, Math.ceil(this.#params.length / 4) * 4));
    params.set(Uint32Array.from(this.#params, (value) => value >>> 0));
    const text = [
      ...library(main),
      `@group(0) @binding(0) var<uniform> params: array<vec4u, ${params.length / 4}>;`,
      `@group(0) @binding(1) var<uniform> scalars: array<vec4u, ${scalarBlockBytes(scalarWords) / 16}>;`,
      ...this.bindings.map(
        ({ name, writable, scalar, vector }, i) =>
          `@group(0) @binding(${i + 2}) var<storage, ${writable ? "read_write" : "read"}> ${name}: array<${vector ? `vec4<${scalar}>` : scalar}>;`,
      ),
      ...globals,
      `@compute @workgroup_size(${workgroupSize}) fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) local: u32) {`,
      "let group = i32(workgroup.x + workgroup.y * grid.x);",
      "let lane = i32(local);",
      `let id = group * ${workgroupSize} + lane;`,
      ...this.#lets,
      main,
      "}",
    ].join("\n");
    return { label, text, params, bindings: this.bindings, workgroups };
  }

  #param(value: number, read: (word: string) => string): string {
    const slot = this.#params.push(value) - 1;
    const name = `p${slot}`;
    this.#lets.push(`let ${name} = ${read(`params[${slot >> 2}].${"xyzw"[slot & 3]}`)};`);
    return name;
  }
}

/** WGSL name of a dtype, for one lane or four. */
export function typeName(dtype: DType, wide: boolean): string {
  return wide ? `vec4<${dtype}>` : dtype;
}

/** Reads one word at an i32 address. */
export function loadWord(binding: Binding, address: string, dtype: DType): string {
  const word = binding.vector ? `${binding.name}[(${address}) >> 2u][(${address}) & 3]` : `${binding.name}[${address}]`;
  return decode(word, binding.scalar, dtype, false);
}

/** Reads vector number `vector` of a buffer. Software drivers shift and multiply slowly, so it is counted as such. */
export function loadVector(binding: Binding, vector: string, dtype: DType): string {
  return decode(`${binding.name}[${vector}]`, binding.scalar, dtype, true);
}

export function storeWord(binding: Binding, address: string, value: string, dtype: DType): string {
  const word = binding.vector ? `${binding.name}[(${address}) >> 2u][(${address}) & 3]` : `${binding.name}[${address}]`;
  return `${word} = ${encode(value, binding.scalar, dtype, false)};`;
}

export function storeVector(binding: Binding, vector: string, value: string, dtype: DType): string {
  return `${binding.name}[${vector}] = ${encode(value, binding.scalar, dtype, true)};`;
}

function decode(word: string, stored: "f32" | "u32", dtype: DType, wide: boolean): string {
  if (stored === dtype) return word;
  if (dtype === "bool") return wide ? `(${word} != vec4u(0u))` : `(${word} != 0u)`;
  return `bitcast<${typeName(dtype, wide)}>(${word})`;
}

function encode(value: string, stored: "f32" | "u32", dtype: DType, wide: boolean): string {
  if (stored === dtype) return value;
  if (dtype === "bool") return wide ? `select(vec4u(0u), vec4u(1u), ${value})` : `select(0u, 1u, ${value})`;
  return `bitcast<${typeName("u32", wide)}>(${value})`;
}

/** a / size for a not negative, from 1 / size: the estimate is right or one off. */
const DIVIDE = `fn divide(a: i32, size: i32, inverse: f32) -> i32 {
  let q = i32(f32(a) * inverse);
  let rest = a - q * size;
  return q + select(0, 1, rest >= size) - select(0, 1, rest < 0);
}`;

const MATH_4 = mathText;
const MATH_1 = MATH_4.replace(/vec4<bool>/g, "bool")
  .replace(/vec4f/g, "f32")
  .replace(/vec4i/g, "i32")
  .replace(/vec4u/g, "u32")
  .replace(/_4\b/g, "_1");

/** Helper functions by name, with the names of those that they call. */
const HELPERS: ReadonlyMap<string, { text: string; calls: readonly string[] }> = (() => {
  const all = [DIVIDE, MATH_1, MATH_4, philoxText].join("\n").replace(/^\/\/.*\n/gm, "");
  const texts = new Map(
    all
      .split(/^(?=fn )/m)
      .filter((text) => text.startsWith("fn "))
      .map((text) => [/^fn (\w+)/.exec(text)?.[1] as string, text.trim()]),
  );
  return new Map([...texts].map(([name, text]) => [name, { text, calls: called(text, texts) }]));
})();

/** The names of `known` that a text calls. */
function called(text: string, known: ReadonlyMap<string, unknown>): string[] {
  const names = new Set(Array.from(text.matchAll(/\b(\w+)\(/g), ([, name]) => name as string));
  return [...names].filter((name) => known.has(name));
}

/** The helper functions that a kernel's text needs, and no others: parsing them takes longer than most kernels do. */
function library(main: string): string[] {
  const needed = new Set(called(main, HELPERS));
  for (const name of needed) for (const other of HELPERS.get(name)?.calls ?? []) needed.add(other);
  return [...HELPERS].filter(([name]) => needed.has(name)).map(([, { text }]) => text);
}
