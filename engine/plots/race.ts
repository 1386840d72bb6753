import type { ChartHints, Columns } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { count, significant } from "./format.ts";
import { logAxis } from "./logAxis.ts";
import { definePlot, type Spec } from "./plot.ts";
import {
  MAP_WIDTH,
  type MapState,
  mapDatasets,
  mapHints,
  mapPanel,
  mapParams,
  mapTitle,
  reliefFloor,
} from "./surfaceMap.ts";
import { toySurface } from "./toySurface.ts";

/** Where one optimizer went. */
export interface RacePath {
  readonly name: string;
  /** Place and loss after 0, 1, ... updates. */
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly loss: ArrayLike<number>;
  /** Updates after which it stayed near a minimum; on a surface without one, left the drawing downhill. Null: never. */
  readonly reached: number | null;
  /** Updates after which loss or gradient was not finite. */
  readonly diverged: number | null;
  /** Its longest update, which it was, and the length of the one before it (0 for the first). */
  readonly longest: { readonly length: number; readonly step: number; readonly before: number };
  /** From its end to the nearest minimum; null when there is none. */
  readonly distance: number | null;
}

export interface RaceState extends MapState {
  readonly name: string;
  readonly formula: string;
  readonly steps: number;
  readonly paths: readonly RacePath[];
}

/** Points of all paths together, and of one path at least. */
const [MOST_POINTS, LEAST_POINTS] = [3600, 250];
const MOST_FRAMES = 200;
/** A race is played in about this long. */
const PLAY_SECONDS = 8;
/** Parameter: updates done. */
const FRAME = "frame";
/** Colours of a theme; further paths are dashed. */
const COLOURS = 6;
const LEGEND_ROW = 17;
/** Beyond the last update of a path. */
const FOREVER = 1e9;

const plot = definePlot<RaceState>({
  kind: "plot",
  summary: "Optimizers racing from one start on a surface of two parameters, to be scrubbed through.",

  title: (state) => {
    const { paths, steps, minima } = state;
    const order = ranked(paths);
    const [first, last] = [order[0], order.at(-1)];
    if (!first || !last) return `${state.name}: nobody races`;
    const goal = minima.length === 0 ? `the ${state.name}` : minima.length > 1 ? "a minimum" : "the minimum";
    const after = count(steps, "step");
    const thrown = order.find((path) => isThrown(path, state));
    const leap = thrown ? `; one step throws ${thrown.name} ${significant(thrown.longest.length)} away` : "";
    const winners = order.filter((path) => path.reached !== null && path.reached === first.reached);
    if (first.reached !== null) {
      const verb = `${minima.length ? "reach" : "leave"}${winners.length > 1 ? "" : minima.length ? "es" : "s"}`;
      const names = winners.map(({ name }) => name).join(" and ");
      const alone = paths.length === winners.length;
      const finding = `${names} ${verb} ${goal} ${alone ? "" : "first, "}after ${count(first.reached, "step")}`;
      if (alone || leap) return finding + leap;
      if (last.reached !== null) return `${finding}; ${last.name} last, after ${last.reached}`;
      return `${finding}; ${last.name} ${unfinished(last, state)}`;
    }
    if (first.diverged !== null) {
      if (first === last) return `${first.name} diverges at step ${first.diverged}`;
      return `all diverge, ${last.name} first, at step ${last.diverged}`;
    }
    const others = last.diverged === null ? leap : `; ${last.name} diverges at step ${last.diverged}`;
    if (minima.length === 0) {
      return `${first === last ? `${first.name} does not leave` : "nobody leaves"} ${goal} in ${after}${others}`;
    }
    if (first === last) return `${first.name} ${unfinished(first, state)}${leap}`;
    return `none reaches ${goal} in ${after}; ${first.name} ends nearest, ${significant(first.distance ?? Number.NaN)} away${others}`;
  },

  text: (state) => {
    const { name, formula, start, paths, steps } = state;
    const ends = paths.map((path, i) => `${path.name}: ${outcomes(state)[i]}`);
    return [
      `paths of ${count(paths.length, "optimizer")} on the surface ${name}, ${formula}, from (${start.map(significant).join(", ")}) over ${count(steps, "step")}`,
      ...ends,
    ].join("; ");
  },

  spec: (state) => {
    const frames = framesOf(state.steps);
    const best = ranked(state.paths)[0];
    const hints: ChartHints = {
      ...mapHints(state, best && { dataset: "best", x: "x", y: "y", z: "loss" }),
      scrub: {
        param: FRAME,
        label: "step",
        values: frames,
        start: frames.length - 1,
        perSecond: Math.max(4, Math.round(frames.length / PLAY_SECONDS)),
      },
    };
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints },
      params: [...mapParams(state), { name: FRAME, value: state.steps }],
      spacing: 12,
      vconcat: [legend(state), map(state), losses(state)],
    };
  },

  datasets: (state) => ({ ...mapDatasets(state), ...pathDatasets(state) }),

  example: () => {
    const { name, formula, grid, minima, start } = toySurface.example();
    const steps = 20;
    const path = (racer: string, fx: number, fy: number): RacePath => {
      const at = (s: number, f: number) => Array.from({ length: steps + 1 }, (_, i) => s * f ** i);
      const [x, y] = [at(start[0], fx), at(start[1], fy)];
      const loss = x.map((_, i) => ((x[i] ?? 0) ** 2 + 10 * (y[i] ?? 0) ** 2) / 2);
      const distance = Math.hypot(x[steps] ?? 0, y[steps] ?? 0);
      const longest = { length: Math.hypot(start[0] * (1 - fx), start[1] * (1 - fy)), step: 1, before: 0 };
      return { name: racer, x, y, loss, distance, longest, diverged: null, reached: distance < 0.1 ? 15 : null };
    };
    return { name, formula, grid, minima, start, steps, paths: [path("sgd", 0.95, -0.5), path("adam", 0.7, 0.6)] };
  },
});

