import { ConfigError } from "../errors/index.ts";
import { check } from "../params/index.ts";
import { affine } from "./transforms/affine.ts";
import { type Transform, transform } from "./transforms/index.ts";

/** A rule fitted to the training examples, or a fixed x * scale + shift. */
export type Normalization = "standardize" | "minmax" | { readonly scale?: number; readonly shift?: number };

/** The transform that goes by this short name. */
export function normalization(how: Normalization): Transform {
  if (how === "standardize") return transform.standardize();
  if (how === "minmax") return transform.minMax();
  if (typeof how !== "object") {
    throw new ConfigError(`normalize: ${JSON.stringify(how)} is not "standardize", "minmax" or { scale, shift }`, {
      fault: { kind: "choice", where: "normalize", option: "0", names: ["standardize", "minmax"] },
    });
  }
  return transform.affine(check(affine.params, how, "normalize"));
}
