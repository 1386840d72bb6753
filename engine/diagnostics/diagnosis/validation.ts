import { betterOf, nameOf } from "../../metrics/index.ts";
import { median } from "../../tensor/median.ts";
import type { Evidence } from "./evidence/evidence.ts";

/** A validation loss that ended above its lowest. */
export interface ValidRise {
  readonly lowest: number;
  readonly end: number;
  /** Of the lowest loss, from 1, and its step. */
  readonly epoch: number;
  readonly step: number;
  readonly lastStep: number;
  /** A metric that was as good or better at the end than at the lowest loss; null without metrics. */
  readonly metricHeld: string | null;
  readonly metricThen: number;
  readonly metricNow: number;
}

/** Times the usual change from one epoch to the next. */
const STEADY = 8;

/**
 * A rise by half of the lowest validation loss, and by a tenth of the loss of a network that knows nothing, that is beyond three
 * standard errors of the loss at the end or eight times what changes between epochs, and not made by the last epoch alone.
 */
export function validRise({ ran, experiment, initial, expected }: Evidence): ValidRise | null {
  const history = ran?.run.history;
  const valid = ran?.outcome.valid;
  // a run that went back to its best weights took no harm
  if (!history || !valid || ran.run.weights !== ran.run.checkpoint.state) return null;
  const losses = history.valid.loss ?? [];
  const known = losses.map((l, i) => ({ l, i })).filter(({ l }) => !Number.isNaN(l));
  if (known.length < 5) return null;
  const best = known.reduce((a, b) => (b.l < a.l ? b : a));
  const tail = known.slice(-Math.max(2, Math.ceil(known.length / 10)));
  const end = tail.reduce((s, { l }) => s + l, 0) / tail.length;
  const rise = end - best.l;
  if (rise < 0.5 * best.l || rise < 0.1 * Math.min(initial.loss, expected.value)) return null;
  const half = known.slice(known.length >> 1);
  const jitter = median(half.slice(1).map(({ l }, i) => Math.abs(l - (half[i] as { l: number }).l)));
  // the same examples at every epoch: a climb far above what changes between epochs is no chance
  const steady = rise > STEADY * jitter && best.i < known.length / 2;
  if (rise < 3 * (valid.lossError ?? 0) && !steady) return null;
  const [metric] = experiment.options.metrics;
  const values = metric ? (history.valid[nameOf(metric)] ?? []) : [];
  const then = values[best.i] ?? Number.NaN;
  const now = tail.reduce((s, { i }) => s + (values[i] ?? Number.NaN), 0) / tail.length;
  const better = metric && betterOf(metric) === "lower" ? now <= then : now >= then - 1 / valid.examples;
  return {
    lowest: best.l,
    end,
    epoch: history.epoch[best.i] as number,
    step: history.epochStep[best.i] as number,
    lastStep: history.epochStep.at(-1) as number,
    metricHeld: metric && better ? nameOf(metric) : null,
    metricThen: then,
    metricNow: now,
  };
}
