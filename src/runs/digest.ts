import * as vscode from "vscode";
import { RUN_LOG_VERSION, type RunHistory } from "../../engine/protocol/index.ts";
import type { RunEntry, RunState } from "./entry.ts";
import { count, figures, line, list, number, record } from "./read.ts";
import { Thin } from "./thin.ts";

/** Points of a history at most. */
const HISTORY_ROWS = 2000;
const SPARK_ROWS = 24;
/** So many points make a curve: with fewer epochs than that, the training loss says more. */
const SPARK_POINTS = 3;
/** A larger configuration is left out of the lists. */
const MAX_CONFIG = 512 * 1024;
const MAX_METRICS = 16;
const ENDS: readonly string[] = ["finished", "interrupted", "early", "non-finite"] satisfies RunState[];

type Figures = Readonly<Record<string, number>>;

/** What the lines of a log come to, in bounded memory whatever they say. */
export class RunDigest {
  id = "";
  name = "";
  experiment: string | null = null;
  cell = "";
  backend = "";
  adapter = "";
  startedAt = Number.NaN;
  parameters = 0;
  group: RunEntry["group"] = null;
  config: unknown = null;
  /** What the fit was told: schedule, epochs, early stopping. */
  fit: unknown = null;
  /** Version of the log; 0: from before there were any. */
  version = 0;
  /** The process that writes it, where it says so. */
  process: { readonly pid: number; readonly host: string } | null = null;
  step = 0;
  steps = 0;
  epoch = 0;
  epochs = 0;
  stepsPerEpoch = 0;
  seconds = Number.NaN;
  paused = false;
  /** How it ended; null while nothing says so. */
  ended: RunState | null = null;
  error = "";
  /** Whether a first line has been read that says what this is. */
  known = false;
  #metrics: { readonly name: string; readonly better: "higher" | "lower" }[] = [];
  #figures: Record<string, number> = {};
  readonly #trainSpark = new Thin(["mean"], 2 * SPARK_ROWS);
  readonly #validSpark = new Thin(["mean"], 2 * SPARK_ROWS);
  readonly #stepRows: Thin | null;
  #epochRows: { readonly thin: Thin; readonly names: readonly string[] } | null = null;
  #penalized = false;

  /** `history`: whether it is to be kept; else only what a list needs. */
  constructor(history: boolean) {
    this.#stepRows = history ? new Thin(["last", "mean", "last", "mean", "mean"], HISTORY_ROWS) : null;
  }

  /** Takes the next line. What has another form than our lines is passed over. */
  take(value: unknown): void {
    const given = record(value);
    switch (given.event) {
      case "start":
        this.#start(given);
        break;
      case "steps":
        this.#steps(given);
        break;
      case "epoch":
        this.#epoch(given);
        break;
      case "control": {
        const { do: what } = record(given.change);
        if (what === "pause" || what === "resume") this.paused = what === "pause";
        break;
      }
      case "end":
        this.ended = ENDS.includes(given.stopped as string) ? (given.stopped as RunState) : "finished";
        this.step = count(given.steps, this.step);
        this.epoch = count(given.epochs, this.epoch);
        this.seconds = number(given.seconds);
        this.#figures = figures(given.final) ?? this.#figures;
        break;
      case "failed":
        this.ended = "failed";
        this.error = line(given.error, 1000);
        break;
    }
  }

  /** Figures by now, or those of its end. */
  get figures(): Figures {
    return this.#figures;
  }

