import type { AnyNode, Node } from "acorn";
import { closest, type Fault } from "../errors/index.ts";
import { range } from "../params/index.ts";
import type { CellFix } from "../protocol/index.ts";
import { definitions } from "./definitions.ts";
import { exampleOf } from "./examples.ts";
import type { Call } from "./interpret/index.ts";
import type { Origins } from "./origins.ts";
import type { Spot } from "./problems.ts";

/** What would mend a fault, where that is sure; the likeliest first. */
export function fixesFor(fault: Fault, spot: Spot, origins: Origins, text: (cell: string) => string): CellFix[] {
  const place = origins.place(spot.node);
  if (!place) return [];
  const now = text(place.cell).slice(place.start, place.end);
  const replace = (to: string, title = `Change ${now} to ${to}`): CellFix => ({
    title,
    edits: [{ cell: place.cell, start: place.start, end: place.end, text: to }],
  });
  if (fault.before !== undefined) {
    const title = `Insert ${fault.before.replace(/,\s*$/, "")} before it`;
    return [{ title, edits: [{ cell: place.cell, start: place.start, end: place.start, text: fault.before }] }];
  }
  if (fault.instead !== undefined) return fault.instead.map((to) => replace(to));
  switch (fault.kind) {
    case "range":
      return isLiteral(spot.node) ? inRange(fault, Number(spot.value), spot.call).map((to) => replace(String(to))) : [];
    case "option":
    case "name": {
      const near = closest(now.replace(/["']/g, ""), fault.names ?? []);
      return near === undefined ? [] : [replace(near)];
    }
    case "choice":
    case "data": {
      if (!isLiteral(spot.node) || !fault.names) return [];
      const near = closest(String(spot.value), fault.names);
      const names = near !== undefined ? [near] : fault.names.length <= MOST_CHOICES ? fault.names : [];
      return names.map((name) => replace(JSON.stringify(name)));
    }
    case "type":
      // `nn.relu` for `nn.relu()`
      return typeof spot.value === "function" && definitions.has(spot.value)
        ? [replace(`${now}()`, `Call it: ${now}()`)]
        : [];
    case "missing":
      return spot.call ? missing(fault, spot.call, origins, text) : [];
    default:
      return [];
  }
}

/** Choices that are offered one by one. */
const MOST_CHOICES = 6;

const isLiteral = (node: Node): boolean => {
  const { type, argument } = node as AnyNode & { argument?: Node };
  return type === "Literal" || (type === "UnaryExpression" && argument?.type === "Literal");
};

/** Numbers of the range that may have been meant: without the sign, as a share in place of percent, the nearest end, the default. */
function inRange(fault: Fault, given: number, call: Call | null): number[] {
  const { text, contains } = range(fault.range ?? "(-inf, inf)");
  const [, open, low, high, close] = /^([[(])\s*(\S+)\s*,\s*(\S+)\s*([\])])$/.exec(text) ?? [];
  const percent = given >= 5 && given <= 100 && /^1$/.test(high ?? "") ? [given / 100] : [];
  const ends =
    given < Number(low) && open === "[" ? [Number(low)] : given > Number(high) && close === "]" ? [Number(high)] : [];
  const [root = "", ...path] = fault.option?.split(/[.[\]]+/).filter((part) => part !== "") ?? [];
  const initial = path.reduce<unknown>(
    (of, key) => (of as Readonly<Record<string, unknown>> | null | undefined)?.[key],
    definitions.get(call?.fn)?.params[root]?.default,
  );
  const usual = typeof initial === "number" ? [initial] : [];
  const whole = Number.isInteger(given);
  return [...new Set([...percent, ...(given < 0 ? [-given] : []), ...ends, ...usual])].filter(
    (each) =>
      Number.isFinite(each) &&
      contains(each) &&
      (each !== -given || each !== 0) &&
      (!whole || Number.isInteger(each) || percent.includes(each) || usual.includes(each)),
  );
}

/** Puts the option that is missing behind those that are given. */
function missing(fault: Fault, call: Call, origins: Origins, text: (cell: string) => string): CellFix[] {
  const name = fault.option as string;
  const definition = definitions.get(call.fn);
  const place = origins.place(call.node);
  const param = definition?.params[name];
  const example = param
    ? exampleOf(text(place?.cell ?? "").slice(call.node.callee.start, call.node.callee.end), name, param)
    : null;
  if (example === null || !place) return [];
  const written = text(place.cell);
  const edit = (at: number, added: string): CellFix => ({
    title: `Add ${added.replace(/^[{,\s]+|[},\s]+$/g, "")}`,
    edits: [{ cell: place.cell, start: at, end: at, text: added }],
  });
  const record = call.node.arguments.find((each) => each.type === "ObjectExpression");
  if (record?.type === "ObjectExpression") {
    const last = record.properties.at(-1);
    if (!last) return [edit(record.start + 1, ` ${name}: ${example} `)];
    return [edit(last.end, `, ${name}: ${example}`)];
  }
  if (call.node.arguments.length > 0) return [];
  const open = written.indexOf("(", call.node.callee.end) + 1;
  return [edit(open, definition?.positional === name ? example : `{ ${name}: ${example} }`)];
}
