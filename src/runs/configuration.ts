import * as vscode from "vscode";
import { isRecord } from "../outputs/read.ts";
import { count as counted } from "../status/summary.ts";
import { dataWords, inWords } from "./config.ts";
import type { ConfigurationView, LayerLine, Named } from "./messages.ts";
import { count, line, list, record } from "./read.ts";

/** Layers that are listed. */
const MOST_LAYERS = 300;
/** Rows of a group. */
const MOST_ROWS = 60;

/** What decided a run's numbers, from the first line of its log. */
export function configurationOf(start: Readonly<Record<string, unknown>>): ConfigurationView {
  const [config, fit] = [record(start.config), record(start.fit)];
  const row = (name: string, value: unknown): Named[] =>
    value === undefined || value === null || (Array.isArray(value) && value.length === 0)
      ? []
      : [{ name, text: inWords(value) }];
  const { layers, more } = layersOf(start, list(config.model));
  const data = record(config.data);
  const { model: _, data: __, name, loss, metrics, optimizer, regularize, seed, batchSize, ...others } = config;
  const { steps, epochs, stepsPerEpoch, resumedAt, schedule, earlyStopping, ...plan } = fit;
  const groups = [
    {
      title: vscode.l10n.t("Model"),
      rows: [
        ...row(vscode.l10n.t("parameters"), parametersOf(start, config)),
        ...row(vscode.l10n.t("layers"), layers.length + more || undefined),
      ],
    },
    {
      title: vscode.l10n.t("Training"),
      rows: [
        ...row(vscode.l10n.t("experiment"), start.experiment ?? name),
        ...row(vscode.l10n.t("optimizer"), optimizer),
        ...row(vscode.l10n.t("schedule"), schedule),
        ...row(vscode.l10n.t("loss"), loss),
        ...row(vscode.l10n.t("metrics"), metrics),
        ...row(vscode.l10n.t("regularize"), regularize),
        ...row(vscode.l10n.t("batch size"), batchSize),
        ...row(vscode.l10n.t("epochs"), count(epochs) > 0 ? counted(count(epochs)) : undefined),
        ...row(
          vscode.l10n.t("steps"),
          steps === undefined
            ? undefined
            : `${counted(count(steps))}${count(stepsPerEpoch) > 0 ? `, ${counted(count(stepsPerEpoch))} per epoch` : ""}`,
        ),
        ...row(vscode.l10n.t("early stopping"), earlyStopping),
        ...row(vscode.l10n.t("seed"), seed),
        ...row(vscode.l10n.t("goes on from step"), count(resumedAt) > 0 ? resumedAt : undefined),
        ...Object.entries({ ...others, ...plan })
          .slice(0, MOST_ROWS)
          .flatMap(([key, value]) => row(line(key, 80), value)),
      ],
    },
    {
      title: vscode.l10n.t("Data"),
      rows: [
        ...row(vscode.l10n.t("name"), start.data),
        ...row(vscode.l10n.t("examples"), dataWords(data) || undefined),
        ...row(vscode.l10n.t("one example"), data.example),
      ],
    },
    {
      title: vscode.l10n.t("Versions"),
      rows: [
        ...row(
          vscode.l10n.t("backend"),
          [line(start.backend), line(start.adapter)].filter((part) => part !== "").join(", ") || undefined,
        ),
        ...Object.entries(record(start.versions))
          .slice(0, MOST_ROWS)
          .flatMap(([key, value]) => row(line(key, 80), value)),
        ...row(vscode.l10n.t("log"), start.version),
      ],
    },
  ];
  return { groups: groups.filter(({ rows }) => rows.length > 0), layers, more, code: codeOf(start) !== null };
}

/** "1,234, 1,200 of them ..." is not known; the count alone. */
const parametersOf = (
  start: Readonly<Record<string, unknown>>,
  config: Record<string, unknown>,
): string | undefined => {
  const total =
    count(start.parameters) || list(config.model).reduce((sum: number, part) => sum + sizeOf(record(part).shape), 0);
  return total > 0 ? counted(total) : undefined;
};

