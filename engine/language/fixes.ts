import type { AnyNode, Node } from "acorn";
import { closest, type Fault } from "../errors/index.ts";
import { registries } from "../library.ts";
import { isLayer } from "../nn/index.ts";
import { type Definition, isInstance, range } from "../params/index.ts";
import { type CellFix, MAKERS } from "../protocol/index.ts";
import { definitionOf } from "./definitions.ts";
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
    case "arguments":
      return fault.names && !origins.written(spot.value) ? [replace(`{ ${fault.names[0]}: ${now} }`)] : [];
    case "type":
      return otherwise(fault, spot, now).map((to) => replace(to, to === `${now}()` ? `Call it: ${to}` : undefined));
    case "missing":
      return spot.call ? missing(fault, spot.call, origins, text) : [];
    default:
      return [];
  }
}

/** A value of the right kind that says the same: `nn.relu()` for `nn.relu`, `[a]` for `a` where a list is expected, `3` for `"3"`. */
function otherwise({ option }: Fault, { node, call, value }: Spot, now: string): string[] {
  if (typeof value === "function" && definitionOf(value)) return [`${now}()`];
  const { kind = "", type = "" } = definitionOf(call?.fn)?.params[option ?? ""] ?? {};
  const [word = "", list] = /\b([A-Z]\w+)(\[\])?/.exec(type)?.slice(1) ?? [];
  const makers = registries.filter(({ global }) => global === MAKERS[word]);
  if (typeof value === "string" && isLiteral(node)) {
    if (/^(?:num|int)/.test(kind)) return /\d/.test(value) && Number.isFinite(Number(value)) ? [value.trim()] : [];
    const all = Object.assign({}, ...makers.map((each) => each.all)) as Readonly<Record<string, Definition>>;
    const near = closest(value, Object.keys(all));
    const needs = Object.values(all[near ?? ""]?.params ?? {}).some(({ required }) => required);
    return near === undefined || needs || list ? [] : [`${MAKERS[word]}.${near}()`];
  }
  if (Array.isArray(value)) {
    return word === "Layer" && !list && value.every(isLayer) ? [`nn.sequential(${now.slice(1, -1).trim()})`] : [];
  }
  return list && makers.some(({ all }) => isInstance(all, value)) ? [`[${now}]`] : [];
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
    definitionOf(call?.fn)?.params[root]?.default,
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
  const definition = definitionOf(call.fn);
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
  const [first, ...more] = call.node.arguments;
  if (first) {
    const bare = more.length === 0 && definition?.positional !== undefined && first.type !== "SpreadElement";
    return bare ? [edit(first.end, `, { ${name}: ${example} }`)] : [];
  }
  const open = written.indexOf("(", call.node.callee.end) + 1;
  return [edit(open, definition?.positional === name ? example : `{ ${name}: ${example} }`)];
}
