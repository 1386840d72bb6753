import { count, significant } from "../format.ts";
import type { CurveState, RateCause } from "./state.ts";

/** A validation loss this much above its lowest is a network that memorizes. */
const MEMORIZES = 1.1;
/** Changes by hand that the text alternative tells of: the last ones. */
const MOST_SENTENCES = 10;

/** The chart in one line. */
export function titleOf({ name, live, last, best, epochs, steps, validation }: CurveState): string {
  if (live) return `${name}: training for ${epochs > 0 ? count(epochs, "epoch") : count(steps, "step")}`;
  const after = epochs > 0 ? count(epochs, "epoch") : count(steps, "step");
  if (!validation || Number.isNaN(last.validLoss)) {
    return `training loss ${significant(last.trainLoss)} after ${after}`;
  }
  const found = `validation loss ${significant(last.validLoss)} after ${after}`;
  if (best === null || best.epoch === last.epoch) return `${found}, its lowest`;
  const above = last.validLoss - last.trainLoss;
  const gap = last.validLoss > MEMORIZES * best.loss && above > 0 ? `, ${significant(above)} above training` : "";
  return `${found}, lowest (${significant(best.loss)}) at epoch ${best.epoch}${gap}`;
}

/** The chart in sentences, for those who do not see it. */
export function textOf({
  name,
  live,
  last,
  best,
  bestMetrics,
  rateMarks,
  controls,
  train,
  epochRows,
  metrics,
  validation,
  epochs,
  steps,
}: CurveState): string {
  const first = train.loss[0];
  const length = epochs > 0 ? `${count(epochs, "epoch")}, ${count(steps, "step")}` : count(steps, "step");
  const sentences = [
    `learning curve of ${name}, ${length}${live ? ", still training" : ""}`,
    first === undefined
      ? "no step is done yet"
      : `training loss from ${significant(first)} to ${significant(last.trainLoss)}`,
  ];
  if (validation && !Number.isNaN(last.validLoss)) {
    const lowest = best === null ? "" : `, lowest ${significant(best.loss)} at epoch ${best.epoch}`;
    sentences.push(`validation loss ${significant(last.validLoss)}${lowest}`);
    if (!Number.isNaN(last.trainLoss)) {
      sentences.push(`gap to the training loss ${significant(last.validLoss - last.trainLoss)}`);
    }
    const averages = epochRows.averagedLoss;
    const average = averages?.[averages.length - 1] ?? Number.NaN;
    if (!Number.isNaN(average)) sentences.push(`with averaged weights (dashed) ${significant(average)}`);
  }
  for (const [i, { name: metric, better }] of metrics.entries()) {
    const value = last.metrics[metric];
    const most = bestMetrics.find((b) => b.metric === i);
    const word = better === "higher" ? "highest" : "lowest";
    const at = most && most.epoch !== last.epoch ? `, ${word} ${significant(most.value)} at epoch ${most.epoch}` : "";
    if (value !== undefined)
      sentences.push(`${validation ? "validation" : "training"} ${metric} ${significant(value)}${at}`);
  }
  const [most] = bestMetrics;
  if (best && most && most.metric === 0 && most.epoch > best.epoch && last.validLoss > MEMORIZES * best.loss) {
    const { name: metric } = metrics[0] as { name: string };
    sentences.push(
      `the validation loss rises from epoch ${best.epoch} on while ${metric} still improves to epoch ${most.epoch}`,
    );
  }
  for (const { step, from, to, before, after, cause } of rateMarks) {
    const what = to < from ? "falls" : "begins anew";
    const why = cause ? ` because ${causeOf(cause)}` : "";
    sentences.push(
      `the rate ${what} at step ${step.toLocaleString("en-US")}, ${significant(from)} to ${significant(to)}${why}: training loss ${significant(before)}, then ${significant(after)}`,
    );
  }
  for (const { step, about } of controls.slice(-MOST_SENTENCES)) {
    sentences.push(`at step ${step.toLocaleString("en-US")} ${about}`);
  }
  return sentences.join("; ");
}

export const causeOf = ({ monitor, value, best }: RateCause): string =>
  `${monitor} ${significant(value)} is no better than ${significant(best)}`;