function layersOf(
  start: Readonly<Record<string, unknown>>,
  parameters: readonly unknown[],
): { layers: LayerLine[]; more: number } {
  const learnt = new Map<string, number>();
  for (const parameter of parameters.map(record)) {
    const name = line(parameter.name);
    const owner = name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : "";
    learnt.set(owner, (learnt.get(owner) ?? 0) + sizeOf(parameter.shape));
  }
  const own = list(start.layers)
    .map(record)
    .filter(({ path }) => path !== "");
  const layers = own.slice(0, MOST_LAYERS).map(({ path, type, outputShape }) => {
    const size = learnt.get(line(path)) ?? 0;
    // the first number counts the examples of a batch
    const shape = list(outputShape)
      .slice(1)
      .map((n) => inWords(n))
      .join(" × ");
    return { path: line(path), type: line(type), shape, parameters: size > 0 ? counted(size) : "" };
  });
  return { layers, more: Math.max(0, own.length - layers.length) };
}

const sizeOf = (shape: unknown): number => list(shape).reduce((size: number, n) => size * count(n), 1);

/** The first line as it is, for a clipboard. */
export const jsonOf = (start: Readonly<Record<string, unknown>>): string => JSON.stringify(start, null, 2);

/** Libraries of cells, by the option whose definitions come from them. */
const LIBRARIES: Readonly<Record<string, string>> = {
  loss: "loss",
  metrics: "metrics",
  optimizer: "optim",
  regularize: "regularize",
  average: "average",
};

/** The experiment's options as a cell would give them, but for data and model, of which only sizes are known. Null when a part has another form. */
export function codeOf(start: Readonly<Record<string, unknown>>): string | null {
  const config = record(start.config);
  const { schedule, epochs } = record(start.fit);
  try {
    const names = [
      "loss",
      "metrics",
      "optimizer",
      "regularize",
      "batchSize",
      "accumulate",
      "average",
      "seed",
      "shuffle",
      "dropLast",
      "clip",
    ];
    const options = names.flatMap((name) => {
      const value = config[name];
      const empty = value === undefined || value === null || (Array.isArray(value) && value.length === 0);
      return empty ? [] : [`  ${name}: ${source(value, LIBRARIES[name] ?? "", 0)},`];
    });
    if (options.length === 0) return null;
    const planned = isRecord(schedule) ? `, schedule: ${source(schedule, "schedule", 0)}` : "";
    return `const exp = experiment({\n  data: sets,\n  model,\n${options.join("\n")}\n});\nconst run = await exp.fit({ epochs: ${count(epochs, 1)}${planned} });\n`;
  } catch (error) {
    if (error instanceof NotPlain) return null;
    throw error;
  }
}

/** What a run of a call such as `replicas` has of its own, as a cell would give it: options of its experiment, and the schedule of its fit. */
export function ownOptions({ config, fit }: { readonly config: unknown; readonly fit: unknown }): {
  readonly experiment: string;
  readonly schedule: string;
} {
  const given = record(config);
  const written = (value: unknown, library: string): string | null => {
    if (value === undefined || value === null) return null;
    try {
      return source(value, library, 0);
    } catch (error) {
      if (error instanceof NotPlain) return null;
      throw error;
    }
  };
  const options = ["optimizer", "batchSize", "accumulate", "seed"].flatMap((name) => {
    const text = written(given[name], LIBRARIES[name] ?? "");
    return text === null || (name === "accumulate" && text === "1") ? [] : [`${name}: ${text}`];
  });
  return { experiment: options.join(", "), schedule: written(record(fit).schedule, "schedule") ?? "" };
}

class NotPlain extends Error {}

function source(value: unknown, library: string, depth: number): string {
  if (depth > 8) throw new NotPlain();
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((part) => source(part, library, depth + 1)).join(", ")}]`;
  if (!isRecord(value)) throw new NotPlain();
  const { type, options } = value;
  const definition = typeof type === "string";
  if (definition && (library === "" || !/^[A-Za-z]\w*$/.test(type))) throw new NotPlain();
  const parts = Object.entries(definition ? record(options) : value)
    .filter(([, part]) => part !== null)
    .map(
      ([name, part]) =>
        `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)}: ${source(part, library, depth + 1)}`,
    );
  const inside = parts.length === 0 ? "" : `{ ${parts.join(", ")} }`;
  return definition ? `${library}.${type}(${inside})` : inside || "{}";
}
