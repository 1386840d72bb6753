import type { AnyNode, Node } from "acorn";
import { DataError, type Fault, ShapeError, type UserError } from "../errors/index.ts";
import type { CellProblem } from "../protocol/index.ts";
import { definitionOf } from "./definitions.ts";
import { fixesFor } from "./fixes.ts";
import type { Call } from "./interpret/index.ts";
import type { Origins } from "./origins.ts";

/** A problem with the cell that it is in. */
export interface Located extends CellProblem {
  readonly cell: string;
}

/** The part of a cell that is at fault, and what stands there. */
export interface Spot {
  readonly node: Node;
  /** The call whose option or result it is. */
  readonly call: Call | null;
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
  severity: CellProblem["severity"] = "error",
): Located | null {
  const kind = error instanceof DataError ? "data" : error instanceof ShapeError ? "shape" : "conflict";
  const fault: Fault = error.fault ?? { kind };
  const spot = spotOf(fault, node, call, origins);
  const place = origins.place(spot.node, shown(spot.node, text(origins.place(spot.node)?.cell ?? "")));
  if (!place) return null;
  return {
    cell: place.cell,
    start: place.start,
    end: place.end,
    message: error.message,
    severity,
    code: fault.kind,
    typed: TYPED.has(fault.kind),
    fixes: fixesFor(fault, spot, origins, text),
  };
}

/** What TypeScript tells as well. */
const TYPED: ReadonlySet<Fault["kind"]> = new Set(["option", "name", "type", "missing", "arguments", "choice"]);

function spotOf(fault: Fault, node: Node, call: Call | null, origins: Origins): Spot {
  if (fault.kind === "arguments" && fault.names && call)
    return bareArgument(fault, call, origins) ?? { node: call.node, call };
  for (const layer of fault.layers ?? []) {
    const made = origins.callOf(layer);
    if (!made || !origins.place(made.node)) continue;
    // within the function of a module
    if (node.start > made.node.start && node.end < made.node.end && origins.sameCell(node, made.node))
      return { node, call };
    return optionSpot(fault, made, origins) ?? { node: made.node, call: made };
  }
  if (!call) return { node, call };
  const option = fault.layers ? "model" : fault.option;
  return optionSpot({ ...fault, ...(option !== undefined && { option }) }, call, origins) ?? { node: call.node, call };
}

/** What should have been an object of options: the last argument, or one of its options, as in `clip: 1`. */
function bareArgument({ where = "" }: Fault, call: Call, origins: Origins): Spot | null {
  const node = call.node.arguments.at(-1);
  if (!node || node.type === "SpreadElement" || call.given.length !== call.node.arguments.length) return null;
  const value = call.given.at(-1);
  const within = origins.written(value)?.members.get(where);
  return within
    ? { node: within.value, call, value: (value as Readonly<Record<string, unknown>>)[where] }
    : { node, call, value };
}

/** The option's value in a call, or its name where that is at fault. */
function optionSpot(fault: Fault, call: Call, origins: Origins): Spot | null {
  if (fault.option === undefined || fault.kind === "missing") return null;
  const [root = "", ...path] = fault.option.split(/[.[\]]+/).filter((part) => part !== "");
  const options = call.given.filter((each) => origins.written(each));
  const within = options.flatMap((each) => {
    const nested = fault.where === undefined ? undefined : (each as Record<string, unknown>)[fault.where];
    return origins.written(nested) ? [nested] : [];
  });
  for (const record of [...within, ...options]) {
    const found = origins.written(record)?.members.get(root);
    if (!found || Array.isArray(record)) continue;
    if (fault.kind === "option") return { node: found.key, call };
    return deeper({ node: found.value, value: (record as Record<string, unknown>)[root], call }, path, fault, origins);
  }
  const argument = call.node.arguments[argumentOf(root, call)];
  if (!argument || argument.type === "SpreadElement" || fault.kind === "option") return null;
  return deeper(
    { node: argument, value: call.given[call.node.arguments.indexOf(argument)], call },
    path,
    fault,
    origins,
  );
}

/** Which argument an option without a name is; -1 for none. */
function argumentOf(option: string, { fn, node }: Call): number {
  const definition = definitionOf(fn);
  if (definition?.positional === option) return 0;
  if (definition?.second === option) return 1;
  if (/^\d+$/.test(option)) return node.arguments.every(({ type }) => type !== "SpreadElement") ? Number(option) : -1;
  return option === "path" ? 0 : -1;
}

/** What `path` leads to within a value: members of a list or record, options of the call that made it. */
function deeper(spot: Spot, path: readonly string[], fault: Fault, origins: Origins): Spot {
  const [next, ...rest] = path;
  const word = fault.given;
  if (next === undefined) {
    const list = word !== undefined && Array.isArray(spot.value) ? spot.value.indexOf(word) : -1;
    const member = list < 0 ? undefined : origins.written(spot.value)?.members.get(String(list));
    return member ? { ...spot, node: member.value, value: word } : spot;
  }
  const found = origins.written(spot.value)?.members.get(next);
  if (found) {
    const value = (spot.value as Record<string, unknown>)[next];
    return deeper({ ...spot, node: found.value, value }, rest, fault, origins);
  }
  const made = origins.callOf(spot.value);
  if (!made || !origins.place(made.node)) return spot;
  return optionSpot({ ...fault, option: path.join(".") }, made, origins) ?? spot;
}

/** Longer calls have their name underlined alone. */
const MOST_UNDERLINED = 60;

/** A node as it is underlined. */
function shown(node: Node, text: string): { start: number; end: number } {
  const { type, callee } = node as AnyNode & { callee?: Node };
  const long = node.end - node.start > MOST_UNDERLINED || text.slice(node.start, node.end).includes("\n");
  if (type !== "CallExpression" || !callee || !long) return node;
  const { property } = callee as AnyNode & { property?: Node };
  const chained = property && text.slice(callee.start, callee.end).includes("(");
  return { start: chained ? property.start : callee.start, end: callee.end };
}

/** Two problems at one place that say the same. */
export const sameProblem = (a: Located, b: Located): boolean =>
  a.cell === b.cell && a.start === b.start && a.end === b.end && a.message === b.message;