/** What came of every path, in a few words each, in the order of the paths. */
const outcomes = ({ paths, minima }: RaceState): string[] =>
  paths.map(({ reached, diverged, distance, loss }) => {
    if (diverged !== null) return `diverged at step ${diverged}`;
    if (reached !== null) return minima.length ? count(reached, "step") : `left after ${reached}`;
    return distance === null ? `on it, loss ${significant(loss[loss.length - 1])}` : `${significant(distance)} away`;
  });

export const race = { ...plot, outcomes };

const unfinished = ({ diverged, distance }: RacePath, { steps }: RaceState): string => {
  if (diverged !== null) return `diverges at step ${diverged}`;
  if (distance === null) return `is still on it after ${steps}`;
  return `is still ${significant(distance)} away after ${steps}`;
};

/** Whether one update took it over more than half of the drawing, and was far longer than the one before. */
const isThrown = ({ longest, diverged, distance }: RacePath, { grid: { x, y } }: RaceState): boolean =>
  diverged === null &&
  distance !== null &&
  longest.step > 1 &&
  longest.length > Math.max(Math.hypot(x[1] - x[0], y[1] - y[0]) / 2, 5 * longest.before);

/** Best first: by arrival, then by distance or loss at the end; those that diverged last, the earliest at the very end. */
function ranked(paths: readonly RacePath[]): RacePath[] {
  const key = ({ reached, diverged, distance, loss }: RacePath): readonly [number, number] => {
    if (diverged !== null && reached === null) return [2, -diverged];
    return reached !== null ? [0, reached] : [1, distance ?? (loss[loss.length - 1] as number)];
  };
  return [...paths].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    return x[0] - y[0] || x[1] - y[1];
  });
}

function framesOf(steps: number): number[] {
  const stride = Math.ceil(steps / MOST_FRAMES);
  const frames = Array.from({ length: Math.floor(steps / stride) + 1 }, (_, i) => i * stride);
  return frames.at(-1) === steps ? frames : [...frames, steps];
}

const colour = ({ paths }: RaceState) => ({
  color: {
    field: "name",
    type: "nominal",
    sort: null,
    scale: { domain: paths.map(({ name }) => name), range: "category" },
    legend: null,
  },
});

const dashes = ({ paths }: RaceState) =>
  paths.length > COLOURS
    ? {
        strokeDash: {
          field: "dashed",
          type: "nominal",
          scale: {
            domain: [0, 1],
            range: [
              [1, 0],
              [5, 3],
            ],
          },
          legend: null,
        },
      }
    : {};

