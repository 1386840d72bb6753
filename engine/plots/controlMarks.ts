import type { Columns, Controlled, RunChange } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import type { Spec } from "./plot.ts";
import { rate } from "./rate.ts";

/** What somebody changed by hand, on the curve. */
export interface ControlMark {
  /** Updates done by then. */
  readonly step: number;
  /** A word or two, beside the mark. */
  readonly label: string;
  /** A sentence. */
  readonly about: string;
}

/** A label needs this share of the planned steps to its right. */
const LABEL_ROOM = 0.065;

export const markOf = ({ step, change }: Controlled): ControlMark => ({ step, ...wordsOf(change) });

function wordsOf(change: RunChange): { label: string; about: string } {
  switch (change.do) {
    case "pause":
      return { label: "paused", about: "it was paused here" };
    case "resume":
      return { label: "", about: "it went on here" };
    case "stop-after-epoch":
      return { label: "stop", about: "it was asked to stop after the epoch" };
    case "keep-going":
      return { label: "", about: "it was asked not to stop" };
    case "set-lr":
      return { label: `lr ${rate(change.value)}`, about: `the learning rate was set to ${rate(change.value)}` };
    case "set-schedule":
      return { label: "drawn lr", about: "the rest of the schedule was drawn" };
    case "follow-plan":
      return { label: "plan", about: "the schedule was followed again" };
    default:
      change satisfies never;
      return { label: "", about: "" };
  }
}

/** Marks with labels as far as the next one that has a label leaves room. */
export function controlTable(marks: readonly ControlMark[], steps: number): Columns {
  const label = marks.map(({ step, label: own }, i) => {
    const next = marks.slice(i + 1).find((mark) => mark.label !== "")?.step ?? Infinity;
    return next - step < LABEL_ROOM * steps ? "" : own;
  });
  return {
    label: { text: label },
    about: { text: marks.map(({ about }) => about) },
    ...encodeColumns({ step: marks.map(({ step }) => step) }),
  };
}

/** Rules where something was changed by hand, with words at the panel's foot; `end` is the parameter at which its axis ends. */
export function controlLayers(end: string, height: number): Spec[] {
  const data = { name: "controls" };
  const tooltip = [
    { field: "step", type: "quantitative", title: "step", format: "," },
    { field: "about", type: "nominal", title: "by hand" },
  ];
  const right = `datum.step > 0.9 * ${end}`;
  return [
    { data, mark: { type: "rule", strokeWidth: 1.5, opacity: 0.75, strokeDash: [1, 3] }, encoding: { tooltip } },
    {
      data,
      mark: {
        type: "text",
        baseline: "bottom",
        align: { expr: `${right} ? 'right' : 'left'` },
        dx: { expr: `${right} ? -5 : 5` },
      },
      encoding: { y: { value: height - 4 }, text: { field: "label", type: "nominal" }, tooltip },
    },
  ];
}
