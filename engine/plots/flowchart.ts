import type { Action, ChartHints } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { definePlot, type Spec } from "./plot.ts";

/** A question of the chart and its answer in the run at hand. */
export interface FlowQuestion {
  /** "Training error high?" */
  readonly question: string;
  /** The run's own numbers: "12 %, 2 % can be reached". */
  readonly numbers: string;
  /** Null when it was not reached or cannot be told. */
  readonly answer: "yes" | "no" | null;
  /** What it is called when the answer is yes, and what to do then. */
  readonly verdict: string;
  readonly advice: readonly string[];
}

export interface FlowchartState {
  readonly name: string;
  readonly questions: readonly FlowQuestion[];
  /** Index of the question with the first yes; the number of questions when all are no; null when one cannot be told. */
  readonly ends: number | null;
  /** The finding in one line. */
  readonly finding: string;
  readonly actions: readonly Action[];
}

const [WIDTH, LEFT, RIGHT, BOX, GAP, DONE] = [600, 250, 320, 84, 34, 44];

export const flowchartPlot = definePlot<FlowchartState>({
  kind: "plot",
  summary: "The applied bias-variance flow chart, with the path of one run lit by its own numbers.",

  title: ({ name, finding }) => `${name}: ${finding}`,

  text: ({ questions, ends }) => {
    const asked = questions.map(
      ({ question, numbers, answer, verdict, advice }) =>
        `${question} ${numbers}: ${answer ?? "not asked"}${answer === "yes" ? `, so ${verdict}: ${advice.join(", ")}` : ""}`,
    );
    return [...asked, ...(ends === questions.length ? ["Done"] : [])].join(". ");
  },

  spec: ({ questions, actions }) => {
    const hints: ChartHints = actions.length > 0 ? { actions } : {};
    const height = questions.length * (BOX + GAP) + DONE;
    const x = (field: string): Spec => ({
      field,
      type: "quantitative",
      scale: { domain: [0, WIDTH], nice: false },
      axis: null,
    });
    const y = (field: string): Spec => ({
      field,
      type: "quantitative",
      scale: { domain: [0, height], nice: false, reverse: true },
      axis: null,
    });
    const lit = { condition: { test: "datum.lit === 1", value: 1 }, value: 0.5 };
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints },
      width: WIDTH,
      height,
      view: { stroke: null },
      layer: [
        {
          data: { name: "boxes" },
          mark: { type: "rect", cornerRadius: 5 },
          encoding: {
            x: x("x"),
            x2: { field: "x2" },
            y: y("y"),
            y2: { field: "y2" },
            fillOpacity: { field: "weight", type: "quantitative", scale: null, legend: null },
          },
        },
        {
          data: { name: "arrows" },
          mark: { type: "rule" },
          encoding: {
            x: x("x"),
            x2: { field: "x2" },
            y: y("y"),
            y2: { field: "y2" },
            strokeWidth: { condition: { test: "datum.lit === 1", value: 3 }, value: 1 },
            opacity: lit,
          },
        },
        {
          data: { name: "heads" },
          mark: { type: "point", filled: true, size: 90 },
          encoding: {
            x: x("x"),
            y: y("y"),
            shape: {
              field: "way",
              type: "nominal",
              scale: { domain: ["right", "down"], range: ["triangle-right", "triangle-down"] },
              legend: null,
            },
            opacity: lit,
          },
        },
        ...(["title", "line", "answer"] as const).map((kind) => ({
          data: { name: "lines" },
          transform: [{ filter: `datum.kind === '${kind}'` }],
          mark: {
            type: "text",
            align: "left",
            baseline: "middle",
            ...(kind === "title" ? { size: 13 } : { size: 11 }),
          },
          encoding: { x: x("x"), y: y("y"), text: { field: "text" }, opacity: lit },
        })),
      ],
    };
  },

  datasets: ({ questions, ends }) => {
    const boxes: { x: number; x2: number; y: number; y2: number; weight: number }[] = [];
    const arrows: { x: number; x2: number; y: number; y2: number; lit: number }[] = [];
    const heads: { x: number; y: number; lit: number; way: string }[] = [];
    const lines: { x: number; y: number; text: string; kind: string; lit: number }[] = [];
    const reached = (i: number) => ends === null || i <= ends;
    for (const [i, { question, numbers, answer, verdict, advice }] of questions.entries()) {
      const top = i * (BOX + GAP);
      const middle = top + BOX / 2;
      const [asked, yes, no] = [Number(reached(i)), Number(answer === "yes"), Number(answer === "no")];
      boxes.push({ x: 0, x2: LEFT, y: top, y2: top + BOX, weight: asked ? 0.22 : 0.07 });
      boxes.push({ x: RIGHT, x2: WIDTH, y: top, y2: top + BOX, weight: yes ? 0.4 : 0.07 });
      arrows.push({ x: LEFT, x2: RIGHT - 8, y: middle, y2: middle, lit: yes });
      heads.push({ x: RIGHT - 7, y: middle, lit: yes, way: "right" });
      const down = { x: LEFT / 2, x2: LEFT / 2, y: top + BOX, y2: top + BOX + GAP - 8, lit: no };
      arrows.push(down);
      heads.push({ x: LEFT / 2, y: top + BOX + GAP - 7, lit: no, way: "down" });
      lines.push({ x: 12, y: top + 20, text: question, kind: "title", lit: asked });
      for (const [k, text] of wrapped(numbers, 38).entries())
        lines.push({ x: 12, y: top + 42 + 15 * k, text, kind: "line", lit: asked });
      lines.push({ x: LEFT + 18, y: middle - 10, text: "yes", kind: "answer", lit: yes });
      lines.push({ x: LEFT / 2 + 10, y: top + BOX + GAP / 2 - 4, text: "no", kind: "answer", lit: no });
      lines.push({ x: RIGHT + 12, y: top + 18, text: verdict, kind: "title", lit: yes });
      for (const [k, text] of advice.slice(0, 3).entries())
        lines.push({ x: RIGHT + 12, y: top + 37 + 15 * k, text: `${k + 1}. ${text}`, kind: "line", lit: yes });
    }
    const bottom = questions.length * (BOX + GAP);
    const done = Number(ends === questions.length);
    boxes.push({ x: 0, x2: LEFT, y: bottom, y2: bottom + DONE, weight: done ? 0.4 : 0.07 });
    lines.push({ x: 12, y: bottom + DONE / 2, text: "Done: as good as it was to be", kind: "title", lit: done });
    const numbers = <R extends Record<string, number | string>>(
      rows: readonly R[],
      names: readonly (keyof R & string)[],
    ) => encodeColumns(Object.fromEntries(names.map((name) => [name, rows.map((row) => Number(row[name]))])));
    return {
      boxes: numbers(boxes, ["x", "x2", "y", "y2", "weight"]),
      arrows: numbers(arrows, ["x", "x2", "y", "y2", "lit"]),
      heads: { ...numbers(heads, ["x", "y", "lit"]), way: { text: heads.map(({ way }) => way) } },
      lines: {
        ...numbers(lines, ["x", "y", "lit"]),
        text: { text: lines.map(({ text }) => text) },
        kind: { text: lines.map(({ kind }) => kind) },
      },
    };
  },

  example: () => ({
    name: "example",
    finding: "variance is what to work on: validation error is 9 points above training error",
    ends: 1,
    actions: [],
    questions: [
      {
        question: "Training error high?",
        numbers: "1 %, 2 % can be reached",
        answer: "no",
        verdict: "Bias",
        advice: ["a larger network", "train longer", "another architecture"],
      },
      {
        question: "Validation error high?",
        numbers: "10 %, 1 % in training",
        answer: "yes",
        verdict: "Variance",
        advice: ["more training data", "regularize", "a smaller network"],
      },
      {
        question: "Test error high?",
        numbers: "not asked",
        answer: null,
        verdict: "Fitted to validation",
        advice: ["more validation data"],
      },
    ],
  }),
});

/** Words in lines of so many letters at most. */
function wrapped(text: string, length: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < length) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
