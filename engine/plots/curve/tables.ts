import type { Columns } from "../../protocol/index.ts";
import { encodeColumns } from "../columns.ts";
import { significant } from "../format.ts";
import type { Best, BestMetric, CheckpointMark, RateMark } from "./state.ts";
import { causeOf } from "./words.ts";

/** One row, or none. */
export function bestColumns(best: Best | null): Record<keyof Best, number[]> {
  return best === null
    ? { epoch: [], step: [], loss: [] }
    : { epoch: [best.epoch], step: [best.step], loss: [best.loss] };
}

export const bestMetricColumns = (bests: readonly BestMetric[]): Record<keyof BestMetric, number[]> => ({
  metric: bests.map((b) => b.metric),
  epoch: bests.map((b) => b.epoch),
  step: bests.map((b) => b.step),
  value: bests.map((b) => b.value),
});

/** What a click on the curve can go back to. */
export const checkpointTable = (checkpoints: readonly CheckpointMark[]): Columns => ({
  file: { text: checkpoints.map(({ file }) => file) },
  label: { text: checkpoints.map(({ step }) => `step ${step.toLocaleString("en-US")}`) },
  ...encodeColumns({ step: checkpoints.map(({ step }) => step) }),
});

/** Shares of the planned steps that a label needs to its right: the whole one, and the short one. */
const [LONG_LABEL, SHORT_LABEL] = [0.3, 0.1];

/** Marks with what is written beside them, as far as the next mark leaves room. */
export function rateMarkTable(marks: readonly RateMark[], steps: number): Columns {
  const label = marks.map(({ step, from, to, before, after, cause }, i) => {
    const room = ((marks[i + 1]?.step ?? steps) - step) / steps;
    if (room < SHORT_LABEL) return "";
    // a cosine falls through what would stand beside a restart
    if (to > from) return "restart";
    const fell = `× ${significant(to / from)}${cause ? ` at ${cause.monitor} ${significant(cause.value)}` : ""}`;
    return room >= LONG_LABEL ? `${fell}: loss ${significant(before)} → ${significant(after)}` : fell;
  });
  return {
    label: { text: label },
    cause: { text: marks.map(({ cause }) => (cause ? causeOf(cause) : "")) },
    ...encodeColumns({
      step: marks.map((m) => m.step),
      from: marks.map((m) => m.from),
      to: marks.map((m) => m.to),
      before: marks.map((m) => m.before),
      after: marks.map((m) => m.after),
    }),
  };
}
