import { readdirSync, readFileSync } from "node:fs";
import type { Values } from "../../engine/ops/index.ts";
import type { Shape } from "../../engine/tensor/index.ts";

/** A reference case: see test/fixtures/README.md. */
export interface Case {
  readonly case: string;
  readonly op: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Values>>;
  readonly outputs: Readonly<Record<string, Values>>;
  readonly tolerance: { readonly rtol: number; readonly atol: number };
}

interface Stored {
  shape: Shape;
  dtype: "float" | "int32" | "bool";
  data: (number | string)[];
}

/** All cases of a group, by name. */
export function casesOf(group: string): Record<string, Case> {
  const folder = new URL(`../fixtures/${group}/`, import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return Object.fromEntries(
    names.map((name) => {
      const found = JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Case;
      return [found.case, { ...found, inputs: read(found.inputs), outputs: read(found.outputs) }];
    }),
  );
}

function read(tensors: object): Record<string, Values> {
  const dtypes = { float: "f32", int32: "i32", bool: "bool" } as const;
  return Object.fromEntries(
    Object.entries(tensors as Record<string, Stored>).map(([name, { shape, dtype, data }]) => [
      name,
      { shape, dtype: dtypes[dtype], data: Float64Array.from(data, Number) },
    ]),
  );
}
