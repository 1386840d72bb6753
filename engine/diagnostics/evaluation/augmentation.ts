import { type Augmentation, augmented } from "../../augment/index.ts";
import type { RunContext } from "../../context/index.ts";
import type { Dataset } from "../../data/index.ts";
import { ConfigError } from "../../errors/index.ts";
import { nn, traceModel } from "../../nn/index.ts";
import { constant, input, scalar, type Tensor } from "../../ops/index.ts";
import { int } from "../../params/index.ts";
import { runGraph } from "../../plan/index.ts";
import { count as counted } from "../../plots/format.ts";
import type { Picture } from "../../protocol/index.ts";
import type { TypedArray } from "../../tensor/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, showGallery } from "../showing.ts";
import { example, extent, imageShapeParam, type PictureShape, pictureShape, pixelsOf } from "./pictures.ts";

/** What is drawn as it would be seen: numbers are not scaled for the network yet. */
const isSeen = ({ type }: Augmentation): boolean => type !== "normalize";

export interface AugmentedPictures {
  /** Rows of the training set that are shown. */
  readonly rows: readonly number[];
  readonly variants: number;
}

export const augmentation = defineDiagnostic({
  summary: "Training images as they are, and as augmentation changes them in steps to come.",
  params: {
    examples: int(
      4,
      "[1, 32]",
      "Images of the training set, the first ones in an order drawn by the experiment's seed.",
    ),
    variants: int(5, "[1, 31]", "Augmented pictures of each."),
    imageShape: imageShapeParam,
  },
  of: ["experiment"],
  inspects: true,
  cost: "the augmentation of a few batches",
  measure: async ({ experiment }, { examples, variants, imageShape }, context): Promise<AugmentedPictures> => {
    const { augment, seed } = experiment.options;
    const what = "inspect.augmentation";
    if (augment.length === 0) {
      throw new ConfigError(`${what}: the experiment has none; give it some, as augment: [augment.hflip()]`);
    }
    const set = experiment.splits.train;
    const rows = Array.from(experiment.epochOrder(0).slice(0, examples));
    const given = set.rows(rows);
    const shape = pictureShape(given, imageShape, what);
    if (!shape) {
      throw new ConfigError(
        `${what}: examples ${set.x.shape.slice(1)} are no pictures; say their shape, as imageShape: [28, 28]`,
      );
    }
    const batches = await drawn(given, augment.filter(isSeen), { seed, variants }, context);
    const title = `${counted(rows.length, "training image")} and ${counted(variants, "variant")} of each: ${augment.map(({ type }) => type).join(", ")}`;
    const columns = 1 + variants;
    showGallery(context, { title, text: title, pictures: pictures(given, rows, shape, batches), columns });
    return measured({ rows, variants }, title);
  },
});

interface Batch {
  readonly data: TypedArray;
  readonly shape: readonly number[];
}

/** The examples after augmentation, in one step after the other. */
async function drawn(
  { x: given }: Dataset,
  pipeline: readonly Augmentation[],
  { seed, variants }: { seed: number; variants: number },
  context: RunContext,
): Promise<Batch[]> {
  const backend = await context.backend();
  const { output } = traceModel(augmented(nn.identity(), pipeline), input("x", given.shape, given.dtype), {
    ...{ parameters: {}, buffers: {}, training: true },
    ...{ seed: constant(seed, [], "u32"), step: scalar("step", "u32") as Tensor },
  });
  const batches: Batch[] = [];
  for (let step = 0; step < variants; step++) {
    const [data] = await runGraph(backend, [output], { x: given.data, step });
    batches.push({ data: data as TypedArray, shape: output.shape });
  }
  return batches;
}

/** Each example, and its variants behind it. */
function pictures(set: Dataset, rows: readonly number[], shape: PictureShape, batches: readonly Batch[]): Picture[] {
  const range = extent(set.x.data);
  return rows.flatMap((row, i) => {
    const label = set.classes?.[set.y.data[i] as number];
    const own = label === undefined ? `row ${row}` : label;
    const first = { caption: own, detail: `row ${row} as it is`, ...pixelsOf(example(set, i), shape, range) };
    const variants = batches.map(({ data, shape: [, channels, height, width] }, step) => {
      const size = data.length / rows.length;
      const made =
        channels === undefined
          ? shape
          : { channels: channels as 1 | 3, height: height as number, width: width as number };
      const values = data.subarray(i * size, (i + 1) * size);
      return { caption: `step ${step + 1}`, detail: `row ${row}, augmented`, ...pixelsOf(values, made, range) };
    });
    return [first, ...variants];
  });
}
