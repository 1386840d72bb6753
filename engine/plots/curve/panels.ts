import { controlLayers } from "../controlMarks.ts";
import type { Spec } from "../plot.ts";
import { type CurveState, END, VIEW } from "./state.ts";

const LOSS_HEIGHT = 220;
/** Above this many epochs the points would touch. */
const MAX_POINTS = 60;
const VALUES = `${VIEW} === 'value'`;
const CHANGES = `${VIEW} === 'change'`;

/** Rates span many magnitudes and their axis is narrow. */
const SHORT = "datum.value == 0 || datum.value >= 0.01 ? format(datum.value, '~g') : format(datum.value, '.2~e')";

/** A layer that one of the two views alone has. */
const seen = (view: string, layer: Spec): Spec => ({ transform: [{ filter: view }], ...layer });

export function lossPanel(state: CurveState): Spec {
  const loss = (field: string, extra: Spec = {}) => y(field, { scale: { type: "linear", zero: false }, ...extra });
  const train = { data: { name: "train" } };
  const epochs = { data: { name: "epochs" } };
  const values: Spec[] = [
    { ...train, mark: { type: "area", opacity: 0.18 }, encoding: { ...loss("low"), y2: { field: "high" }, ...TRAIN } },
    { ...train, mark: { type: "line", strokeWidth: 1, opacity: 0.35 }, encoding: { ...loss("loss"), ...TRAIN } },
    { ...train, mark: { type: "line", strokeWidth: 2 }, encoding: { ...loss("smoothed"), ...TRAIN } },
    ...(state.validation
      ? [
          // the gap: how far validation lies above training
          {
            ...epochs,
            mark: { type: "area", opacity: 0.12 },
            encoding: { ...loss("trainLoss"), y2: { field: "upper" }, ...VALIDATION },
          },
          { ...epochs, mark: pointed(state), encoding: { ...loss("validLoss"), ...VALIDATION } },
          ...(state.averaged ? [{ ...epochs, mark: DASHED, encoding: { ...loss("averagedLoss"), ...AVERAGED } }] : []),
          {
            data: { name: "best" },
            mark: { type: "rule", strokeDash: [2, 3], opacity: 0.7 },
            encoding: VALIDATION,
          },
          {
            data: { name: "best" },
            mark: { type: "point", filled: false, size: 110, strokeWidth: 2 },
            encoding: { ...loss("loss"), ...VALIDATION },
          },
          {
            data: { name: "best" },
            mark: beside("'lowest: ' + format(datum.loss, '.3~r') + ', epoch ' + datum.epoch"),
            encoding: { y: { value: 2 } },
          },
        ]
      : []),
  ];
  return panel("losses", "loss", LOSS_HEIGHT, state, false, [
    { name: "loss", layer: values.map((layer) => seen(VALUES, layer)) },
    ...changed(state, "Loss"),
    ...rateRules(),
    ...controlLayers(END, LOSS_HEIGHT),
  ]);
}

/** Text beside a rule, on the side that has room. */
const beside = (text: string): Spec => ({
  type: "text",
  baseline: "top",
  align: { expr: `datum.step > ${END} / 2 ? 'right' : 'left'` },
  dx: { expr: `datum.step > ${END} / 2 ? -6 : 6` },
  text: { expr: text },
});

/** How much a figure of the epochs changed since the epoch before. */
function changed(state: CurveState, figure: "Loss" | 0 | 1 | 2): Spec[] {
  const data = { name: "epochs" };
  // the axis and its scale, which may be logarithmic, are those of the values
  const change = (part: "train" | "valid") => ({
    y: { field: `${part}${figure}Change`, type: "quantitative", title: null },
  });
  const layers: Spec[] = [
    { data, mark: { type: "line", strokeWidth: 1.5 }, encoding: { ...change("train"), ...TRAIN } },
    ...(state.validation ? [{ data, mark: pointed(state), encoding: { ...change("valid"), ...VALIDATION } }] : []),
  ];
  return layers.map((layer) => seen(CHANGES, layer));
}

/** Where the rate fell at once or a schedule began anew. */
function rateRules(): Spec[] {
  const data = { name: "rateMarks" };
  const number = (field: string, title: string) => ({ field, type: "quantitative", title, format: ".3~g" });
  const tooltip = [
    { field: "step", type: "quantitative", title: "step", format: "," },
    number("from", "rate before"),
    number("to", "rate after"),
    number("before", "training loss before"),
    number("after", "training loss at the end of what follows"),
    { field: "cause", type: "nominal", title: "because" },
  ];
  return [{ data, mark: { type: "rule", strokeWidth: 1, opacity: 0.55, strokeDash: [6, 3] }, encoding: { tooltip } }];
}

