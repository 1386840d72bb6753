import { count } from "../plots/format.ts";
import { overlayPlot } from "../plots/overlay.ts";
import type { ComparedGroup, ComparedRuns, CompareView, ParallelAxis, RunFacts } from "../protocol/index.ts";
import { type Comparison, compareGroups, type Figure, figureKeys, figureOf, type RunGroup } from "./comparison.ts";
import { configRows, shownLeaf } from "./config.ts";
import { isBeyondNoise } from "./difference.ts";
import { eachAlone, groupBySeed, groupBySetting, groupingsOf } from "./groups.ts";
import { linesOf } from "./lines.ts";
import { parallelAxes } from "./parallel.ts";
import { tableColumns } from "./table.ts";
import { intervalOf, spreadOf, verdictOf } from "./words.ts";

/** What a chart can show that runs are not ranked by. */
const OTHERS = { lr: "learning rate", gradientNorm: "gradient norm" } as const;

/** Rows of settings that a page is given. */
const MOST_SETTINGS = 1000;

/** All that a page shows of runs beside each other. `id` is the chart's. Throws nothing for runs of whatever origin. */
export function comparedRuns(id: string, runs: readonly RunFacts[], view: CompareView): ComparedRuns {
  const keys = figureKeys(runs);
  const figures = [
    ...keys.map((key) => ({ key, label: key })),
    ...Object.entries(OTHERS).map(([key, label]) => ({ key, label })),
  ];
  const main = figureOf(runs, view.figure !== null && keys.includes(view.figure) ? view.figure : null);
  const shown = figures.find(({ key }) => key === view.figure) ?? { key: main.key, label: main.key };
  const groupings = groupingsOf(runs);
  const by = view.groupBy !== null && groupings.includes(view.groupBy) ? view.groupBy : null;
  const groups = by !== null ? groupBySetting(runs, by) : view.bands ? groupBySeed(runs) : eachAlone(runs);
  const parallel = parallelAxes(runs, main);
  const within = runs.map((_, place) => isWithin(parallel ?? [], place, view.brush));
  const brushed = new Set(runs.filter((_, place) => within[place]));
  const found = compareGroups(groups, main);
  const ranking = found.groups.map(({ label }) => groups.findIndex((group) => group.label === label));
  const hidden = (label: string) => view.hidden.includes(label);
  const ranked = ranking.map((place) => ({ place, ...(groups[place] as RunGroup) }));
  const lines = linesOf(
    ranked
      .filter(({ label }) => !hidden(label))
      .map((group) => ({ ...group, runs: group.runs.filter((run) => brushed.has(run)) }))
      .filter(({ runs: own }) => own.length > 0),
    shown.key,
    view,
  );
  const columns = tableColumns(runs, main);
  const labels = groups.map(({ label }) => label);
  const state = { figure: shown.label, x: view.x, labels, lines, verdict: verdictOf(found) };
  return {
    verdict: state.verdict,
    notes: [
      ...(brushed.size < runs.length
        ? [
            `curves and table: ${brushed.size} of ${count(runs.length, "run")}, as selected on the axes; the ranking is of all`,
          ]
        : []),
      ...groupNotes(groups, by),
      ...notesOf(runs, main, groups),
    ],
    figure: shown.key,
    figures,
    chart: overlayPlot.chart(
      id,
      state,
      runs.some(({ live }) => live),
    ),
    groups: groups.map(
      (group, place): ComparedGroup => ({
        label: group.label,
        runs: group.runs.map((run) => runs.indexOf(run)),
        hidden: hidden(group.label),
        ...standing(found, ranking.indexOf(place)),
      }),
    ),
    ranking,
    runs: runs.map((run, i) => ({
      key: run.key,
      name: run.name,
      group: groups.findIndex(({ runs: own }) => own.includes(run)),
      live: run.live,
      within: within[i] === true,
      cells: columns.map(({ values }) => values[i] ?? null),
    })),
    columns: columns.map(({ values: _, ...column }) => column),
    config: settings(groups),
    parallel,
    groupings,
  };
}

