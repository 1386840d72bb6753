import { createHash } from "node:crypto";
import { topological } from "../ops/order.ts";
import type { Tensor } from "../ops/tensor.ts";
import { buildPlan } from "./build.ts";
import type { BuiltPlan, PlanRequest } from "./request.ts";
import { keepSpecial } from "./rewrite.ts";

/** Plans of this process by what was asked for, the last asked for last. */
const plans = new Map<string, BuiltPlan>();
const PLANS_KEPT = 64;

/**
 * `buildPlan`, once for requests that are equal in structure: a step that another run asks for again, perhaps with another
 * learning rate, gets the plan that there is, and with it whatever a backend keeps for that plan.
 */
export function planOf(request: PlanRequest): BuiltPlan {
  const key = structureOf(request);
  const plan = plans.get(key) ?? { ...buildPlan(request), structure: key };
  plans.delete(key);
  plans.set(key, plan);
  const [oldest] = plans.keys();
  if (plans.size > PLANS_KEPT && oldest !== undefined) plans.delete(oldest);
  return plan;
}

/** A digest of everything that a plan depends on: nodes by their places, attributes, names, sizes. */
function structureOf({ stages, ...rest }: PlanRequest): string {
  const hash = createHash("sha256");
  const say = (value: unknown) => hash.update(`${JSON.stringify(value, keepSpecial)}\n`);
  const roots = stages.flatMap(({ rows = [], stores = [] }) => [...rows, ...stores].map(({ value }) => value));
  const place = new Map<Tensor, number>();
  // in the order of making, which `rewrite` goes by too
  for (const t of topological(roots).sort((a, b) => a.id - b.id)) {
    say([t.op, t.inputs.map((i) => place.get(i)), t.attrs, t.dtype, t.shape, t.part]);
    place.set(t, place.size);
  }
  say(rest);
  const at = <T extends { readonly value: Tensor }>(roots: readonly T[] = []) =>
    roots.map(({ value, ...target }) => [place.get(value), target]);
  for (const { rows, stores } of stages) say([at(rows), at(stores)]);
  return hash.digest("base64");
}
