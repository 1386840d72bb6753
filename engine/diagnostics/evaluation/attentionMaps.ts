import { ConfigError, didYouMean } from "../../errors/index.ts";
import * as ops from "../../ops/index.ts";
import { either, int, ints, num, optional, required, text } from "../../params/index.ts";
import { count as counted } from "../../plots/format.ts";
import type { Picture } from "../../protocol/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, showGallery } from "../showing.ts";
import type { Subject } from "../subject.ts";
import { collect, type Outputs } from "./outputs.ts";
import { onParam, partOf } from "./parts.ts";
import { example, extent, imageShapeParam, pictureShape, pixelsOf } from "./pictures.ts";

export interface AttentionMaps {
  readonly part: string;
  /** Layers whose maps are shown, in their order. */
  readonly layers: readonly string[];
  /** Rows of the part. */
  readonly rows: readonly number[];
  /** maps[layer][example]: mean over channels of |activation|^power, row-major, with its size. */
  readonly maps: readonly {
    readonly height: number;
    readonly width: number;
    readonly values: readonly Float32Array[];
  }[];
}

export const attentionMaps = defineDiagnostic({
  summary: "Where a convolutional layer is active: the mean over channels of |activation|^p, laid over the pictures.",
  paper: "Zagoruyko & Komodakis 2017, arXiv:1612.03928, section 3.1",
  params: {
    on: onParam,
    layer: optional(text(required, "Path of one layer; when not given a first, a middle and a last convolution.")),
    power: num(2, "(0, 16]", "p: 1, 2 and 4 are usual, higher ones keep to the strongest channel."),
    examples: either(
      int(8, "[1, 64]", "How many, evenly over the part; or which rows, as [3, 14]."),
      ints(required, "[0, inf)", ""),
    ),
    imageShape: imageShapeParam,
  },
  of: ["run", "experiment"],
  inspects: true,
  cost: "a forward pass over the examples that are shown",
  measure: async (subject, { on, layer, power, examples, imageShape }, context): Promise<AttentionMaps> => {
    const { name: part, set } = partOf(subject, on);
    const shape = pictureShape(set, imageShape, "inspect.attentionMaps");
    if (!shape) {
      throw new ConfigError(
        "inspect.attentionMaps: the examples are no pictures; reshape them, as data.reshape([1, 28, 28]), or give imageShape",
      );
    }
    const paths = layersOf(subject, layer);
    const rows = rowsOf(examples, set.size);
    const some = set.rows(rows);
    const found = await subject.onDevice(context, (device) =>
      collect(device, some, context, `attention ${paths.join(" ")} ${power}`, ({ activations }) =>
        paths.map((path) => ops.mean(ops.pow(ops.abs(activations[path] as ops.Tensor), power), [1])),
      ),
    );
    const maps = found.map(mapsOf);
    const range = extent(set.x.data);
    const pictures = rows.flatMap((row, i): Picture[] =>
      maps.map((map, l) => ({
        caption: `${labelOf(set, row)}, layer ${paths[l]}`,
        detail: `row ${row}, layer ${paths[l]}: mean of |activation|^${power} over channels, ${map.height} x ${map.width} places`,
        ...pixelsOf(example(set, row), shape, range),
        heat: heat(map.values[i] as Float32Array, map, shape),
      })),
    );
    const title = `Where ${paths.length === 1 ? `layer ${paths[0]} is` : `layers ${paths.join(", ")} are`} active: mean |activation|^${power} over channels, ${counted(rows.length, `${part} example`)}`;
    showGallery(context, { title, text: `${title}; warm places are where the activations are strongest`, pictures });
    return measured({ part, layers: paths, rows, maps }, title);
  },
});

/** Layers with feature maps [N, C, H, W]: as given, or up to three of the convolutions. Throws ConfigError. */
function layersOf({ config }: Subject, given: string | null): string[] {
  const all = config.model.declaration.layers.filter(
    ({ outputShape, container }) => outputShape.length === 4 && !container,
  );
  const layer = given === null ? undefined : config.model.declaration.layers.find(({ path }) => path === given);
  if (layer && layer.outputShape.length === 4) return [layer.path];
  if (layer) {
    throw new ConfigError(
      `inspect.attentionMaps: ${layer.path} ${layer.type} has no feature maps [N, C, H, W]; take ${all.map(({ path }) => path).join(", ") || "a convolutional model"}`,
    );
  }
  if (given !== null) {
    throw new ConfigError(
      `inspect.attentionMaps: no layer "${given}"${didYouMean(
        given,
        all.map(({ path }) => path),
      )}`,
    );
  }
  const convolutions = all.filter(({ type }) => /^conv/.test(type));
  if (convolutions.length === 0) {
    throw new ConfigError(
      "inspect.attentionMaps: the model has no convolutional layer; this needs feature maps [N, C, H, W]",
    );
  }
  const at = (share: number) => convolutions[Math.round(share * (convolutions.length - 1))]?.path as string;
  return [...new Set([at(0), at(0.5), at(1)])];
}

function rowsOf(examples: number | readonly number[], size: number): number[] {
  if (typeof examples === "number") {
    const count = Math.min(examples, size);
    return Array.from({ length: count }, (_, i) => Math.floor((i * size) / count));
  }
  const wrong = examples.find((row) => row >= size);
  if (wrong !== undefined) throw new ConfigError(`inspect.attentionMaps: row ${wrong} is outside the ${size} examples`);
  return [...examples];
}

function mapsOf({ shape, data }: Outputs) {
  const [count = 0, height = 1, width = 1] = shape;
  const size = height * width;
  return { height, width, values: Array.from({ length: count }, (_, i) => data.slice(i * size, (i + 1) * size)) };
}

const labelOf = (
  set: { classes?: readonly string[] | undefined; y: { data: ArrayLike<number>; size: number }; size: number },
  row: number,
) => (set.classes && set.y.size === set.size ? (set.classes[set.y.data[row] as number] as string) : `row ${row}`);

/** A map over the whole picture, bilinear between the centres of its places, as bytes from none to its own most. */
function heat(
  values: Float32Array,
  map: { readonly height: number; readonly width: number },
  to: { readonly height: number; readonly width: number },
): string {
  const [, most] = extent(values);
  const bytes = new Uint8Array(to.height * to.width);
  const at = (y: number, x: number) => values[y * map.width + x] as number;
  const place = (i: number, size: number, of: number) => {
    const centre = Math.min(of - 1, Math.max(0, ((i + 0.5) * of) / size - 0.5));
    const low = Math.floor(centre);
    return { low, high: Math.min(of - 1, low + 1), share: centre - low };
  };
  for (let y = 0; y < to.height; y++) {
    const v = place(y, to.height, map.height);
    for (let x = 0; x < to.width; x++) {
      const h = place(x, to.width, map.width);
      const top = at(v.low, h.low) * (1 - h.share) + at(v.low, h.high) * h.share;
      const bottom = at(v.high, h.low) * (1 - h.share) + at(v.high, h.high) * h.share;
      bytes[y * to.width + x] = Math.round((255 * (top * (1 - v.share) + bottom * v.share)) / (most || 1));
    }
  }
  return Buffer.from(bytes).toString("base64");
}
