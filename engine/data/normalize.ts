import { ConfigError, DataError } from "../errors/index.ts";
import { check, num } from "../params/index.ts";
import type { HostTensor } from "../tensor/index.ts";

/** A rule fitted to the training examples, or a fixed x * scale + shift. */
export type Normalization = "standardize" | "minmax" | { readonly scale?: number; readonly shift?: number };

const fixedParams = {
  scale: num(1, "(-inf, inf)", "Multiplies every value."),
  shift: num(0, "(-inf, inf)", "Added afterwards."),
};

/** The function that scales a tensor of such examples, fitted to `train`: (x - middle) / spread for every feature, in f64. */
export function normalizer(train: HostTensor, how: Normalization): (x: HostTensor) => HostTensor {
  if (train.dtype !== "f32") throw new DataError(`normalize: features are ${train.dtype}; only f32 can be scaled`);
  if (how !== "standardize" && how !== "minmax") {
    if (typeof how !== "object") {
      throw new ConfigError(`normalize: ${JSON.stringify(how)} is not "standardize", "minmax" or { scale, shift }`);
    }
    const { scale, shift } = check(fixedParams, how, "normalize");
    return (x) => x.scaled(1, (v) => v * scale + shift);
  }
  const { middle, spread } = how === "standardize" ? moments(train) : ends(train);
  const features = middle.length;
  return (x) => x.scaled(features, (v, f) => (v - (middle[f] as number)) / (spread[f] as number));
}

/** What is taken away from a feature, and what it is divided by: 1 where it is constant, as scikit-learn. */
interface Fit {
  readonly middle: Float64Array;
  readonly spread: Float64Array;
}

function moments(x: HostTensor): Fit {
  const { rows, features } = sizes(x);
  const { data } = x;
  const middle = new Float64Array(features);
  const spread = new Float64Array(features);
  for (let i = 0; i < x.size; i++) middle[i % features] = (middle[i % features] as number) + (data[i] as number) / rows;
  for (let i = 0; i < x.size; i++) {
    const f = i % features;
    spread[f] = (spread[f] as number) + ((data[i] as number) - (middle[f] as number)) ** 2 / rows;
  }
  // what rounding leaves of a constant's deviation is not one
  return {
    middle,
    spread: spread.map((v, f) => (Math.sqrt(v) > 1e-12 * Math.abs(middle[f] as number) ? Math.sqrt(v) : 1)),
  };
}

function ends(x: HostTensor): Fit {
  const { features } = sizes(x);
  const { data } = x;
  const low = new Float64Array(features).fill(Infinity);
  const high = new Float64Array(features).fill(-Infinity);
  for (let i = 0; i < x.size; i++) {
    const f = i % features;
    low[f] = Math.min(low[f] as number, data[i] as number);
    high[f] = Math.max(high[f] as number, data[i] as number);
  }
  return { middle: low, spread: high.map((h, f) => h - (low[f] as number) || 1) };
}

function sizes(x: HostTensor): { rows: number; features: number } {
  const rows = x.shape[0] as number;
  return { rows, features: x.size / rows };
}
