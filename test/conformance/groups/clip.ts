import { concat, input, square, sum, type Tensor } from "../../../engine/ops/index.ts";
import { clipped, gradientNorm } from "../../../engine/session/step.ts";
import { type Numbers, Unsupported } from "../case.ts";
import type { Runner } from "../run.ts";
import { compute } from "./graph.ts";
import { trajectory } from "./optim.ts";

/** Clipping of all gradients together, as fit does it; or a training run with it. */
export const clip: Runner = async (c, bench) => {
  const { max_norm: norm, norm_type: type = 2, clip_value: value } = c.config;
  if (norm === undefined && value === undefined) throw new Unsupported(c.op);
  const normType = /^inf/i.test(String(type)) ? "inf" : Number(type);
  if ("x" in c.inputs) return trajectory(c, bench, { norm, normType, value });
  const names = Object.keys(c.inputs).filter((name) => name.startsWith("grad."));
  const parts = names.map((name) => input(name, [(c.inputs[name] as Numbers).data.length]));
  const flat = concat(parts, 0);
  const squares = sum(square(flat));
  const all = clipped(flat, squares, { norm, normType, value });
  const wanted: Record<string, Tensor> = norm === undefined ? {} : { total_norm: gradientNorm(flat, normType) };
  let at = 0;
  for (const [i, name] of names.entries()) {
    const size = (parts[i] as Tensor).size;
    wanted[name.replace("grad.", "clipped.")] = all.slice(0, at, at + size);
    at += size;
  }
  return compute(bench, wanted, c.inputs);
};
