import { encodeColumns } from "../../engine/plots/index.ts";
import type { Action, Chart, ChartHints, Findings, Gallery } from "../../engine/protocol/index.ts";

const quantitative = (field: string, more: object = {}) => ({ field, type: "quantitative", ...more });

export const insertRate: Action = {
  label: "Insert 3.2e-3",
  title: "Put 3.2e-3 where the rate is",
  do: { kind: "set-option", options: ["lr"], value: 3.2e-3, experiment: "exp" },
};

function chart(id: string, spec: object, hints: ChartHints, rows: Record<string, number[] | string[]>): Chart {
  const columns = Object.entries(rows).map(([name, column]) => {
    const [text] = column.filter((value) => typeof value === "string");
    return [name, text === undefined ? encodeColumns({ c: column as number[] }).c : { text: column as string[] }];
  });
  return {
    id,
    title: `chart ${id}`,
    kind: "plot",
    spec: { usermeta: { dlnb: hints }, data: { name: "d" }, ...spec },
    datasets: { d: Object.fromEntries(columns) },
    live: false,
    text: `text of ${id}`,
  };
}

const linked = {
  params: [{ name: "on", value: null }],
  opacity: { condition: { test: "on === null || datum.layer === on", value: 1 }, value: 0.2 },
};

/** One line per layer, each ten times lower than the one before; linked by `layer`. */
export function norms(id: string, layers: number, hints: ChartHints = {}): Chart {
  const at = Array.from({ length: layers * 20 }, (_, i) => ({ layer: Math.floor(i / 20), step: (i % 20) * 10 }));
  const { params, opacity } = linked;
  return chart(
    id,
    {
      width: 600,
      height: 160,
      params,
      mark: "line",
      encoding: {
        x: quantitative("step"),
        y: quantitative("norm", { scale: { type: "log" } }),
        color: { field: "layer", type: "ordinal" },
        opacity,
        tooltip: [{ field: "layer" }, quantitative("step"), quantitative("norm")],
      },
    },
    { link: { field: "layer", param: "on" }, ...hints },
    {
      layer: at.map(({ layer }) => `${layer}.relu`),
      step: at.map(({ step }) => step),
      norm: at.map(({ layer, step }) => 10 ** -layer * Math.exp(-step / 90.123)),
    },
  );
}

/** A heat map of layers over steps, as activations over time. */
export function activations(id: string, layers: number, columns: number): Chart {
  const at = Array.from({ length: layers * columns }, (_, i) => [Math.floor(i / columns), i % columns] as const);
  const { params, opacity } = linked;
  return chart(
    id,
    {
      width: 600,
      height: 300,
      params,
      mark: "rect",
      encoding: {
        x: quantitative("step", { scale: { nice: false } }),
        x2: { field: "end" },
        y: { field: "layer", type: "ordinal", sort: null },
        color: quantitative("std"),
        opacity,
        tooltip: [{ field: "layer" }, quantitative("std")],
      },
    },
    { link: { field: "layer", param: "on" } },
    {
      layer: at.map(([layer]) => `${layer}.relu`),
      step: at.map(([, column]) => column * 10),
      end: at.map(([, column]) => column * 10 + 10),
      std: at.map(([layer, column]) => Math.exp(-layer / 40) * (1.123456 + Math.sin(column / 20))),
    },
  );
}

/** A bowl of 51 x 51 heights and a way down into it. */
export function landscape(id: string): Chart {
  const n = 51;
  const at = Array.from({ length: n * n }, (_, k) => [
    (2 * (k % n)) / (n - 1) - 1,
    (2 * Math.floor(k / n)) / (n - 1) - 1,
  ]);
  const height = (x = 0, y = 0) => 0.1 + 3 * x * x + y * y + 0.4 * Math.sin(5 * x) * y;
  const way = Array.from({ length: 30 }, (_, i) => [0.9 * 0.85 ** i, 0.8 * 0.9 ** i]);
  const bowl = chart(
    id,
    {
      width: 300,
      height: 300,
      params: [{ name: "upto", value: 290 }],
      data: undefined,
      layer: [
        {
          data: { name: "d" },
          mark: { type: "point", filled: true, size: 20 },
          encoding: { x: quantitative("x"), y: quantitative("y"), color: quantitative("loss") },
        },
        {
          data: { name: "path" },
          transform: [{ filter: "datum.step <= upto" }],
          mark: "point",
          encoding: { x: quantitative("x"), y: quantitative("y") },
        },
      ],
    },
    {
      surface: {
        dataset: "d",
        x: "x",
        y: "y",
        z: "loss",
        labels: { x: "direction 1", y: "direction 2", z: "loss" },
        log: true,
        path: { dataset: "path", x: "x", y: "y", z: "loss" },
      },
      scrub: { param: "upto", label: "step", values: way.map((_, i) => 10 * i), start: 29, perSecond: 40 },
    },
    { x: at.map(([x = 0]) => x), y: at.map(([, y = 0]) => y), loss: at.map(([x, y]) => height(x, y)) },
  );
  const path = {
    x: way.map(([x = 0]) => x),
    y: way.map(([, y = 0]) => y),
    loss: way.map(([x, y]) => height(x, y)),
    step: way.map((_, i) => 10 * i),
  };
  return { ...bowl, datasets: { ...bowl.datasets, path: encodeColumns(path) } };
}

/** Four plots beside each other, together wider than a narrow pane. */
export function beside(id: string): Chart {
  const { spec, datasets, ...rest } = norms(id, 3);
  const { encoding } = spec as { encoding: object };
  const { data, params } = spec;
  const part = { width: 150, height: 100, mark: "point", encoding };
  return { ...rest, datasets, spec: { data, params, usermeta: spec.usermeta, hconcat: [part, part, part, part] } };
}

export const findings: Findings = {
  id: "f",
  title: "1 error and 1 warning in 3 checks",
  findings: [
    { rule: "initial-loss", severity: "pass", title: "initial loss is ln 10", saw: "2.31", why: "", tries: [] },
    {
      rule: "dead-relu",
      severity: "warning",
      title: "dead units in 1.relu <b>",
      saw: "43 % of 128 units",
      why: "a dead unit has no gradient",
      tries: [{ text: "leakyRelu" }],
    },
    {
      rule: "lr-too-high",
      severity: "error",
      title: "the learning rate is too high",
      saw: "the loss rose to 41.7",
      why: "steps overshoot",
      tries: [{ text: "3.2e-3, which the finder suggests", action: insertRate }],
      mark: 1,
      paper: "Smith 2017",
    },
  ],
};

/** Two grey pictures, the second with warmth over its first pixel. */
export const gallery: Gallery = {
  id: "g",
  title: "2 mistakes",
  text: "two pictures",
  pictures: [0, 255].map((heat) => ({
    caption: `7, not 1 (${heat})`,
    detail: `predicted 1 with <i>98 %</i>`,
    width: 8,
    height: 8,
    channels: 1,
    pixels: Buffer.alloc(64, 100).toString("base64"),
    ...(heat > 0 ? { heat: Buffer.from([heat, ...Buffer.alloc(63)]).toString("base64") } : {}),
  })),
};
