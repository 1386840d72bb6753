import { eagerly } from "../eager/index.ts";
import { ConfigError, ShapeError, UserError } from "../errors/index.ts";
import type { Layer, Results } from "../nn/index.ts";
import { flip, reshape, sub, type Tensor } from "../ops/index.ts";
import { isInstance, library, show } from "../params/index.ts";
import type { HostTensor } from "../tensor/index.ts";
import * as all from "./all.ts";
import * as colour from "./colour.ts";
import type { Augmentation } from "./definition.ts";
import { blur } from "./gaussianBlur.ts";
import * as geometry from "./geometry.ts";
import { normalized } from "./normalize.ts";

export type { Augmentation, AugmentationDefinition } from "./definition.ts";
export { mixedTargets } from "./mixing.ts";
export { all as augmentations };

export const isAugmentation = (given: unknown): given is Augmentation => isInstance(all, given);

/** What the model's results have a mixture's share under: see `Mixed`. */
export const MIXED_SHARE = "augmentation's share";

/**
 * The layer behind augmentations, in their order, as part of it: whatever runs the model runs them, and what is normalized or
 * resized in training is so in predictions and exports. `still`: without what is drawn by chance, in training too.
 * Throws ConfigError when more than one of them mixes examples.
 */
export function augmented(layer: Layer, pipeline: readonly Augmentation[], { still = false } = {}): Layer {
  if (pipeline.length === 0) return layer;
  const mixers = pipeline.filter(({ definition }) => definition.mix);
  if (mixers.length > 1) {
    throw new ConfigError(
      `augment: ${mixers.map(({ type }) => type).join(" and ")} both mix targets; take one of them`,
    );
  }
  const { definition } = layer;
  const apply: typeof definition.apply = (scope, given, options, inputs) => {
    const draws = still ? { ...scope, training: false } : scope;
    let x = given;
    let share: Tensor | undefined;
    for (const one of pipeline) {
      const { definition, options: own } = one;
      if (definition.mix) {
        if (draws.training)
          ({ x, share } = named(one, () => (definition.mix as NonNullable<typeof definition.mix>)(draws, x, own)));
      } else if (definition.apply) x = named(one, () => definition.apply?.(draws, x, own) as Tensor);
    }
    const made = definition.apply(scope, x, options, inputs);
    return share ? ({ ...("y" in made ? made : { y: made }), [MIXED_SHARE]: share } as Results) : made;
  };
  return Object.freeze(Object.defineProperty({ ...layer }, "definition", { value: { ...definition, apply } })) as Layer;
}

/** Errors are the augmentation's, and begin with its name. */
function named<T>(one: Augmentation, work: () => T): T {
  const { type } = one;
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && !error.message.startsWith(type)) error.message = `${type}: ${error.message}`;
    if (error instanceof UserError) {
      const kind = error instanceof ShapeError ? "shape" : "conflict";
      error.fault = { kind, ...error.fault, layers: [one] };
    }
    throw error;
  }
}

/**
 * Augmentations one after the other: the list itself, once each of them was looked at. Throws ConfigError.
 *
 * @example augment.compose([augment.hflip(), augment.noise(0.1)])
 */
function compose(pipeline: readonly Augmentation[]): readonly Augmentation[] {
  const wrong = Array.isArray(pipeline) ? pipeline.find((given) => !isAugmentation(given)) : pipeline;
  if (Array.isArray(pipeline) && wrong === undefined) return Object.freeze([...pipeline]);
  throw new ConfigError(`compose: takes a list of augmentations, as [augment.hflip()], not ${show(wrong)}`);
}

type Image = Tensor | HostTensor;

/** A function of image batches for single images [C, H, W] too, and for tensors with numbers. */
const ofImages =
  <A extends readonly unknown[]>(f: (x: Tensor, ...rest: A) => Tensor) =>
  <T extends Image>(x: T, ...rest: A): T =>
    eagerly(
      (image: Tensor, ...more: A) => {
        if (image.rank !== 3) return f(image, ...more);
        const [y, one] = [f(reshape(image, [1, ...image.shape]), ...more), 1];
        return reshape(y, y.rank === 5 ? y.shape.toSpliced(1, one) : y.shape.slice(1));
      },
      [x, ...rest],
    ) as T;

/** The changes themselves, by given amounts, of images [C, H, W] or [N, C, H, W]: torchvision.transforms.functional. */
const functional = {
  /** Angles in radians, counter-clockwise. */
  affine: ofImages(geometry.affine),
  adjustBrightness: ofImages(colour.adjustBrightness),
  adjustContrast: ofImages(colour.adjustContrast),
  adjustHue: ofImages(colour.adjustHue),
  adjustSaturation: ofImages(colour.adjustSaturation),
  blur: ofImages(blur),
  centerCrop: ofImages(geometry.centerCrop),
  crop: ofImages(geometry.crop),
  erase: ofImages(geometry.erase),
  fiveCrop: ofImages(geometry.fiveCrop),
  gamma: ofImages(colour.gamma),
  grayscale: ofImages(colour.grayscale),
  hflip: ofImages((x: Tensor) => flip(x, 3)),
  invert: ofImages((x: Tensor) => sub(1, x)),
  normalize: ofImages(normalized),
  pad: ofImages(geometry.padImages),
  resize: ofImages(geometry.resize),
  rot90: ofImages(geometry.rot90),
  /** Counter-clockwise, in degrees. */
  rotate: ofImages(
    (
      x: Tensor,
      degrees: number,
      { interpolation = "nearest", fill = 0 }: { interpolation?: geometry.Interpolation; fill?: number } = {},
    ) => geometry.rotate(x, (degrees * Math.PI) / 180, { interpolation, fill }),
  ),
  vflip: ofImages((x: Tensor) => flip(x, 2)),
};

/** The augmentations, as cells see them: `experiment({ augment: [augment.randomCrop(32, { padding: 4 }), augment.hflip()] })`. */
export const augment = library("augmentation", all, { compose, functional });