export function metricPanel(state: CurveState, { name, better }: CurveState["metrics"][number], index: number): Spec {
  const data = { name: "epochs" };
  const metric = (field: string) => y(field, { scale: { type: "linear", zero: false } });
  const best = { data: { name: "bestMetrics" } };
  const own = { filter: `${VALUES} && datum.metric === ${index}` };
  return panel(`metric${index}`, name, 110, state, false, [
    seen(VALUES, {
      data,
      mark: { type: "line", strokeWidth: 1.5 },
      encoding: { ...metric(`train${index}`), ...TRAIN },
    }),
    ...(state.validation
      ? [
          seen(VALUES, { data, mark: pointed(state), encoding: { ...metric(`valid${index}`), ...VALIDATION } }),
          ...(state.averaged
            ? [seen(VALUES, { data, mark: DASHED, encoding: { ...metric(`averaged${index}`), ...AVERAGED } })]
            : []),
          {
            ...best,
            transform: [own],
            mark: { type: "rule", strokeDash: [2, 3], opacity: 0.7 },
            encoding: VALIDATION,
          },
          {
            ...best,
            transform: [own],
            mark: { type: "point", filled: false, size: 110, strokeWidth: 2 },
            encoding: { ...metric("value"), ...VALIDATION },
          },
          {
            ...best,
            transform: [own],
            mark: beside(
              `'${better === "higher" ? "highest" : "lowest"}: ' + format(datum.value, '.3~r') + ', epoch ' + datum.epoch`,
            ),
            // at the end of the panel where the curve is not
            encoding: { y: { value: better === "higher" ? 96 : 2 } },
          },
        ]
      : []),
    ...changed(state, index as 0 | 1 | 2),
  ]);
}

/** Something that moves beside the rate, step by step. */
export function movingPanel(state: CurveState, field: "penalty" | "momentum" | "clipped", title: string): Spec {
  const scale = field === "clipped" ? { type: "linear", domain: [0, 1] } : { type: "linear", zero: false };
  const axis = field === "clipped" ? { tickCount: 2, format: "%" } : { tickCount: 3 };
  return panel(field, title, 44, state, false, [
    { data: { name: "train" }, mark: { type: "line", strokeWidth: 1.5 }, encoding: y(field, { scale, axis }) },
  ]);
}

export function lrPanel(state: CurveState): Spec {
  const lr = y("lr", { scale: { type: "linear", zero: true }, axis: { tickCount: 3, labelExpr: SHORT } });
  return panel("lr", "learning rate", 56, state, true, [
    { data: { name: "train" }, mark: { type: "line", strokeWidth: 1.5 }, encoding: lr },
    {
      data: { name: "rateMarks" },
      // where the line is not: above a rate that fell, below one that rose
      mark: { type: "text", align: "left", baseline: "middle", dx: 5 },
      encoding: {
        y: { value: { expr: "datum.to < datum.from ? 10 : 46" } },
        text: { field: "label", type: "nominal" },
      },
    },
  ]);
}

function panel(name: string, title: string, height: number, state: CurveState, bottom: boolean, layer: Spec[]): Spec {
  const { steps, stepsPerEpoch } = state;
  const step = stepsPerEpoch > 1 ? `step (${stepsPerEpoch.toLocaleString("en-US")} per epoch)` : "step";
  return {
    name,
    title: { text: title, anchor: "start", frame: "group" },
    width: 600,
    height,
    encoding: {
      x: {
        field: "step",
        type: "quantitative",
        scale: { domainMin: 0, domainMax: { expr: END }, nice: false },
        axis: bottom
          ? {
              title: step,
              labelExpr: steps < 10_000 ? "format(datum.value, ',')" : "format(datum.value, '~s')",
              tickMinStep: 1,
              tickCount: { expr: "ceil(width / 80)" },
            }
          : { title: null, labels: false, ticks: false, tickCount: { expr: "ceil(width / 80)" } },
      },
    },
    layer,
  };
}

function y(field: string, { axis, ...rest }: { scale?: Spec; axis?: Spec } = {}): Record<"y", Spec> {
  return {
    y: { field, type: "quantitative", title: null, axis: { tickCount: 4, labelExpr: LARGE, ...axis }, ...rest },
  };
}

function pointed({ epochs }: CurveState): Spec {
  return {
    type: "line",
    strokeWidth: 2,
    point: epochs > 0 && epochs <= MAX_POINTS ? { size: 28, filled: true } : false,
  };
}

const DASHED = { type: "line", strokeWidth: 2, strokeDash: [7, 4] };

const series = (datum: string, domain: readonly string[] = ["train", "validation"]) => ({
  color: {
    datum,
    scale: { domain, range: "category" },
    legend: { title: null, orient: "top", symbolOpacity: 1 },
  },
});
const TRAIN = series("train");
const VALIDATION = series("validation");
/** Averaged weights, dashed: their legend stands beside the others' only where there are any. */
const AVERAGED = series("averaged weights", ["train", "validation", "averaged weights"]);

/** Numbers as the axis writes them, but for those that its room would cut: 100k. */
const LARGE = "abs(datum.value) >= 1e5 ? format(datum.value, '~s') : datum.label";