/** Whether a run is in all ranges; one without a value of an axis is in none of it. */
const isWithin = (axes: readonly ParallelAxis[], place: number, brush: CompareView["brush"]): boolean =>
  brush.every(({ label, low, high }) => {
    const axis = axes.find((one) => one.label === label);
    const value = axis?.values[place];
    return axis === undefined || (typeof value === "number" && value >= low && value <= high);
  });

/** What has to be known of groups to read their intervals. */
function groupNotes(groups: readonly RunGroup[], by: string | null): string[] {
  const others =
    by === null
      ? []
      : configRows(groups.flatMap(({ runs }) => (runs.length > 1 ? runs.map(({ config }) => config) : [])))
          .filter(({ differs, path }) => differs && path !== "seed" && path !== by && !path.startsWith(`${by}.`))
          .map(({ path }) => path);
  const pairs = (groups.length * (groups.length - 1)) / 2;
  return [
    ...(others.length > 0
      ? [
          `grouped by ${by}: runs of a group differ in ${others.slice(0, 3).join(", ")}${others.length > 3 ? ` and ${others.length - 3} more` : ""} too, so that their spread is not that of seeds alone`,
        ]
      : []),
    ...(pairs > 1
      ? [
          `what groups are behind the best by holds at 95 % for all ${pairs} pairs together (Bonferroni), as the best was picked after looking`,
        ]
      : []),
  ];
}

function standing({ groups }: Comparison, i: number): { ends: string; behind: string } {
  const group = groups[i];
  if (!group) return { ends: "", behind: "" };
  const several = groups.some(({ finals }) => finals.length > 1);
  const ends = `${spreadOf(group)}${several ? `, ${count(group.finals.length, "run")}` : ""}`;
  const { behind } = group;
  if (!behind) return { ends, behind: "" };
  return { ends, behind: `${intervalOf(behind)}${isBeyondNoise(behind) ? "" : ", within noise"}` };
}

/** Settings by group: of runs that differ in their seed alone, all seeds. */
function settings(groups: readonly RunGroup[]): ComparedRuns["config"] {
  const rows = configRows(groups.map(({ runs }) => runs[0]?.config ?? {}));
  return rows.slice(0, MOST_SETTINGS).map(({ path, group, values, differs }) => {
    if (path !== "seed") {
      return { path, group, differs, values: values.map((value) => (value === undefined ? null : shownLeaf(value))) };
    }
    const seeds = groups.map(({ runs }) => runs.map(({ config }) => String(config.seed)).join(", "));
    return { path, group, differs: new Set(seeds).size > 1, values: seeds };
  });
}

/** What keeps figures from being comparable. */
function notesOf(runs: readonly RunFacts[], { part, name, key }: Figure, groups: readonly RunGroup[]): string[] {
  const sizes = new Set(runs.map(({ config }) => (config.data as { valid?: unknown } | undefined)?.valid));
  const losses = new Set(runs.map(({ config }) => JSON.stringify(config.loss ?? null)));
  const broken = runs.filter((run) => run.broken).length;
  const live = runs.filter((run) => run.live).length;
  return [
    ...(part === "valid" && sizes.size > 1
      ? ["validation sets differ in size: figures are of different examples"]
      : []),
    ...(key === "loss" && losses.size > 1 ? [`losses differ: ${name} is not the same measure in all runs`] : []),
    ...(broken > 0
      ? [`${count(broken, "run")} ended with a value that is not finite and ${broken === 1 ? "is" : "are"} left out`]
      : []),
    ...(live > 0 ? [`${count(live, "run")} still ${live === 1 ? "trains" : "train"}: figures are those by now`] : []),
    ...(groups.length === 1 && runs.length > 1 ? ["all runs differ in their seed alone"] : []),
  ];
}
