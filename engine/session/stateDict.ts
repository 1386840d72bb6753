import { CheckpointError, ConfigError } from "../errors/index.ts";
import { bool, type Checked, text, value } from "../params/index.ts";
import type { HostTensor } from "../tensor/hostTensor.ts";
import { hostArray, sameShape, show, viewAs } from "../tensor/index.ts";
import type { Layout } from "./layout.ts";
import type { SizedModel, Weights } from "./model.ts";

type Rename = (name: string) => string | null;

/** Options of `exp.load(path, { ... })`. */
export const loadParams = {
  strict: bool(
    true,
    "Throws when tensors are missing or are none of the model's; otherwise the missing ones keep their first values, those of the experiment's seed, and the others are left.",
  ),
  prefix: text("", "Of the names in the file, such as `module.`: only those that begin with it count, and without it."),
  rename: value<Rename | null>(
    null,
    {
      type: "(name: string) => string | null",
      noun: "a function of a name in the file",
      accepts: (given) => typeof given === "function",
    },
    "The model's name for a name in the file, after the prefix is gone; null leaves the tensor.",
  ),
} as const;

export type LoadOptions = Checked<typeof loadParams>;

/** What a file had for a model. */
export interface Fitted {
  readonly weights: Weights;
  /** Tensors of the model that the file does not have. */
  readonly missing: readonly string[];
  /** Tensors of the file, by their names there, that the model does not have. */
  readonly unexpected: readonly string[];
}

/**
 * The weights of a model from tensors by PyTorch's names. What is missing is taken from `otherwise`. Throws CheckpointError, beginning
 * with `where`, that names everything that does not fit: shapes always, what is missing and unexpected when strict.
 */
export function fitted(
  given: ReadonlyMap<string, HostTensor>,
  model: SizedModel,
  { strict, prefix, rename }: LoadOptions,
  { where, otherwise }: { readonly where: string; readonly otherwise: () => Weights },
): Fitted {
  const found = new Map<string, HostTensor>();
  const unexpected: string[] = [];
  const slices = [...model.parameters.slices, ...model.running.slices];
  const wanted = new Map(slices.map((slice) => [slice.name, slice]));
  const shapes: string[] = [];
  for (const [name, tensor] of given) {
    if (!name.startsWith(prefix)) continue;
    const short = name.slice(prefix.length);
    const known = rename ? rename(short) : short;
    if (known === null) continue;
    if (typeof known !== "string")
      throw new ConfigError(`load: rename("${short}") gave ${String(known)}, not a name or null`);
    if (found.has(known)) throw new CheckpointError(`${where}: two tensors are "${known}" after renaming`);
    const slice = wanted.get(known);
    if (!slice) unexpected.push(name);
    else {
      found.set(known, tensor);
      if (!sameShape(tensor.shape, slice.shape)) {
        shapes.push(`"${known}" is ${show(tensor.shape)} there and ${show(slice.shape)} in this model`);
      }
    }
  }
  const missing = slices.map(({ name }) => name).filter((name) => !found.has(name));
  const wrong = [
    ...(shapes.length ? [several(shapes)] : []),
    ...(strict && missing.length ? [`no tensor ${named(missing)}`] : []),
    ...(strict && unexpected.length ? [`${named(unexpected)} ${be(unexpected)} no tensor of this model`] : []),
  ];
  if (wrong.length) {
    const names = [...given.keys()].slice(0, 8).join(", ");
    const holds = missing.length ? `; it holds ${names || "nothing"}` : "";
    throw new CheckpointError(`${where}: ${wrong.join("; ")}${holds}; it is from another model`);
  }
  const start = missing.length ? otherwise() : undefined;
  const words = (layout: Layout, from: Float32Array | Uint32Array | undefined): Uint32Array => {
    const all = new Uint32Array(layout.words);
    if (from) all.set(new Uint32Array(from.buffer, from.byteOffset, from.length));
    for (const { name, dtype, offset, size } of layout.slices) {
      const tensor = found.get(name);
      if (!tensor) continue;
      const values = hostArray(dtype, size);
      values.set(tensor.data);
      viewAs(dtype, all.subarray(offset, offset + size)).set(values);
    }
    return all;
  };
  const weights = {
    parameters: viewAs("f32", words(model.parameters, start?.parameters)) as Float32Array,
    running: words(model.running, start?.running),
  };
  return { weights, missing, unexpected };
}

const LISTED = 8;

const several = (items: readonly string[]): string =>
  [...items.slice(0, LISTED), ...(items.length > LISTED ? [`${items.length - LISTED} more`] : [])].join(", ");

const named = (names: readonly string[]): string => several(names.map((name) => `"${name}"`));

const be = (names: readonly string[]): string => (names.length === 1 ? "is" : "are");
