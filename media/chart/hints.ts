import type { Action, Chart, ChartHints } from "./payload.ts";

type Json = Record<string, unknown>;
type Reader<T> = (value: unknown) => T | undefined;

/** The hints of a chart, wherever it came from: each part that is not as it should be is left out. */
export function hintsOf(chart: Pick<Chart, "spec">): ChartHints {
  const hints = record(record(chart.spec.usermeta)?.dlnb);
  if (hints === undefined) return {};
  const parts = Object.entries(READERS).map(([name, read]) => [name, read(hints[name])] as const);
  return Object.fromEntries(parts.filter(([, part]) => part !== undefined)) as ChartHints;
}

/** Buttons that a page may offer; what cannot be understood is no button. */
export function readActions(value: unknown): Action[] | undefined {
  return Array.isArray(value) ? value.flatMap((one) => readAction(one) ?? []) : undefined;
}

export function readAction(value: unknown): Action | undefined {
  const { label, title, do: what } = record(value) ?? {};
  const act = record(what);
  if (!isText(label) || !isText(title) || act === undefined) return undefined;
  if (act.kind === "insert-cell" && isText(act.text)) return { label, title, do: { kind: act.kind, text: act.text } };
  const { kind, options, value: number, experiment, how, file, step } = act;
  if (kind === "go-back" && (how === "restore" || how === "branch") && isText(file) && isNumber(step)) {
    return { label, title, do: { kind, how, file, step } };
  }
  if (kind !== "set-option" || !isTexts(options) || !isNumber(number)) return undefined;
  if (experiment !== null && !isText(experiment)) return undefined;
  return { label, title, do: { kind, options, value: number, experiment } };
}

const READERS: { readonly [Part in keyof Required<ChartHints>]: Reader<ChartHints[Part]> } = {
  x: (value) => {
    const { field, label, end } = record(value) ?? {};
    if (!isText(field) || !isText(label)) return undefined;
    const { param, planned } = record(end) ?? {};
    return { field, label, ...(isText(param) && isNumber(planned) ? { end: { param, planned } } : {}) };
  },
  log: (value) => (isTexts(value) ? value : undefined),
  smooth: (value) => {
    const { dataset, field, as, weight } = record(value) ?? {};
    return isText(dataset) && isText(field) && isText(as) && isNumber(weight)
      ? { dataset, field, as, weight }
      : undefined;
  },
  values: list((value) => {
    const { dataset, field, label, series } = record(value) ?? {};
    return isText(dataset) && isText(field) && isText(label) && (series === null || isText(series))
      ? { dataset, field, label, series }
      : undefined;
  }),
  link: (value) => {
    const { field, param } = record(value) ?? {};
    return isText(field) && isText(param) ? { field, param } : undefined;
  },
  scrub: (value) => {
    const { param, label, values, start, perSecond } = record(value) ?? {};
    if (!isText(param) || !isText(label) || !Array.isArray(values) || !values.every(isNumber)) return undefined;
    if (values.length === 0 || !Number.isInteger(start) || values[start as number] === undefined) return undefined;
    const playing = isNumber(perSecond) && perSecond > 0 ? { perSecond } : {};
    return { param, label, values, start: start as number, ...playing };
  },
  choose: list((value) => {
    const { param, label, choices } = record(value) ?? {};
    const read = list((choice) => {
      const { label: name, value: of } = record(choice) ?? {};
      return isText(name) && (isText(of) || isNumber(of)) ? { label: name, value: of } : undefined;
    })(choices);
    return isText(param) && isText(label) && read !== undefined ? { param, label, choices: read } : undefined;
  }),
  surface: (value) => {
    const { dataset, x, y, z, labels, log, path } = record(value) ?? {};
    const words = record(labels) ?? {};
    if (!isText(dataset) || !isText(x) || !isText(y) || !isText(z) || typeof log !== "boolean") return undefined;
    if (!isText(words.x) || !isText(words.y) || !isText(words.z)) return undefined;
    const line = record(path) ?? {};
    const along =
      isText(line.dataset) && isText(line.x) && isText(line.y) && isText(line.z)
        ? { path: { dataset: line.dataset, x: line.x, y: line.y, z: line.z } }
        : {};
    return { dataset, x, y, z, labels: { x: words.x, y: words.y, z: words.z }, log, ...along };
  },
  actions: readActions,
  pick: (value) => {
    const { kind, dataset, field, file, label } = record(value) ?? {};
    if (kind !== "checkpoint" || !isText(dataset) || !isText(field) || !isText(file) || !isText(label))
      return undefined;
    return { kind, dataset, field, file, label };
  },
  run: (value) => (isText(value) ? value : undefined),
};

function list<T>(read: Reader<T>): Reader<T[]> {
  return (value) => {
    const all = Array.isArray(value) ? value.flatMap((one) => read(one) ?? []) : [];
    return all.length > 0 ? all : undefined;
  };
}

function record(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