  get metric(): RunEntry["metric"] {
    return metricOf(this.#metrics, this.#figures);
  }

  get metrics(): readonly { readonly name: string; readonly better: "higher" | "lower" }[] {
    return this.#metrics;
  }

  get spark(): number[] {
    const valid = this.#validSpark.column(0);
    return halved(valid.length >= SPARK_POINTS ? valid : this.#trainSpark.column(0));
  }

  /** Empty when it was not kept. */
  get history(): RunHistory {
    const steps = (column: number) => this.#stepRows?.column(column) ?? [];
    const epochs = this.#epochRows;
    const part = (prefix: string) =>
      Object.fromEntries(
        (epochs?.names ?? []).flatMap((name, i) => {
          if (!name.startsWith(`${prefix} `)) return [];
          const values = epochs?.thin.column(i + 2) ?? [];
          return values.every(Number.isNaN) ? [] : [[name.slice(prefix.length + 1), values]];
        }),
      );
    const averaged = part("averaged");
    return {
      step: steps(0),
      trainLoss: steps(1),
      lr: steps(2),
      gradientNorm: steps(3),
      ...(this.#penalized ? { penalty: steps(4) } : {}),
      epoch: epochs?.thin.column(0) ?? [],
      epochStep: epochs?.thin.column(1) ?? [],
      valid: part("valid"),
      train: part("train"),
      ...(Object.keys(averaged).length > 0 ? { averaged } : {}),
      thinned: this.#stepRows?.thinned === true || epochs?.thin.thinned === true,
    };
  }

  #start(given: Record<string, unknown>): void {
    // a second beginning is not ours
    if (this.known) return;
    this.known = true;
    const [fit, curve] = [record(given.fit), record(given.curve)];
    this.version = count(given.version);
    this.id = line(given.run);
    this.name = line(given.name);
    this.experiment = line(given.experiment) || null;
    this.cell = line(given.cell);
    this.backend = line(given.backend);
    this.adapter = line(given.adapter);
    this.startedAt = typeof given.time === "string" ? Date.parse(given.time) : Number.NaN;
    this.parameters = count(given.parameters);
    const { id, name, label } = record(given.group);
    if (line(id) !== "") this.group = { id: line(id), name: line(name) || "runs", label: line(label) };
    this.config = sizeWithin(given.config, MAX_CONFIG) ? given.config : null;
    this.fit = sizeWithin(given.fit, MAX_CONFIG) ? fit : null;
    const { pid, host } = record(given.process);
    if (count(pid) > 0) this.process = { pid: pid as number, host: line(host) };
    this.step = count(fit.resumedAt);
    this.steps = count(fit.steps);
    this.epochs = count(fit.epochs);
    this.stepsPerEpoch = count(fit.stepsPerEpoch);
    this.#metrics = list(curve.metrics)
      .slice(0, MAX_METRICS)
      .map(record)
      .filter(({ name }) => line(name) !== "")
      .map(({ name, better }) => ({ name: line(name), better: better === "lower" ? "lower" : "higher" }));
  }

  #steps(given: Record<string, unknown>): void {
    const loss = list(given.loss);
    const [lr, norms, penalty] = [list(given.lr), list(given.gradientNorm), list(given.penalty)];
    const from = count(given.from, this.step + 1);
    if (penalty.length > 0) this.#penalized = true;
    for (let i = 0; i < loss.length; i++) {
      const value = number(loss[i]);
      this.#trainSpark.push([value]);
      this.#stepRows?.push([from + i, value, number(lr[i]), number(norms[i]), number(penalty[i])]);
    }
    if (loss.length === 0) return;
    this.step = from + loss.length - 1;
    if (this.stepsPerEpoch > 0) this.epoch = Math.ceil(this.step / this.stepsPerEpoch);
    const last = number(loss.at(-1));
    if (!Number.isNaN(last)) this.#figures = { ...this.#figures, trainLoss: last };
  }

  #epoch(given: Record<string, unknown>): void {
    this.epoch = count(given.epoch, this.epoch);
    this.step = Math.max(this.step, count(given.step));
    const parts = { train: figures(given.train), valid: figures(given.valid), averaged: figures(given.averaged) };
    if (this.#metrics.length === 0) this.#guessMetrics(parts.valid ?? parts.train ?? {});
    for (const part of ["train", "valid"] as const) {
      this.#figures = { ...this.#figures, ...named(part, parts[part] ?? {}) };
    }
    const loss = parts.valid?.loss ?? Number.NaN;
    if (!Number.isNaN(loss)) this.#validSpark.push([loss]);
    if (this.#stepRows === null) return;
    this.#epochRows ??= epochRows(this.#metrics.map(({ name }) => name));
    const { thin, names } = this.#epochRows;
    thin.push([
      this.epoch,
      count(given.step, this.step),
      ...names.map((name) => {
        const at = name.indexOf(" ");
        return parts[name.slice(0, at) as keyof typeof parts]?.[name.slice(at + 1)] ?? Number.NaN;
      }),
    ]);
  }

  /** Older logs do not say what is better. */
  #guessMetrics(seen: Figures): void {
    this.#metrics = Object.keys(seen)
      .filter((name) => name !== "loss")
      .slice(0, MAX_METRICS)
      .map((name) => ({ name, better: /error|loss|perplexity|mae|mse/i.test(name) ? "lower" : "higher" }));
  }
}

/** The word in the log when a log is not quite what this version writes; null when there is nothing to say. */
export function remarkOn(digest: RunDigest, damaged: number): string | null {
  const words = [
    ...(digest.known ? [] : [vscode.l10n.t("has no first line that says what it is of")]),
    ...(digest.version > RUN_LOG_VERSION
      ? [
          vscode.l10n.t(
            "was written by a newer version of dlnb (log version {0}): what is not known of it is left out",
            digest.version,
          ),
        ]
      : []),
    ...(damaged > 0
      ? [
          damaged === 1
            ? vscode.l10n.t("has 1 damaged line, which is left out")
            : vscode.l10n.t("has {0} damaged lines, which are left out", damaged),
        ]
      : []),
  ];
  return words.length === 0 ? null : words.join("; ");
}

function epochRows(metrics: readonly string[]): { thin: Thin; names: readonly string[] } {
  const names = ["train", "valid", "averaged"].flatMap((part) => ["loss", ...metrics].map((name) => `${part} ${name}`));
  return { thin: new Thin(["last", "last", ...names.map(() => "mean" as const)], HISTORY_ROWS), names };
}

/** Figures of a part of the data as a run's end names them: `{ loss: 1 }` of "valid" is `{ validLoss: 1 }`. */
const named = (part: string, values: Figures): Figures =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [part + name.charAt(0).toUpperCase() + name.slice(1), value]),
  );

