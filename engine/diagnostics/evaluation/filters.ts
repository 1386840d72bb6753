import { ConfigError, didYouMean } from "../../errors/index.ts";
import { int, optional, required, text } from "../../params/index.ts";
import { count as counted, significant } from "../../plots/format.ts";
import type { Picture } from "../../protocol/index.ts";
import { show } from "../../tensor/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, showGallery } from "../showing.ts";
import type { Subject } from "../subject.ts";
import { imageShapeParam, type PictureShape, pictureShape, pixelsOf } from "./pictures.ts";

export interface Filters {
  /** Path of the layer's weight, as in stateDict. */
  readonly weight: string;
  readonly shape: readonly number[];
  readonly shown: number;
  /** Largest absolute weight, which is drawn black or white; 0 is the grey between. */
  readonly largest: number;
}

export const filters = defineDiagnostic({
  summary:
    "The weights of a layer as pictures, one for each output: of a convolution, or of a linear layer over pictures.",
  paper: "Zeiler & Fergus 2014, arXiv:1311.2901, section 3",
  params: {
    layer: optional(
      text(required, 'Path of the layer, as "0" or "features.conv1"; the first that can be shown when not given.'),
    ),
    count: int(64, "[1, 500]", "Pictures at most."),
    imageShape: imageShapeParam,
  },
  of: ["run", "experiment"],
  inspects: true,
  cost: "nothing is computed",
  measure: async (subject, { layer, count, imageShape }, context): Promise<Filters> => {
    const set = subject.experiment.splits.train;
    const flat = pictureShape(set, imageShape, "inspect.filters");
    const { slice, kind } = chosen(subject, layer, flat);
    const { parameters } = subject.weights();
    const values = parameters.subarray(slice.offset, slice.offset + slice.size);
    const largest = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    const pictures = picturesOf(values, slice.shape, kind === "conv" ? undefined : flat, largest).slice(0, count);
    const [outputs = 0] = slice.shape;
    const found: Filters = { weight: slice.name, shape: slice.shape, shown: pictures.length, largest };
    const title = `${slice.name} ${show(slice.shape)}: ${pictures.length < outputs ? `${pictures.length} of ` : ""}${counted(outputs, kind === "conv" ? "filter" : "unit")}, weights from ${significant(-largest)} (black) to ${significant(largest)} (white)`;
    showGallery(context, {
      title,
      text: pictures
        .map(({ caption }) => caption)
        .slice(0, 12)
        .join("; "),
      pictures,
    });
    return measured(found, title);
  },
});

type Slice = Subject["config"]["model"]["parameters"]["slices"][number];

/** The weight that is shown. Throws ConfigError when there is none of that name, or none that looks like a picture. */
function chosen(
  subject: Subject,
  layer: string | null,
  flat: PictureShape | undefined,
): { slice: Slice; kind: "conv" | "linear" } {
  const { slices } = subject.config.model.parameters;
  const pixels = flat ? flat.channels * flat.height * flat.width : -1;
  const kindOf = ({ shape }: Slice) => {
    if (shape.length === 4 && (shape[2] as number) * (shape[3] as number) > 1) return "conv" as const;
    return shape.length === 2 && shape[1] === pixels ? ("linear" as const) : undefined;
  };
  const paths = slices.filter((s) => /(^|\.)weight$/.test(s.name)).map((s) => s.name.replace(/\.?weight$/, ""));
  if (layer === null) {
    const slice = slices.find((s) => kindOf(s) !== undefined);
    if (!slice) {
      throw new ConfigError(
        "inspect.filters: no layer's weights are pictures: there is no convolution of more than 1 x 1, and no linear layer over pictures; give imageShape: [height, width] when the inputs are flat pictures",
      );
    }
    return { slice, kind: kindOf(slice) as "conv" | "linear" };
  }
  const slice = slices.find((s) => s.name === layer || s.name === `${layer}.weight`);
  if (!slice) throw new ConfigError(`inspect.filters: no layer "${layer}" with weights${didYouMean(layer, paths)}`);
  const kind = kindOf(slice);
  if (!kind) {
    throw new ConfigError(
      `inspect.filters: ${slice.name} ${show(slice.shape)} is no picture; take a convolution, or a linear layer over pictures and give imageShape`,
    );
  }
  return { slice, kind };
}

/** One picture for each output; of a convolution over other than 1 or 3 channels the mean over them. */
function picturesOf(
  values: Float32Array,
  shape: readonly number[],
  flat: PictureShape | undefined,
  largest: number,
): Picture[] {
  const [outputs = 0, inputs = 1, height = 1, width = 1] = shape;
  const size = values.length / outputs;
  const rgb = inputs === 3;
  const own: PictureShape = flat ?? { channels: rgb ? 3 : 1, height, width };
  return Array.from({ length: outputs }, (_, o) => {
    const all = values.subarray(o * size, (o + 1) * size);
    const shown = flat || rgb || inputs === 1 ? all : meanOver(all, inputs);
    const norm = Math.sqrt(all.reduce((sum, v) => sum + v * v, 0));
    return {
      caption: `${o}`,
      detail: `output ${o}: norm of its weights ${significant(norm)}${shown === all ? "" : `, mean over ${inputs} input channels`}`,
      ...pixelsOf(shown, own, [-largest, largest]),
    };
  });
}

function meanOver(values: Float32Array, inputs: number): Float32Array {
  const plane = values.length / inputs;
  return Float32Array.from({ length: plane }, (_, i) => {
    let sum = 0;
    for (let c = 0; c < inputs; c++) sum += values[c * plane + i] as number;
    return sum / inputs;
  });
}
