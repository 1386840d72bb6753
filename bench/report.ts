import { significant } from "../engine/plots/format.ts";
import { sizesText } from "./args.ts";
import type { Outcome, Standing } from "./outcome.ts";
import { difference } from "./statistics.ts";
import { type Column, markdownTable, plainTable } from "./table.ts";

/** Losses that are as close as this, relative to their size, are called the same: f32 sums in another order. */
const SAME_LOSS = 1e-3;

/** Share of a core that an engine may use while it waits. */
const IDLE = 0.1;

const left = (title: string): Column => ({ title, align: "left" });
const right = (title: string): Column => ({ title, align: "right" });

/** Everything about one workload. */
export function workloadText(outcome: Outcome, markdown: boolean): string {
  const { workload, title, sizes, engines } = outcome;
  const ours = engines.find(({ engine }) => engine === "ours");
  const columns = [
    left("engine"),
    right("steps/s"),
    right("min"),
    right("max"),
    right("dlnb is"),
    right("first step"),
    right("again"),
    right("peak memory"),
    left("losses of the first steps"),
  ];
  const measured = engines.filter(({ failed }) => failed === null);
  const rows = measured.map((standing) => [
    standing.title,
    significant(standing.stepsPerSecond?.median),
    significant(standing.stepsPerSecond?.min),
    significant(standing.stepsPerSecond?.max),
    standing.ratio
      ? `${times(standing.ratio.median)} (${times(standing.ratio.min)} to ${times(standing.ratio.max)})`
      : "",
    milliseconds(standing.firstStepMs),
    milliseconds(standing.firstStepAgainMs),
    `${Math.round(standing.peakBytes / 1e6)} MB`,
    standing === ours || !ours ? (standing.losses.at(-1)?.toFixed(4) ?? "") : lossesText(ours.losses, standing.losses),
  ]);
  const head = `${workload}: ${title}`;
  const notes = [
    ...engines.flatMap(({ title, failed }) => (failed === null ? [] : [`${title}: ${failed}`])),
    ...measured.flatMap(({ title, idle }) =>
      (idle ?? 0) > IDLE
        ? [`${title} used ${significant(100 * (idle ?? 0))} % of a core while others were measured`]
        : [],
    ),
    ...(ours?.launches ? [stepText(ours)] : []),
    ...(outcome.goal ? [goalText(outcome)] : []),
  ];
  const table = markdown ? markdownTable(columns, rows) : plainTable(columns, rows);
  return [
    markdown ? `### ${head}` : head,
    sizesText(sizes),
    table,
    notes.map((note) => (markdown ? `- ${note}` : note)).join("\n"),
  ]
    .filter((part) => part !== "")
    .join(markdown ? "\n\n" : "\n");
}

/** The ratios of all workloads: what it is all about. */
export function headlineText(outcomes: readonly Outcome[], markdown: boolean): string {
  const peers = [
    ...new Set(
      outcomes.flatMap(({ engines }) => engines.filter(({ engine }) => engine !== "ours").map(({ title }) => title)),
    ),
  ];
  const columns = [left("dlnb is"), right("steps/s"), ...peers.map(right), left("goal")];
  const rows = outcomes.map(({ workload, engines, goal }) => {
    const cell = (title: string): string => {
      const standing = engines.find((one) => one.title === title);
      return standing?.ratio ? times(standing.ratio.median) : standing?.failed ? "failed" : "";
    };
    const ours = engines.find(({ engine }) => engine === "ours");
    return [
      workload,
      significant(ours?.stepsPerSecond?.median),
      ...peers.map(cell),
      goal
        ? `${times(goal.factor)} the best of ${goal.against.split(/[, ]/)[0]}: ${goal.reached ? "reached" : "missed"}`
        : "",
    ];
  });
  return markdown ? markdownTable(columns, rows) : plainTable(columns, rows);
}

const times = (ratio: number): string => `${significant(ratio)} x`;

const milliseconds = (ms: number | null): string => (ms === null ? "" : `${significant(ms)} ms`);

/** "same", or for how long they are and by how much they differ then: rounding errors grow as training goes on. */
function lossesText(ours: readonly number[], theirs: readonly number[]): string {
  const largest = difference(ours, theirs);
  if (largest < SAME_LOSS) return "same";
  const same = ours.findIndex((_, i) => difference(ours.slice(0, i + 1), theirs) >= SAME_LOSS);
  return `${same > 0 ? `same for ${same} steps, then ` : ""}up to ${significant(100 * largest)} % apart`;
}

const stepText = ({ launches, flops, bytes }: Standing): string =>
  `a step of dlnb: ${launches} launches${flops ? `, ${significant(flops / 1e6)} Mflop` : ""}${bytes ? `, ${significant(bytes / 1e6)} MB moved` : ""}`;

const goalText = ({ goal }: Outcome): string =>
  goal
    ? `${significant(goal.ratio)} x ${goal.against}, the best it is measured against; goal ${goal.factor} x: ${goal.reached ? "reached" : "missed"}`
    : "";
