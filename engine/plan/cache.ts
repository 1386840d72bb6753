import { createHash } from "node:crypto";
import { literalValue } from "../ops/literal.ts";
import { topological } from "../ops/order.ts";
import type { Tensor } from "../ops/tensor.ts";
import type { HostTensor } from "../tensor/hostTensor.ts";
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
export function planOf(given: PlanRequest): BuiltPlan {
  const literals = literalsOf(given);
  const request = withLiterals(given, literals);
  const key = structureOf(request);
  const plan = plans.get(key) ?? { ...buildPlan(request), structure: key, literals };
  plans.delete(key);
  plans.set(key, plan);
  const [oldest] = plans.keys();
  if (plans.size > PLANS_KEPT && oldest !== undefined) plans.delete(oldest);
  return plan;
}

const rootsOf = ({ stages }: PlanRequest): Tensor[] =>
  stages.flatMap(({ rows = [], stores = [] }) => [...rows, ...stores].map(({ value }) => value));

/** The graph's literals by their names. */
function literalsOf(request: PlanRequest): Map<string, HostTensor> {
  const found = new Map<string, HostTensor>();
  for (const t of topological(rootsOf(request))) {
    const host = literalValue(t);
    if (host) found.set(t.attrs.name as string, host);
  }
  return found;
}

/** Each literal has a buffer of its own, under its name. */
function withLiterals(request: PlanRequest, literals: ReadonlyMap<string, HostTensor>): PlanRequest {
  if (literals.size === 0) return request;
  const places = [...literals.keys()].map((name) => [name, { buffer: name, offset: 0 }] as const);
  const words = [...literals].map(([name, { size }]) => [name, Math.max(1, size)] as const);
  return {
    ...request,
    buffers: { ...request.buffers, ...Object.fromEntries(words) },
    inputs: { ...request.inputs, ...Object.fromEntries(places) },
  };
}

/** A digest of everything that a plan depends on: nodes by their places, attributes, names, sizes. */
function structureOf(request: PlanRequest): string {
  const { stages, ...rest } = request;
  const hash = createHash("sha256");
  const say = (value: unknown) => hash.update(`${JSON.stringify(value, keepSpecial)}\n`);
  const roots = rootsOf(request);
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