function metricOf(metrics: RunDigest["metrics"], values: Figures): RunEntry["metric"] {
  for (const { name, better } of metrics) {
    const key = name.charAt(0).toUpperCase() + name.slice(1);
    const value = values[`valid${key}`] ?? values[`train${key}`];
    if (value !== undefined) return { name, value, better };
  }
  const [loss, name] =
    values.validLoss === undefined ? [values.trainLoss, "training loss"] : [values.validLoss, "validation loss"];
  return loss === undefined ? null : { name, value: loss, better: "lower" };
}

/** At most `SPARK_ROWS` of up to twice as many. */
function halved(values: readonly number[]): number[] {
  if (values.length <= SPARK_ROWS) return [...values];
  return Array.from({ length: Math.ceil(values.length / 2) }, (_, i) => {
    const pair = values.slice(2 * i, 2 * i + 2).filter((value) => !Number.isNaN(value));
    return pair.length === 0 ? Number.NaN : pair.reduce((a, b) => a + b, 0) / pair.length;
  });
}

/** Whether a value of JSON is about so small, without writing it out. */
function sizeWithin(value: unknown, most: number): boolean {
  let size = 0;
  const waiting: unknown[] = [value];
  while (waiting.length > 0 && size <= most) {
    const next = waiting.pop();
    size += typeof next === "string" ? next.length + 2 : 8;
    if (typeof next !== "object" || next === null) continue;
    for (const [key, part] of Object.entries(next)) {
      size += key.length;
      waiting.push(part);
    }
  }
  return size <= most;
}
