/** A value of a configuration as it is shown: lists of plain values are one. */
export type Leaf = string | number | boolean | null;

/** One setting in all runs. */
export interface ConfigRow {
  /** "optimizer.lr". */
  readonly path: string;
  /** What rows are put under: the path's first word. */
  readonly group: string;
  /** In the order of the runs; undefined where a run has no such setting. */
  readonly values: readonly (Leaf | undefined)[];
  readonly differs: boolean;
}

/** Longest text of a value. */
const LONGEST = 200;
/** Settings of one run that are looked at: a configuration from elsewhere may be of any size. */
const MOST = 5000;

/**
 * All settings by path. What is made by a registry, `{ type: "adam", options: { lr } }`, stands under its own name: `optimizer` is "adam",
 * `optimizer.lr` its rate. Members of lists go by their `name` where they have one, else by place; `parameters` is the
 * number of the model's own.
 */
export function settingsOf(config: Readonly<Record<string, unknown>>): Map<string, Leaf> {
  const found = new Map<string, Leaf>();
  const { name: _, ...rest } = config;
  const parameters = parameterCount(config.model);
  if (parameters !== null) found.set("parameters", parameters);
  walk(rest, "", found, 0);
  return found;
}

/** The settings of all runs by group, the many of the model last; within each those that differ first. */
export function configRows(configs: readonly Readonly<Record<string, unknown>>[]): ConfigRow[] {
  const all = configs.map(settingsOf);
  const paths = [...new Set(all.flatMap((settings) => [...settings.keys()]))];
  const rows = paths.map((path): ConfigRow => {
    const values = all.map((settings) => settings.get(path));
    return { path, group: path.split(/[.[]/)[0] as string, values, differs: new Set(values).size > 1 };
  });
  const groups = [...new Set(rows.map(({ group }) => group))].sort(
    (a, b) => Number(a === "model") - Number(b === "model"),
  );
  return groups.flatMap((group) => {
    const own = rows.filter((row) => row.group === group);
    return [...own.filter(({ differs }) => differs), ...own.filter(({ differs }) => !differs)];
  });
}

/** A value in words; a dash where there is none. */
export function shownLeaf(value: Leaf | undefined): string {
  if (value === undefined) return "–";
  return typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value);
}

function walk(value: unknown, path: string, found: Map<string, Leaf>, depth: number): void {
  if (found.size >= MOST || value === undefined) return;
  if (!isRecord(value) && !Array.isArray(value)) {
    found.set(path, leafOf(value));
    return;
  }
  if (depth > 12) return;
  if (Array.isArray(value)) {
    if (value.every((one) => typeof one !== "object" || one === null)) {
      found.set(path, clipped(`[${value.map((one) => shownLeaf(leafOf(one))).join(", ")}]`));
      return;
    }
    const names = value.map((one) => (isRecord(one) && typeof one.name === "string" ? one.name : ""));
    const named = names.every((name) => name !== "") && new Set(names).size === names.length;
    for (const [i, one] of value.entries()) {
      const rest = named ? { ...(one as Record<string, unknown>), name: undefined } : one;
      walk(rest, named ? join(path, names[i] as string) : `${path}[${i}]`, found, depth + 1);
    }
    return;
  }
  const { type, options, ...others } = value;
  if (typeof type === "string" && isRecord(options) && Object.keys(others).length === 0) {
    found.set(path, clipped(type));
    walk(options, path, found, depth + 1);
    return;
  }
  for (const [name, one] of Object.entries(value)) walk(one, join(path, name), found, depth + 1);
}

const join = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);

const clipped = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

function leafOf(value: unknown): Leaf {
  if (typeof value === "string") return clipped(value);
  if (typeof value === "number" || typeof value === "boolean" || value === null) return value;
  return clipped(String(value).replaceAll(/\s+/g, " "));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Elements of all parameters of a described model; null when it is not one. */
function parameterCount(model: unknown): number | null {
  if (!Array.isArray(model) || model.length === 0) return null;
  let all = 0;
  for (const one of model) {
    const shape: unknown = isRecord(one) ? one.shape : null;
    if (!Array.isArray(shape) || !shape.every((n) => typeof n === "number")) return null;
    all += shape.reduce((size, n) => size * n, 1);
  }
  return all;
}
