import type { Method } from "../protocol/index.ts";

type Check = (value: unknown) => string | undefined;

const text: Check = (v) => (typeof v === "string" ? undefined : `must be a string, not ${show(v)}`);
const count: Check = (v) =>
  Number.isInteger(v) && (v as number) >= 0 ? undefined : `must be a whole number, 0 or more, not ${show(v)}`;
const flag: Check = (v) => (typeof v === "boolean" ? undefined : `must be true or false, not ${show(v)}`);
const record: Check = (v) =>
  typeof v === "object" && v !== null && !Array.isArray(v) ? undefined : `must be an object, not ${show(v)}`;
const list: Check = (v) => (Array.isArray(v) ? undefined : `must be a list, not ${show(v)}`);
const cells: Check = (v) =>
  Array.isArray(v) &&
  v.every((each) => record(each) === undefined && text(each.cell) === undefined && text(each.text) === undefined)
    ? undefined
    : `must be a list of { cell, text }, not ${show(v)}`;
/** Cell ids become file names. */
const cell: Check = (v) =>
  typeof v === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(v)
    ? undefined
    : `must be 1 to 64 of A-Z a-z 0-9 _ -, not ${show(v)}`;
const backend: Check = (v) =>
  v === "auto" || v === "webgpu" || v === "wasm" ? undefined : `must be "auto", "webgpu" or "wasm", not ${show(v)}`;
const optional =
  (check: Check): Check =>
  (v) =>
    v === undefined ? undefined : check(v);
const orNull =
  (check: Check): Check =>
  (v) =>
    v === null ? undefined : check(v);

const listOf =
  (shape: Readonly<Record<string, Check>>): Check =>
  (v) => {
    if (!Array.isArray(v)) return list(v);
    for (const one of v) {
      const mistake = record(one) ?? misshapen(Object.entries(shape), one as Record<string, unknown>);
      if (mistake) return `has an entry whose ${mistake}`;
    }
    return undefined;
  };
const runs = { cell, index: count, text };

const shapes: Readonly<Record<Method, Readonly<Record<string, Check>>>> = {
  initialize: {
    protocol: count,
    client: record,
    notebook: orNull(text),
    folder: text,
    runFolder: optional(text),
    backend,
    threads: count,
    overrides: record,
    profile: optional(record),
  },
  check: { cell, text },
  analyze: { notebook: orNull(text), folder: text, cells },
  locate: { cells: list, options: list },
  run: runs,
  queue: { cells: listOf(runs) },
  attach: { protocol: count },
  outcome: { cell },
  interrupt: {},
  status: {},
  variables: {},
  inspect: { name: text, path: list, from: count },
  preview: { call: text, experiment: orNull(text), epochs: orNull(count), steps: orNull(count) },
  doctor: {},
  control: { run: orNull(text), change: record },
  plan: { run: orNull(text) },
  selectBackend: { backend },
  relocate: { notebook: text, take: flag },
  shutdown: {},
};

/** What is wrong with a request's parameters, or undefined. */
export function checkParams(method: Method, params: unknown): string | undefined {
  const shape = Object.entries(shapes[method]);
  if (shape.length === 0) return undefined;
  const wrong = record(params);
  if (wrong) return `parameters ${wrong}`;
  return misshapen(shape, params as Record<string, unknown>);
}

function misshapen(shape: readonly (readonly [string, Check])[], value: Record<string, unknown>): string | undefined {
  for (const [name, check] of shape) {
    const mistake = check(value[name]);
    if (mistake) return `${name} ${mistake}`;
  }
  return undefined;
}

function show(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}
