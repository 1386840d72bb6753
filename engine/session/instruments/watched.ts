import { declare } from "../../nn/index.ts";
import type { DeviceData, StepConfig } from "../forward.ts";

/** Most layers, and most parameter tensors, that a look covers; deeper nets are covered evenly. */
export const MOST_WATCHED = 200;

/** Most units that are told apart in one layer, and in all layers together; wider layers are covered evenly. */
const MOST_UNITS = 1024;
const MOST_UNITS_IN_ALL = 32_768;

/** Most channels of a batch norm whose statistics are kept one by one. */
const MOST_CHANNELS = 64;

/** What a look covers of a layer's use. */
export interface WatchedLayer {
  readonly path: string;
  readonly type: string;
  /** Units (places of the output's axis 1) that are told apart: every `unitStride`-th of `units`. */
  readonly units: number;
  readonly unitStride: number;
  /** Inputs beyond this, on both sides, are in the flat ends: 3 for tanh, 5 for sigmoid; null for other layers. */
  readonly saturates: number | null;
  /** Whether its values can be 0 for good: what cuts off, and not dropout, which draws anew every step. */
  readonly dies: boolean;
}

/** A batch norm, of which every `channelStride`-th channel is kept. */
export interface WatchedNorm {
  readonly path: string;
  /** Path of its parameters and buffers: that of the layer's first use. */
  readonly owner: string;
  readonly channels: number;
  readonly channelStride: number;
  readonly affine: boolean;
  readonly tracks: boolean;
}

/** What a look covers of a model. */
export interface Watched {
  readonly layers: readonly WatchedLayer[];
  /** Indices of slices of the flat parameters, with their names. */
  readonly parameters: readonly { readonly index: number; readonly name: string; readonly size: number }[];
  readonly norms: readonly WatchedNorm[];
  /** What is left out, in a sentence; empty when nothing is. */
  readonly note: string;
}

const SATURATES: Readonly<Record<string, number>> = { tanh: 3, sigmoid: 5 };
/** Layers whose output is 0 over a whole range of inputs. */
const DIES = new Set(["relu", "relu6", "threshold", "hardshrink", "softshrink", "hardsigmoid", "hardswish"]);

/** The path of a layer without its count of uses. */
export const ownerOf = (path: string): string => path.replace(/ \(\d+\)$/, "");

/** Chooses what looks at a model cover, for batches of `batch` of `data`: leaf layers, parameter tensors, batch norms. */
export function watchedOf({ model }: StepConfig, data: DeviceData, batch: number): Watched {
  const declared = declare(model.layer, [batch, ...data.x.shape], data.x.dtype).layers.filter(
    ({ container }) => !container,
  );
  const leaves = evenly(declared, MOST_WATCHED);
  const mostUnits = Math.max(8, Math.min(MOST_UNITS, Math.floor(MOST_UNITS_IN_ALL / Math.max(1, leaves.length))));
  const layers = leaves.map(({ path, type, outputShape }): WatchedLayer => {
    const units = outputShape.length >= 2 ? (outputShape[1] as number) : 0;
    return {
      path,
      type,
      units,
      unitStride: Math.max(1, Math.ceil(units / mostUnits)),
      saturates: SATURATES[type] ?? null,
      dies: DIES.has(type),
    };
  });
  const slices = model.parameters.slices.map(({ name, size }, index) => ({ index, name, size }));
  const known = new Set([...model.parameters.slices, ...model.running.slices].map(({ name }) => name));
  const norms = leaves
    .filter(({ type }) => type === "batchNorm")
    .map(({ path, outputShape }): WatchedNorm => {
      const owner = ownerOf(path);
      const channels = outputShape[1] as number;
      const has = (name: string) => known.has(owner === "" ? name : `${owner}.${name}`);
      return {
        path,
        owner,
        channels,
        channelStride: Math.ceil(channels / MOST_CHANNELS),
        affine: has("weight"),
        tracks: has("running_mean"),
      };
    });
  const parameters = evenly(slices, MOST_WATCHED);
  const left = [
    ...(leaves.length < declared.length ? [`${leaves.length} of ${declared.length} layers`] : []),
    ...(parameters.length < slices.length ? [`${parameters.length} of ${slices.length} parameter tensors`] : []),
  ];
  return { layers, parameters, norms, note: left.length ? `looks cover ${left.join(" and ")}, chosen evenly` : "" };
}

/** Parameter tensors by the layer that has them: a layer that is used twice has them once, at its first use. */
export function parametersByLayer(
  layers: readonly { readonly path: string; readonly type: string }[],
  names: readonly string[],
): { path: string; type: string; parameters: string[] }[] {
  const taken = new Set<string>();
  return layers.flatMap(({ path, type }) => {
    const owner = ownerOf(path);
    const own = names.filter((name) => !taken.has(name) && name.slice(0, Math.max(0, name.lastIndexOf("."))) === owner);
    for (const name of own) taken.add(name);
    return own.length === 0 ? [] : [{ path, type, parameters: own }];
  });
}

/** At most `most` of a list, with its first and last. */
export function evenly<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all;
  if (most === 1) return all.slice(-1);
  return Array.from({ length: most }, (_, i) => all[Math.round((i * (all.length - 1)) / (most - 1))] as T);
}
