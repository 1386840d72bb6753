import { augment } from "../../../engine/augment/index.ts";
import { concat, flip, type Tensor } from "../../../engine/ops/index.ts";
import { type Config, Unsupported } from "../case.ts";
import type { Runner } from "../run.ts";
import { compute, inputFor } from "./graph.ts";

const { functional } = augment;
const RADIANS = Math.PI / 180;

type Images = Readonly<Record<string, Tensor>>;
type Change = (inputs: Images, config: Config) => Readonly<Record<string, Tensor>>;

const image =
  (change: (image: Tensor, config: Config) => Tensor): Change =>
  (inputs, config) => ({ image: change(inputs.image as Tensor, config) });

const pairOf = (size: number | readonly number[]): readonly [number, number] =>
  typeof size === "number" ? [size, size] : [size[0] as number, size[1] as number];

const sampling = ({ interpolation = "nearest", fill = 0 }: Config) => ({ interpolation, fill: Number(fill ?? 0) });

/** Torchvision's transforms in ours, by the first word of the case's op. */
const changes: Readonly<Record<string, Change>> = {
  adjust_brightness: image((x, { factor }) => functional.adjustBrightness(x, factor)),
  adjust_contrast: image((x, { factor }) => functional.adjustContrast(x, factor)),
  adjust_saturation: image((x, { factor }) => functional.adjustSaturation(x, factor)),
  adjust_hue: image((x, { factor }) => functional.adjustHue(x, factor)),
  adjust_gamma: image((x, { gamma, gain = 1 }) => functional.gamma(x, gamma, gain)),
  invert: image((x) => functional.invert(x)),
  rgb_to_grayscale: image((x) => functional.grayscale(x)),
  hflip: image((x) => functional.hflip(x)),
  vflip: image((x) => functional.vflip(x)),
  Normalize: image((x, { mean, std }) => functional.normalize(x, mean, std)),
  normalize: image((x, { mean, std }) => functional.normalize(x, mean, std)),
  pad: image((x, { padding, mode = "constant", fill = 0 }) => functional.pad(x, padding, mode, fill)),
  crop: image((x, { top, left, height, width, size }) =>
    functional.crop(x, top, left, size === undefined ? [height, width] : pairOf(size)),
  ),
  random_crop: image((x, { top, left, size, padding = 0 }) =>
    functional.crop(functional.pad(x, padding), top, left, pairOf(size)),
  ),
  center_crop: image((x, { size }) => functional.centerCrop(x, pairOf(size))),
  five_crop: image((x, { size }) => functional.fiveCrop(x, pairOf(size))),
  ten_crop: image((x, { size, vertical_flip = false }) =>
    concat([x, flip(x, vertical_flip ? 1 : 2)].map((y) => functional.fiveCrop(y, pairOf(size)))),
  ),
  resized_crop: image((x, { top, left, height, width, size }) =>
    functional.resize(functional.crop(x, top, left, [height, width]), pairOf(size)),
  ),
  resize: image((x, { size, interpolation = "bilinear", antialias, align_corners }) => {
    if (antialias === true || align_corners === true) throw new Unsupported("antialias, align_corners");
    return functional.resize(x, pairOf(size), interpolation);
  }),
  rotate: image((x, { angle, expand = false, direction, ...rest }) => {
    if (expand) throw new Unsupported("expand");
    return functional.rotate(x, direction === "clockwise" ? -angle : angle, sampling(rest));
  }),
  rot90: image((x, { k, direction }) => functional.rot90(x, direction === "clockwise" ? -k : k)),
  affine: image((x, { angle = 0, translate = [0, 0], scale = 1, shear = [0, 0], ...rest }) => {
    const [shearX, shearY = 0] = [shear].flat() as number[];
    const [shiftX, shiftY] = translate;
    const how = { angle: -angle * RADIANS, shiftX, shiftY, scale };
    return functional.affine(
      x,
      { ...how, shearX: (shearX as number) * RADIANS, shearY: shearY * RADIANS },
      sampling(rest),
    );
  }),
  RandomErasing: image((x, { value = 0, ...area }) => functional.erase(x, area as never, value)),
  erase: image((x, { value = 0, ...area }) => functional.erase(x, area as never, value)),
  gaussian_blur: image((x, { kernel_size, sigma }) => functional.blur(x, [kernel_size].flat()[0], [sigma].flat()[0])),
  mixup: (inputs, { lam }) => both(inputs, (a, b) => a.mul(lam).add(b.mul(1 - lam))),
};

/** x and y of two halves of a case. */
const both = ({ x1, x2, y1, y2 }: Images, mix: (a: Tensor, b: Tensor) => Tensor) => ({
  x: mix(x1 as Tensor, x2 as Tensor),
  y: mix(y1 as Tensor, y2 as Tensor),
});

export const augmentGroup: Runner = async (c, bench) => {
  const [name = ""] = /^\w+/.exec(c.op) ?? [];
  const change = changes[name];
  if (!change) throw new Unsupported(`transform ${c.op}`);
  const inputs = Object.fromEntries(Object.entries(c.inputs).map(([key, values]) => [key, inputFor(key, values)]));
  return compute(bench, change(inputs, c.config), c.inputs);
};