const legendColumns = ({ paths }: RaceState): number => (paths.length <= 4 ? 2 : 3);

/** Further paths than there are colours are dashed, and their dots square. */
const isDashed = (nth: number): 0 | 1 => (nth < COLOURS ? 0 : 1);

const shapes = ({ paths }: RaceState) =>
  paths.length > COLOURS
    ? {
        shape: {
          field: "dashed",
          type: "nominal",
          scale: { domain: [0, 1], range: ["circle", "square"] },
          legend: null,
        },
      }
    : {};

/** Names in their colours with what came of them: in the picture itself, so that it is there wherever the chart is drawn. */
function legend(state: RaceState): Spec {
  const columns = legendColumns(state);
  const rows = Math.ceil(state.paths.length / columns);
  const place = {
    x: { field: "column", type: "quantitative", scale: { domain: [0, columns], nice: false }, axis: null },
    y: { field: "row", type: "quantitative", scale: { domain: [rows - 0.5, -0.5], nice: false }, axis: null },
  };
  return {
    name: "racers",
    data: { name: "racers" },
    width: MAP_WIDTH,
    height: rows * LEGEND_ROW,
    layer: [
      {
        mark: { type: "point", shape: "circle", filled: true, size: 70, opacity: 1, xOffset: 6 },
        encoding: { ...place, ...colour(state), ...shapes(state) },
      },
      {
        mark: {
          type: "text",
          align: "left",
          baseline: "middle",
          dx: 16,
          limit: { expr: `width / ${columns} - 20` },
        },
        encoding: { ...place, text: { field: "label" } },
      },
    ],
  };
}

function map(state: RaceState): Spec {
  const { x, y } = state.grid;
  const place = (field: "x" | "y", domain: readonly [number, number]) => ({
    field,
    type: "quantitative",
    scale: { domain, nice: false, zero: false },
  });
  const at = { x: place("x", x), y: place("y", y) };
  const data = { name: "paths" };
  return mapPanel(state, mapTitle(state.name, state.formula), [
    {
      data,
      transform: [{ filter: `datum.step <= ${FRAME}` }],
      mark: { type: "line", strokeWidth: 2, opacity: 0.9, clip: true, aria: false },
      encoding: { ...at, ...colour(state), ...dashes(state), order: { field: "step" } },
    },
    {
      data,
      transform: [{ filter: `datum.step <= ${FRAME} && ${FRAME} < datum.until` }],
      mark: { type: "point", shape: "circle", filled: true, size: 90, opacity: 1, clip: true },
      encoding: { ...at, ...colour(state), ...shapes(state) },
    },
  ]);
}

function losses(state: RaceState): Spec {
  const { log, low, high } = heights(state);
  const data = { name: "paths" };
  const x = { field: "step", type: "quantitative", scale: { domain: [0, state.steps], nice: false } };
  const scale = { domain: [low, high], nice: false, ...(log ? { type: "log" } : { zero: false }) };
  const y = { field: "shown", type: "quantitative", scale };
  const axes = {
    x: { ...x, axis: { title: "step", tickMinStep: 1, grid: false } },
    y: { ...y, axis: { title: null, tickCount: 4, ...(log && logAxis([low, high])) } },
  };
  const line = (strokeWidth: number, opacity: number, past: boolean): Spec => ({
    data,
    ...(past && { transform: [{ filter: `datum.step <= ${FRAME}` }] }),
    mark: { type: "line", strokeWidth, opacity, clip: true },
    encoding: { ...axes, ...colour(state), ...dashes(state) },
  });
  return {
    name: "losses",
    title: { text: log ? "loss after each step, log scale" : "loss after each step", anchor: "start", frame: "group" },
    width: MAP_WIDTH,
    height: 110,
    layer: [
      line(1, 0.35, false),
      line(1.75, 1, true),
      {
        data: { name: "start" },
        mark: { type: "rule", opacity: 0.6, strokeWidth: 1 },
        encoding: { x: { ...axes.x, field: undefined, datum: { expr: FRAME } } },
      },
    ],
  };
}

