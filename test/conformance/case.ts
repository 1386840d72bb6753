import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DType, Shape } from "../../engine/tensor/index.ts";

/** A tensor of a case, read: numbers and not strings for NaN and infinities. */
export interface Numbers {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: Float64Array;
}

export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
  /** Only so many of the first elements count. */
  readonly first?: number;
}

// biome-ignore lint/suspicious/noExplicitAny: PyTorch's arguments, as the case has them
export type Config = Readonly<Record<string, any>>;

/** A reference case: the format is that of test/fixtures/README.md. */
export interface Case {
  readonly file: string;
  readonly case: string;
  readonly group: string;
  readonly op: string;
  readonly config: Config;
  readonly inputs: Readonly<Record<string, Numbers>>;
  readonly outputs: Readonly<Record<string, Numbers>>;
  readonly tolerance: Tolerance & { readonly per_output?: Readonly<Record<string, Tolerance>> };
  readonly compare?: string;
  readonly notes?: string;
}

/** The library has no such thing: reported, and no failure. */
export class Unsupported extends Error {}

/** All cases in a folder and the folders within it, in the order of their paths. Other JSON files are passed over. */
export function* casesIn(folder: string): Generator<Case> {
  for (const file of jsonFilesIn(folder)) {
    const found = readCase(file);
    if (found) yield found;
  }
}

/** All JSON files in a folder and the folders within it, in the order of their paths. */
export function* jsonFilesIn(folder: string): Generator<string> {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* jsonFilesIn(path);
    else if (name.endsWith(".json")) yield path;
  }
}

/** The case in a file; null when it is none. Throws for what is not JSON. */
export function readCase(file: string): Case | null {
  const found = JSON.parse(readFileSync(file, "utf8"));
  return found?.case && found.group ? read(file, found) : null;
}

function read(file: string, found: Config): Case {
  const { case: name, group, op, config, tolerance, compare, notes } = found as Case;
  return {
    file,
    case: name,
    group,
    op,
    config: config ?? {},
    inputs: tensors(found.inputs),
    outputs: tensors(found.outputs),
    tolerance,
    ...(compare === undefined ? {} : { compare }),
    ...(notes === undefined ? {} : { notes }),
  };
}

const DTYPES: Readonly<Record<string, DType>> = { float: "f32", int32: "i32", bool: "bool" };

/** What is no tensor (a text, a list of names) is left out. */
function tensors(given: Config | undefined): Record<string, Numbers> {
  return Object.fromEntries(
    Object.entries(given ?? {}).flatMap(([name, t]) => {
      if (!Array.isArray(t?.data)) return [];
      const data = Float64Array.from(t.data as (number | string | boolean)[], Number);
      return [[name, { shape: t.shape as Shape, dtype: DTYPES[t.dtype] ?? "f32", data }]];
    }),
  );
}
