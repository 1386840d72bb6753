import type { ChartHints } from "../../protocol/index.ts";
import { type CurveState, END, MAX_METRICS, smoothing, VIEW } from "./state.ts";

/** What the renderer needs to smooth, to change to a log axis and to read values off the curves. */
export function hints({
  metrics,
  validation,
  averaged,
  steps,
  stepsPerEpoch,
  epochs,
  moving,
  run,
}: CurveState): ChartHints {
  const value = (dataset: string, field: string, label: string, series: string | null) =>
    ({ dataset, field, label, series }) as const;
  return {
    x: { field: "step", label: "step", end: { param: END, planned: steps } },
    log: ["loss"],
    smooth: { dataset: "train", field: "loss", as: "smoothed", weight: smoothing(stepsPerEpoch) },
    values: [
      value("epochs", "epoch", "epoch", null),
      value("train", "loss", "train loss", "train"),
      ...(validation ? [value("epochs", "validLoss", "validation loss", "validation")] : []),
      ...(averaged ? [value("epochs", "averagedLoss", "averaged weights, loss", "averaged weights")] : []),
      ...metrics
        .slice(0, MAX_METRICS)
        .flatMap((metric, i) => [
          value("epochs", `train${i}`, `train ${metric.name}`, "train"),
          ...(validation ? [value("epochs", `valid${i}`, `validation ${metric.name}`, "validation")] : []),
          ...(averaged
            ? [value("epochs", `averaged${i}`, `averaged weights, ${metric.name}`, "averaged weights")]
            : []),
        ]),
      ...(moving.penalty ? [value("train", "penalty", "penalty", null)] : []),
      ...(moving.momentum ? [value("train", "momentum", "momentum", null)] : []),
      ...(moving.clipped ? [value("train", "clipped", "clipped", null)] : []),
      value("train", "lr", "learning rate", null),
    ],
    ...(run === null ? {} : { run }),
    pick: { kind: "checkpoint", dataset: "checkpoints", field: "step", file: "file", label: "label" },
    // the change of one epoch is none
    ...(epochs < 2
      ? {}
      : {
          choose: [
            {
              param: VIEW,
              label: "show",
              choices: [
                { label: "values", value: "value" },
                { label: "Δ per epoch", value: "change" },
              ],
            },
          ],
        }),
  };
}