/** Ends of the loss axis: what is drawn of the surface, not what a diverging path reaches. */
function heights({ grid, paths }: RaceState): { log: boolean; low: number; high: number } {
  const all = paths.flatMap(({ loss }) => Array.from(loss));
  const log = grid.values.every((value) => !(value < 0));
  const top = grid.values.reduce((a, b) => Math.max(a, b), -Infinity);
  const begin = Math.max(...paths.map(({ loss }) => loss[0] as number));
  const most = all.reduce((a, b) => Math.max(a, b), begin);
  const high = Math.max(begin, Math.min(most, Math.max(top, log ? 1000 * begin : top)));
  if (log) {
    const positive = all.filter((v) => v > 0).reduce((a, b) => Math.min(a, b), begin);
    return { log, low: Math.max(positive, begin * 1e-10), high: high * 1.2 };
  }
  const bottom = grid.values.reduce((a, b) => Math.min(a, b), Infinity);
  return {
    log,
    low: Math.max(
      bottom,
      all.reduce((a, b) => Math.min(a, b), begin),
    ),
    high,
  };
}

/** A place, brought nearer along its direction where it lies far outside of the drawing: pictures hold no numbers of any size. */
function within({ x: [left, right], y: [bottom, top] }: MapState["grid"], x: number, y: number) {
  const [cx, cy] = [(left + right) / 2, (bottom + top) / 2];
  const far = Math.hypot((x - cx) / (right - left), (y - cy) / (top - bottom));
  const share = Math.min(1, 20 / far);
  return { x: cx + (x - cx) * share, y: cy + (y - cy) * share };
}

/** At most about `most` steps of a path: some at equal distances in time, others wherever it has moved on. */
function shownSteps({ x, y }: RacePath, { x: wide, y: high }: MapState["grid"], most: number): number[] {
  const last = x.length - 1;
  const stride = Math.max(1, Math.ceil((2 * last) / most));
  const moved = (i: number, j: number) =>
    Math.hypot(
      ((x[i] as number) - (x[j] as number)) / (wide[1] - wide[0]),
      ((y[i] as number) - (y[j] as number)) / (high[1] - high[0]),
    );
  for (let least = stride === 1 ? 0 : 1 / 400; ; least *= 2) {
    const kept = [0];
    for (let i = 1; i <= last; i++) {
      if (i === last || i % stride === 0 || moved(i, kept.at(-1) as number) > least) kept.push(i);
    }
    if (kept.length <= most + 2) return kept;
  }
}

function pathDatasets(state: RaceState): Record<string, Columns> {
  const { paths } = state;
  const { log, low } = heights(state);
  const most = Math.max(LEAST_POINTS, Math.floor(MOST_POINTS / paths.length));
  const rows = paths.flatMap((path, nth) => {
    const kept = shownSteps(path, state.grid, most);
    return kept.map((step, i) => {
      const loss = path.loss[step] as number;
      return {
        step,
        until: kept[i + 1] ?? FOREVER,
        ...within(state.grid, path.x[step] as number, path.y[step] as number),
        loss,
        shown: log ? Math.max(loss, low) : loss,
        dashed: isDashed(nth),
        name: path.name,
      };
    });
  });
  const column = (key: Exclude<keyof (typeof rows)[number], "name">) => rows.map((row) => row[key]);
  const numbers = ["step", "until", "x", "y", "shown", "dashed"] as const;
  const best = ranked(paths)[0];
  const columns = legendColumns(state);
  const { x, y } = state.grid;
  const floor = reliefFloor(state.grid);
  const seen = rows.filter(
    (row) => row.name === best?.name && row.x >= x[0] && row.x <= x[1] && row.y >= y[0] && row.y <= y[1],
  );
  return {
    paths: {
      ...encodeColumns(Object.fromEntries(numbers.map((key) => [key, column(key)]))),
      name: { text: rows.map(({ name }) => name) },
    },
    racers: {
      ...encodeColumns({
        column: paths.map((_, i) => i % columns),
        row: paths.map((_, i) => Math.floor(i / columns)),
        dashed: paths.map((_, i) => isDashed(i)),
      }),
      name: { text: paths.map(({ name }) => name) },
      label: { text: outcomes(state).map((outcome, i) => `${paths[i]?.name}: ${outcome}`) },
    },
    best: encodeColumns({
      x: seen.map((row) => row.x),
      y: seen.map((row) => row.y),
      loss: seen.map((row) => Math.max(row.loss, floor)),
    }),
  };
}
