import { type Call, callsAround, callsIn, optionsOf, parts, propertiesOf, type Span } from "../language/calls.ts";
import { entryOf, type Reference } from "../language/reference.ts";
import { codeOf } from "../notebook/cellCode.ts";

/** What is picked: a schedule for a run, an initializer for a layer's weights. */
export type Kind = "schedule" | "init";

const TYPES: Readonly<Record<Kind, string>> = { schedule: "Schedule", init: "Initializer" };

/** Where a picked call goes in a cell's text, between two places, with what stands before and after it. */
export interface Target extends Span {
  readonly before: string;
  readonly after: string;
  /** How it is told: what it takes the place of or is added to. Null: it stands by itself at the cursor. */
  readonly option: { readonly name: string; readonly of: string; readonly replaces: string | null } | null;
  /** There is no room for an expression at the place: it goes into a cell of its own. */
  readonly ownCell?: boolean;
  /** For a schedule: the run that it is for. */
  readonly run: { readonly experiment: string | null; readonly epochs: number | null; readonly steps: number | null };
}

const NO_RUN = { experiment: null, epochs: null, steps: null };

/**
 * Where a schedule or initializer belongs, seen from a place in the cell: it replaces the option of the innermost call around the place
 * that takes one, or is added to it; a call of its own kind there is replaced as it stands. Else it goes to the
 * only call of the cell that takes one, wherever the place is, or of the line. Else it stands at the place, where an expression can begin there.
 */
export function targetAt(reference: Reference, kind: Kind, text: string, at: number): Target {
  const code = codeOf(text, "_");
  const takes = (call: Call) => takesOption(reference, kind, call);
  const around = callsAround(code, at);
  const taking = around.find((call) => takes(call) !== null);
  // the outermost of its kind: what a warm-up goes over to is part of the warm-up
  const own = around
    .filter(({ chain, start }) => chain.startsWith(`${kind}.`) && (!taking || start > taking.start))
    .at(-1);
  if (taking !== undefined) {
    const target = inOptions(text, code, taking, takes(taking) as string, own);
    if (target !== null) return target;
  }
  if (own !== undefined) {
    const span = { start: own.start, end: Math.min(own.inside.end + 1, text.length) };
    const replaces = text.slice(span.start, span.end);
    return { ...span, before: "", after: "", option: { name: "", of: "", replaces }, run: NO_RUN };
  }
  const all = callsIn(code).filter((call) => takes(call) !== null);
  const line = (place: number) => code.slice(0, place).split("\n").length;
  const here = all.filter(({ start }) => line(start) === line(at));
  const near = all.length === 1 ? all[0] : kind === "schedule" || here.length === 1 ? here.at(-1) : undefined;
  const target = near && inOptions(text, code, near, takes(near) as string, undefined);
  if (target) return target;
  const free = /(?:^|\n)\s*$|(?:[=:(,[?]|=>|\breturn)\s*$/.test(code.slice(0, at)) && !/^[\w$.]/.test(code.slice(at));
  return { start: at, end: at, before: "", after: "", option: null, ownCell: !free, run: NO_RUN };
}

/** The option of a call that takes what is picked: a layer's `weight` before its other ones. */
function takesOption(reference: Reference, kind: Kind, { chain }: Call): string | null {
  const found = chain.startsWith(`${kind}.`) ? null : entryOf(reference, chain);
  if (found === null) return null;
  const fitting = Object.entries(found.entry.options).filter(([, { type }]) =>
    new RegExp(`^\\(?${TYPES[kind]}\\b`).test(type),
  );
  return fitting[0]?.[0] ?? null;
}

/** The option in the call's object of options; null where the call has other arguments that leave no room for one. */
function inOptions(text: string, code: string, call: Call, first: string, own: Call | undefined): Target | null {
  const of = call.chain;
  const object = optionsOf(code, call);
  const properties = object === null ? [] : propertiesOf(code, object);
  const run = runOf(code, call, properties, text);
  // of several options, the one in which the place is
  const holding = own && properties.find(({ value }) => value.start <= own.start && own.start < value.end);
  const there = holding ?? properties.find(({ name }) => name === first);
  if (there !== undefined) {
    const { start, end } = there.value;
    const replaces = text.slice(start, end);
    const empty = start === end ? (/^ */.exec(text.slice(end))?.[0].length ?? 0) : 0;
    const before = start === there.start ? `${there.name}: ` : start === end ? " " : "";
    return { start, end: end + empty, before, after: "", option: { name: there.name, of, replaces }, run };
  }
  const option = { name: first, of, replaces: null };
  if (object !== null) {
    const last = parts(code, object).at(-1);
    if (last === undefined) {
      return { start: object.start, end: object.end, before: ` ${first}: `, after: " ", option, run };
    }
    const comma = /^\s*,/.exec(code.slice(last.end, object.end));
    const end = last.end + (comma?.[0].length ?? 0);
    const line = text.slice(text.lastIndexOf("\n", last.start) + 1, last.start);
    const ownLine = line.trim() === "";
    const gap = ownLine ? `\n${line}` : " ";
    return {
      start: end,
      end,
      before: `${comma ? "" : ","}${gap}${first}: `,
      after: comma && ownLine ? "," : "",
      option,
      run,
    };
  }
  const given = parts(code, call.inside);
  // what is no object literal may hold the option already
  if (given.length > 0 && /\.(?:fit|replicas|crossValidate)$/.test(of)) return null;
  const end = given.at(-1)?.end ?? call.inside.start;
  return { start: end, end, before: `${given.length > 0 ? ", " : ""}{ ${first}: `, after: " }", option, run };
}

/** What a call says of the run that it starts: `exp` of `exp.fit({ epochs: 30 })`. */
function runOf(
  code: string,
  { chain }: Call,
  properties: ReturnType<typeof propertiesOf>,
  text: string,
): Target["run"] {
  const number = (option: string): number | null => {
    const { value } = properties.find(({ name }) => name === option) ?? {};
    const written = value && text.slice(value.start, value.end);
    if (written === undefined) return null;
    const constant = new RegExp(`\\bconst\\s+${written.replaceAll("$", "\\$")}\\s*=\\s*(\\d+)\\s*[;\\n]`).exec(
      code,
    )?.[1];
    const count = Number(/^\d[\d_]*$/.test(written) ? written.replaceAll("_", "") : constant);
    return Number.isSafeInteger(count) && count > 0 ? count : null;
  };
  const experiment = /^([\w$]+)\./.exec(chain)?.[1] ?? null;
  return { experiment, epochs: number("epochs"), steps: number("steps") };
}
