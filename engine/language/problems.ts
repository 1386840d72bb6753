import type { AnyNode, Node } from "acorn";
import { DataError, type Fault, type UserError } from "../errors/index.ts";
import type { CellProblem } from "../protocol/index.ts";
import { definitions } from "./definitions.ts";
import { fixesFor } from "./fixes.ts";
import type { Call } from "./interpret.ts";
import type { Origins } from "./origins.ts";

/** A problem with the cell that it is in. */
export interface Located extends CellProblem {
  readonly cell: string;
}

/** The part of a cell that is at fault, and what stands there. */
export interface Spot {
  readonly node: Node;
  /** What a squiggle is drawn under, where that is not the whole node. */
  readonly under?: { readonly start: number; readonly end: number };
  /** The value there, where it is an option's. */
  readonly value?: unknown;
}

/** The problem that an error is, at the option, layer or call that it is about; null where its place is in no cell. */
export function problemOf(
  error: UserError,
  node: Node,
  call: Call | null,
  origins: Origins,
  text: (cell: string) => string,
): Located | null {
  const fault: Fault = error.fault ?? { kind: error instanceof DataError ? "data" : "conflict" };
  const spot = spotOf(fault, node, call, origins);
  const place = origins.place(spot.node, spot.under ?? shown(spot.node, text(origins.place(spot.node)?.cell ?? "")));
  if (!place) return null;
  return {
    cell: place.cell,
    start: place.start,
    end: place.end,
    message: error.message,
    severity: "error",
    code: fault.kind,
    typed: TYPED.has(fault.kind),
    fixes: fixesFor(fault, spot, call, origins, text),
  };
}

/** What TypeScript tells as well. */
const TYPED: ReadonlySet<Fault["kind"]> = new Set(["option", "name", "type", "missing", "arguments", "choice"]);

function spotOf(fault: Fault, node: Node, call: Call | null, origins: Origins): Spot {
  for (const layer of fault.layers ?? []) {
    const made = origins.callOf(layer);
    if (made && origins.place(made)) return optionSpot(fault, { node: made, given: [] }, origins) ?? { node: made };
  }
  if (!call) return { node };
  const option = optionSpot(fault, call, origins);
  if (option) return option;
  const name = fault.layers ? optionSpot({ kind: "shape", option: "model" }, call, origins) : null;
  if (name) return name;
  return { node: call.node };
}

/** The option's value in a call, or its name where that is at fault. */
function optionSpot(fault: Fault, call: Pick<Call, "node" | "given"> & Partial<Call>, origins: Origins): Spot | null {
  if (fault.option === undefined || fault.kind === "missing") return null;
  const [root = "", ...path] = fault.option.split(/[.[\]]+/).filter((part) => part !== "");
  const options = call.given.filter((each) => origins.written(each));
  const within = options.flatMap((each) => {
    const nested = fault.where === undefined ? undefined : (each as Record<string, unknown>)[fault.where];
    return origins.written(nested) ? [nested] : [];
  });
  for (const record of [...within, ...options]) {
    const found = origins.written(record)?.members.get(root);
    if (!found) continue;
    if (fault.kind === "option") return { node: found.key };
    return deeper({ node: found.value, value: (record as Record<string, unknown>)[root] }, path, origins);
  }
  const definition = definitions.get(call.fn);
  const at = definition?.positional === root ? 0 : definition?.second === root ? 1 : -1;
  const argument = call.node.arguments[at];
  if (!argument || argument.type === "SpreadElement" || !(at in call.given)) return null;
  return deeper({ node: argument, value: call.given[at] }, path, origins);
}

function deeper(spot: Spot, path: readonly string[], origins: Origins): Spot {
  const [next, ...rest] = path;
  const found = next === undefined ? undefined : origins.written(spot.value)?.members.get(next);
  if (!found) return spot;
  return deeper({ node: found.value, value: (spot.value as Record<string, unknown>)[next as string] }, rest, origins);
}

/** A node as it is underlined: of a call over several lines its name alone. */
function shown(node: Node, text: string): { start: number; end: number } {
  const { type, callee } = node as AnyNode & { callee?: Node };
  if (type !== "CallExpression" || !callee || !text.slice(node.start, node.end).includes("\n")) return node;
  const { property } = callee as AnyNode & { property?: Node };
  return {
    start: property && text.slice(callee.start, callee.end).includes("\n") ? property.start : callee.start,
    end: callee.end,
  };
}

/** Two problems at one place that say the same. */
export const sameProblem = (a: Located, b: Located): boolean =>
  a.cell === b.cell && a.start === b.start && a.end === b.end && a.message === b.message;
