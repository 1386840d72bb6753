import { concat, input, sqrt, square, sum, type Tensor } from "../../../engine/ops/index.ts";
import { clipped } from "../../../engine/session/step.ts";
import { type Numbers, Unsupported } from "../case.ts";
import type { Runner } from "../run.ts";
import { compute } from "./graph.ts";
import { trajectory } from "./optim.ts";

/** Clipping of all gradients together, as fit does it; or a training run with it. */
export const clip: Runner = async (c, bench) => {
  const { max_norm: norm, norm_type: type = 2, clip_value: value } = c.config;
  if (norm === undefined && value === undefined) throw new Unsupported(c.op);
  if (norm !== undefined && type !== 2) throw new Unsupported(`norm_type ${type}`);
  if ("x" in c.inputs) return trajectory(c, bench, { norm, value });
  const names = Object.keys(c.inputs).filter((name) => name.startsWith("grad."));
  const parts = names.map((name) => input(name, [(c.inputs[name] as Numbers).data.length]));
  const flat = concat(parts, 0);
  const squares = sum(square(flat));
  const all = clipped(flat, squares, { norm, value });
  const wanted: Record<string, Tensor> = norm === undefined ? {} : { total_norm: sqrt(squares) };
  let at = 0;
  for (const [i, name] of names.entries()) {
    const size = (parts[i] as Tensor).size;
    wanted[name.replace("grad.", "clipped.")] = all.slice(0, at, at + size);
    at += size;
  }
  return compute(bench, wanted, c.inputs);
};
