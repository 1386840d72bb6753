import type { Dataset } from "../../data/index.ts";
import { ConfigError, didYouMean } from "../../errors/index.ts";
import { int, optional, required, text } from "../../params/index.ts";
import { featuresPlot } from "../../plots/features.ts";
import { significant } from "../../plots/format.ts";
import { show } from "../../tensor/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { collect } from "../evaluation/outputs.ts";
import { onParam, partOf } from "../evaluation/parts.ts";
import { measured, showChart } from "../showing.ts";
import type { Subject } from "../subject.ts";
import { principalPlane } from "./principal.ts";

export interface Features {
  readonly layer: string;
  readonly part: string;
  /** Row of the part that each point is of. */
  readonly rows: readonly number[];
  /** Coordinates of each row in the plane of most variance. */
  readonly first: Float64Array;
  readonly second: Float64Array;
  /** Share of the variance along each. */
  readonly explained: readonly [number, number];
  /** Share of the rows that lie nearest to the mean of their own class, in all dimensions; null for regression. */
  readonly nearestMean: number | null;
}

export const features = defineDiagnostic({
  summary: "How a layer sees the examples: its outputs in the plane where they are spread widest, by class.",
  paper: "Pearson 1901, Philosophical Magazine 2(11): principal components",
  params: {
    on: onParam,
    layer: optional(
      text(required, "Path of the layer; when not given, the one that the last layer with weights reads."),
    ),
    examples: int(
      500,
      "[3, 5000]",
      "Examples at most, evenly over the part; where every place of a sequence has a label, so many places in all.",
    ),
  },
  of: ["run", "experiment"],
  inspects: true,
  cost: "a forward pass over the examples that are shown",
  measure: async (subject, { on, layer, examples }, context): Promise<Features> => {
    const { name: part, set } = partOf(subject, on);
    const path = layerOf(subject, layer);
    const places = set.task === "classification" ? set.y.size / set.size : 1;
    const chosen = Math.min(Math.ceil(examples / places), set.size);
    const picked = Array.from({ length: chosen }, (_, i) => Math.floor((i * set.size) / chosen));
    const some = set.rows(picked);
    const [found] = await subject.onDevice(context, (device) =>
      collect(device, some, context, `features ${path}`, ({ x, activations }) => [activations[path] ?? x]),
    );
    if (!found) throw new ConfigError(`inspect.features: ${part} has no examples`);
    if (places > 1 && found.shape[1] !== places) {
      throw new ConfigError(
        `inspect.features: ${path} gives ${show(found.shape)}, not something for each of the ${places} places that have a label`,
      );
    }
    const points = placesOf(some, places);
    const count = points.size;
    const rows = Array.from({ length: count }, (_, i) => picked[Math.floor(i / places)] as number);
    const width = found.data.length / count;
    const plane = principalPlane(found.data, count, width);
    const nearestMean = set.task === "classification" ? shareNearest(found.data, points, width) : null;
    const values = { layer: path, part, rows, ...plane, nearestMean };
    const predicted = set.classes?.length ? await predictedClasses(subject, some, context) : null;
    showChart(context, featuresPlot, { ...values, set: points, predicted });
    const held = significant(100 * (plane.explained[0] + plane.explained[1]));
    const apart = nearestMean === null ? "" : `; ${significant(100 * nearestMean)} % lie nearest to their class's mean`;
    return measured(
      values,
      `layer ${path}, ${count} ${part} examples: the plane holds ${held} % of the variance${apart}`,
    );
  },
});

/** A set whose examples are the places of another's, when these have labels of their own. */
const placesOf = (set: Dataset, places: number): Dataset =>
  places === 1 ? set : set.with({ x: set.x.reshape([set.size * places, -1]), y: set.y.reshape([set.size * places]) });

/** Throws ConfigError for a layer that is not there. */
function layerOf({ config }: Subject, given: string | null): string {
  const { layers, parameters } = config.model.declaration;
  if (given !== null) {
    if (layers.some(({ path }) => path === given)) return given;
    throw new ConfigError(
      `inspect.features: no layer "${given}"${didYouMean(
        given,
        layers.map(({ path }) => path),
      )}`,
    );
  }
  const leaves = layers.filter(({ container }) => !container);
  const last = leaves.findLastIndex(({ path }) =>
    parameters.some((p) => p.name === `${path}.weight` && p.shape.length > 1),
  );
  // without a layer before it, the examples themselves: no layer has this path
  return leaves[last - 1]?.path ?? "the input";
}

/** Share of the rows that lie nearest to the mean of their own class. */
function shareNearest(data: Float32Array, { y, classes }: Dataset, width: number): number {
  const k = classes?.length ?? 0;
  const means = new Float64Array(k * width);
  const counts = new Float64Array(k);
  for (const [i, label] of y.data.entries()) {
    counts[label] = (counts[label] as number) + 1;
    for (let d = 0; d < width; d++)
      means[label * width + d] = (means[label * width + d] as number) + (data[i * width + d] as number);
  }
  for (let c = 0; c < k; c++)
    for (let d = 0; d < width; d++) means[c * width + d] = (means[c * width + d] as number) / (counts[c] || 1);
  let right = 0;
  for (const [i, label] of y.data.entries()) {
    let [nearest, least] = [-1, Number.POSITIVE_INFINITY];
    for (let c = 0; c < k; c++) {
      if (!counts[c]) continue;
      let distance = 0;
      for (let d = 0; d < width; d++)
        distance += ((data[i * width + d] as number) - (means[c * width + d] as number)) ** 2;
      if (distance < least) [nearest, least] = [c, distance];
    }
    if (nearest === label) right++;
  }
  return right / y.size;
}

async function predictedClasses(
  subject: Subject,
  set: Dataset,
  context: Parameters<typeof collect>[2],
): Promise<number[]> {
  const [outputs] = await subject.onDevice(context, (device) =>
    collect(device, set, context, "predicted classes", ({ output }) => [output]),
  );
  // one score for each class, at every label
  const width = outputs?.shape.at(-1) as number;
  if (outputs?.data.length !== set.y.size * width || width < (set.classes?.length ?? 0)) return [];
  return Array.from({ length: set.y.size }, (_, i) => {
    const row = outputs.data.subarray(i * width, (i + 1) * width);
    return row.indexOf(Math.max(...row));
  });
}
