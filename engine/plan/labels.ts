import type { Part } from "../backends/launch.ts";
import type { Tensor } from "../ops/tensor.ts";
import { sizeOf } from "../tensor/index.ts";
import type { Draft } from "./drafts.ts";
import { COST } from "./stored.ts";

/** Parts and ops that a label names at most. */
const MOST_PARTS = 2;
const MOST_OPS = 3;
/** Parts with less of a launch's work are not named. */
const SMALLEST = 0.05;

/**
 * Where a launch comes from: the part of the step that most of its work belongs to, and a label with the main parts and ops,
 * "0.conv2d forward: product". `isRead` holds for what the launch reads instead of computing it.
 */
export function labelled(draft: Draft, isRead: (t: Tensor) => boolean): { label: string; part?: Part } {
  const work = new Map<string, { part: Part; work: number }>();
  const names = new Set<string>();
  for (const t of nodesOf(draft, isRead)) {
    const { kind } = t.record.lower;
    if (kind !== "element" || t.record.lower.cost !== "free") names.add(kind === "contract" ? "product" : t.op);
    if (!t.part) continue;
    const key = textOf(t.part);
    const known = work.get(key) ?? { part: t.part, work: 0 };
    known.work += workOf(t);
    work.set(key, known);
  }
  const all = [...work.values()];
  const enough = SMALLEST * all.reduce((sum, own) => sum + own.work, 0);
  const parts = all
    .filter((own) => own.work >= enough)
    .sort((a, b) => b.work - a.work)
    .map(({ part }) => part);
  const [main] = parts;
  const rest = parts.length - MOST_PARTS;
  const where = sharedDirection(parts.slice(0, MOST_PARTS)) + (rest > 0 ? ` + ${rest} more` : "");
  const ops = [...names];
  const what = ops.slice(0, MOST_OPS).join(", ") + (ops.length > MOST_OPS ? ", ..." : "");
  return { label: [where, what || "copy"].filter(Boolean).join(": "), ...(main && { part: main }) };
}

/** "0.conv2d forward", "optimizer". */
export const textOf = ({ name, direction }: Part): string => (direction ? `${name} ${direction}` : name);

function sharedDirection(parts: readonly Part[]): string {
  const [first] = parts;
  const same = first?.direction && parts.every(({ direction }) => direction === first.direction);
  return same ? `${parts.map(({ name }) => name).join(" + ")} ${first.direction}` : parts.map(textOf).join(" + ");
}

/** What the launch computes, in the order in which it is needed. */
function nodesOf({ computed, targets }: Draft, isRead: (t: Tensor) => boolean): Set<Tensor> {
  const roots = [...computed.keys(), ...targets.map(({ node }) => node).filter((node) => !isRead(node))];
  const found = new Set<Tensor>();
  const stack = roots.reverse();
  for (let t = stack.pop(); t; t = stack.pop()) {
    if (found.has(t) || t.op === "input" || t.op === "constant") continue;
    found.add(t);
    for (const input of t.inputs) if (computed.has(input) || !isRead(input)) stack.push(input);
  }
  return found;
}

function workOf(t: Tensor): number {
  const { lower } = t.record;
  if (lower.kind === "element") return (COST[lower.cost] + 0.1) * t.size;
  const [input] = t.inputs;
  if (lower.kind !== "contract") return input?.size ?? t.size;
  const { batch, m, k } = t.attrs as { batch: number; m: number; k: number };
  return t.size * sizeOf((input as Tensor).shape.slice(batch + m, batch + m + k));
}
