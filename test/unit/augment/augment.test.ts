import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Augmentation, augment, augmentations, augmented } from "../../../engine/augment/index.ts";
import type { Backend } from "../../../engine/backends/backend.ts";
import { Calculator } from "../../../engine/backends/wasm/calculator.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import { data } from "../../../engine/data/index.ts";
import { tensor } from "../../../engine/eager/index.ts";
import { globals } from "../../../engine/library.ts";
import { loss } from "../../../engine/losses/index.ts";
import { nn, traceModel } from "../../../engine/nn/index.ts";
import { constant, evaluate, input, type Tensor } from "../../../engine/ops/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { runGraph, runGraphNow } from "../../../engine/plan/index.ts";
import { GALLERY_MIME, type Gallery } from "../../../engine/protocol/index.ts";
import { Experiment, inContext } from "../../../engine/session/index.ts";
import type { HostTensor } from "../../../engine/tensor/index.ts";
import "../../support/allclose.ts";
import { testContext } from "../../support/context.ts";

/** One of each, with options under which it changes every example. */
const examples: Readonly<Record<keyof typeof augmentations, Augmentation>> = {
  affine: augment.affine({ degrees: 20, translate: [0.2, 0.2], scale: [0.8, 1.2], shear: [10, 5] }),
  centerCrop: augment.centerCrop(6),
  colorJitter: augment.colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.2 }),
  cutmix: augment.cutmix(),
  erasing: augment.erasing({ p: 1, scale: [0.2, 0.4] }),
  gaussianBlur: augment.gaussianBlur(3, { sigma: [0.5, 2] }),
  grayscale: augment.grayscale(1),
  hflip: augment.hflip(1),
  mixup: augment.mixup(1),
  noise: augment.noise(0.2),
  normalize: augment.normalize({ mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] }),
  randomCrop: augment.randomCrop(8, { padding: 3 }),
  randomResizedCrop: augment.randomResizedCrop(6),
  resize: augment.resize([5, 7]),
  rotation: augment.rotation(30),
  scale: augment.scale([0.6, 0.9]),
  shift: augment.shift([3, 3]),
  vflip: augment.vflip(1),
};
/** In training and in evaluation alike. */
const always = ["centerCrop", "normalize", "resize"];

const images = tensor.rand([16, 3, 8, 8], { seed: 7 });

/** The batch after the augmentations, in the model nn.identity(). */
function graphOf(pipeline: readonly Augmentation[], training: boolean, seed = 1, step = 1) {
  const x = input("x", images.shape);
  const { output, results } = traceModel(augmented(nn.identity(), pipeline), x, {
    ...{ parameters: {}, buffers: {}, training },
    ...{ seed: constant(seed, [], "u32"), step: constant(step, [], "u32") },
  });
  return { output, results };
}

function changed(pipeline: readonly Augmentation[], training = true, seed = 1, step = 1, of: HostTensor = images) {
  const { output } = graphOf(pipeline, training, seed, step);
  const [y] = evaluate([output], { x: { shape: of.shape, dtype: "f32", data: Float64Array.from(of.data) } });
  return y as { shape: readonly number[]; data: Float64Array };
}

const example = (y: { data: ArrayLike<number> }, i: number) => Array.from(y.data).slice(i * 192, (i + 1) * 192);

test("every augmentation has an example here", () => {
  expect(Object.keys(examples).sort()).toEqual(Object.keys(augmentations).sort());
});

describe.each(Object.entries(examples))("%s", (name, augmentation) => {
  test("changes batches of training, each step anew, by the seed alone", () => {
    const once = changed([augmentation]);
    expect(Array.from(once.data)).toEqual(Array.from(changed([augmentation]).data));
    expect(Array.from(once.data)).not.toEqual(Array.from(images.data));
    if (always.includes(name) || ["hflip", "vflip", "grayscale"].includes(name)) return;
    expect(Array.from(changed([augmentation], true, 2).data)).not.toEqual(Array.from(once.data));
    expect(Array.from(changed([augmentation], true, 1, 2).data)).not.toEqual(Array.from(once.data));
  });

  test("gives evaluation the shape that training has, and leaves it alone unless nothing is drawn", () => {
    const [trained, evaluated] = [changed([augmentation]), changed([augmentation], false)];
    expect(evaluated.shape).toEqual(trained.shape);
    if (always.includes(name)) expect(Array.from(evaluated.data)).toEqual(Array.from(trained.data));
    else if (name !== "randomResizedCrop") expect(Array.from(evaluated.data)).toEqual(Array.from(images.data));
  });

  test("says which batches it does not take", () => {
    const x = input("x", [4, 10]);
    const apply = () =>
      traceModel(augmented(nn.identity(), [augmentation]), x, {
        ...{ parameters: {}, buffers: {}, training: true },
        ...{ seed: constant(0, [], "u32"), step: constant(0, [], "u32") },
      });
    if (["noise", "mixup"].includes(name)) apply();
    else expect(apply).toThrow(/takes images \[N, C, H, W\], not \[4, 10\]/);
  });
});

describe("what is drawn", () => {
  test("is another number for each example, over the whole range", () => {
    const moved = changed([augment.shift([3, 0], { fill: -1 })]);
    const left = Array.from(
      { length: 16 },
      (_, i) =>
        example(moved, i)
          .slice(0, 8)
          .filter((v) => v === -1).length,
    );
    expect(new Set(left).size).toBeGreaterThan(1);
    expect(Math.max(...left)).toBeLessThanOrEqual(3);
  });

  test("is applied with probability p", () => {
    const flipped = changed([augment.hflip(0.5)]);
    const whole = changed([augment.hflip(1)]);
    let count = 0;
    for (let i = 0; i < 16; i++) {
      const is = (other: { data: ArrayLike<number> }) => String(example(flipped, i)) === String(example(other, i));
      expect(is(whole) || is(images)).toBe(true);
      count += Number(is(whole));
    }
    expect(count).toBeGreaterThan(2);
    expect(count).toBeLessThan(14);
  });

  test("noise has the deviation that was asked for", () => {
    const y = changed([augment.noise(0.5)]);
    const added = Array.from(y.data, (v, i) => v - (images.data[i] as number));
    const mean = added.reduce((a, b) => a + b, 0) / added.length;
    const std = Math.sqrt(added.reduce((a, b) => a + (b - mean) ** 2, 0) / added.length);
    expect(mean).toBeCloseTo(0, 1);
    expect(std).toBeGreaterThan(0.48);
    expect(std).toBeLessThan(0.52);
  });

  test("an erased box has the area and the place that the options allow, and every pixel of it the value", () => {
    const y = changed([augment.erasing({ p: 1, scale: [0.25, 0.25], ratio: [1, 1], value: -5 })]);
    for (let i = 0; i < 16; i++) {
      const erased = example(y, i).filter((v) => v === -5).length;
      expect(erased).toBe(3 * 16); // a quarter of 64 pixels, in each channel
    }
  });

  test("a crop is a part of the padded image", () => {
    const y = changed([augment.randomCrop(8, { padding: 2, fill: -1 })]);
    for (let i = 0; i < 16; i++) {
      const first = example(y, i).slice(0, 64);
      const found = [-2, -1, 0, 1, 2].some((down) =>
        [-2, -1, 0, 1, 2].some((right) =>
          first.every((v, at) => {
            const [row, column] = [Math.floor(at / 8) + down, (at % 8) + right];
            const inside = row >= 0 && row < 8 && column >= 0 && column < 8;
            return v === (inside ? images.data[i * 192 + row * 8 + column] : -1);
          }),
        ),
      );
      expect(found, `example ${i}`).toBe(true);
    }
  });
});

describe("mixtures", () => {
  const share = (pipeline: Augmentation[], step: number) => {
    const { results } = graphOf(pipeline, true, 3, step);
    const node = Object.entries(results).find(([name]) => name !== "y")?.[1] as Tensor;
    const x = { shape: images.shape, dtype: "f32" as const, data: Float64Array.from(images.data) };
    return evaluate([node], { x })[0]?.data[0] as number;
  };

  test.each([0.2, 1, 4])("their shares are of Beta(a, a), a = %f", (alpha) => {
    const shares = Array.from({ length: 400 }, (_, step) => share([augment.mixup(alpha)], step));
    const mean = shares.reduce((a, b) => a + b, 0) / 400;
    const variance = shares.reduce((a, b) => a + (b - mean) ** 2, 0) / 400;
    const wanted = 1 / (4 * (2 * alpha + 1));
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(wanted / 400));
    expect(variance / wanted).toBeGreaterThan(0.8);
    expect(variance / wanted).toBeLessThan(1.2);
  });

  test("each example is mixed with the one before it", () => {
    const y = changed([augment.mixup(1)], true, 3, 5);
    const s = share([augment.mixup(1)], 5);
    for (const [i, before] of [
      [0, 15],
      [7, 6],
    ] as const) {
      const wanted = example(images, i).map((v, k) => s * v + (1 - s) * (example(images, before)[k] as number));
      expect(example(y, i)).toBeAllclose(wanted, { rtol: 1e-5, atol: 1e-6 });
    }
  });

  test("a cut box has the share of the area that the target says", () => {
    for (let step = 0; step < 20; step++) {
      const y = changed([augment.cutmix()], true, 3, step);
      const kept = example(y, 4).filter((v, k) => v === example(images, 4)[k]).length / 192;
      expect(kept).toBeCloseTo(share([augment.cutmix()], step), 6);
    }
  });

  test("two that mix are one too many", () => {
    expect(() => augmented(nn.identity(), [augment.mixup(), augment.cutmix()])).toThrow(
      "augment: mixup and cutmix both mix targets; take one of them",
    );
  });
});

test("turning, scaling, shearing and shifting agree with torchvision's matrix, pixel by pixel", () => {
  const [angle, shearX, shearY, scale, shiftX, shiftY] = [0.4, 0.2, -0.1, 1.3, 1.5, -0.75];
  const picture = tensor.rand([1, 1, 9, 7], { seed: 3 });
  const got = augment.functional.affine(
    picture,
    { angle, shearX, shearY, scale, shiftX, shiftY },
    { interpolation: "bilinear", fill: 0 },
  );
  // torchvision's _get_inverse_affine_matrix, whose angle is clockwise
  const rot = -angle;
  const a = Math.cos(rot - shearY) / Math.cos(shearY);
  const b = (-Math.cos(rot - shearY) * Math.tan(shearX)) / Math.cos(shearY) - Math.sin(rot);
  const c = Math.sin(rot - shearY) / Math.cos(shearY);
  const d = (-Math.sin(rot - shearY) * Math.tan(shearX)) / Math.cos(shearY) + Math.cos(rot);
  const at = (row: number, column: number) =>
    row >= 0 && row < 9 && column >= 0 && column < 7 ? (picture.data[row * 7 + column] as number) : 0;
  const wanted = Array.from({ length: 63 }, (_, i) => {
    const [y, x] = [Math.floor(i / 7) - 4 - shiftY, (i % 7) - 3 - shiftX];
    const column = (d * x - b * y) / scale + 3;
    const row = (-c * x + a * y) / scale + 4;
    const [top, left] = [Math.floor(row), Math.floor(column)];
    const [down, right] = [row - top, column - left];
    return (
      (1 - down) * ((1 - right) * at(top, left) + right * at(top, left + 1)) +
      down * ((1 - right) * at(top + 1, left) + right * at(top + 1, left + 1))
    );
  });
  expect(got.data).toBeAllclose(wanted, { rtol: 1e-4, atol: 1e-5 });
});

test("a picture in colour comes back from a turn of its hues", () => {
  const picture = tensor.rand([3, 4, 4], { seed: 9 });
  const there = augment.functional.adjustHue(picture, 0.3);
  expect(augment.functional.adjustHue(there, -0.3).data).toBeAllclose(picture.data, { rtol: 1e-4, atol: 1e-5 });
  expect(augment.functional.adjustSaturation(picture, 1).data).toBeAllclose(picture.data, { rtol: 1e-6, atol: 1e-7 });
});

test.each(["nll", "multiMargin"] as const)(
  "%s, which takes one class of each example, does not go with mixtures",
  (name) => {
    const y = tensor(
      Array.from({ length: 16 }, (_, i) => i % 2),
      { dtype: "i32" },
    );
    const make = () =>
      new Experiment({
        data: data.tensors({ x: images, y }),
        model: nn.sequential(nn.flatten(), nn.linear(2), nn.logSoftmax()),
        augment: [augment.mixup()],
        loss: loss[name](),
        optimizer: optim.sgd(),
        batchSize: 4,
      });
    expect(make).toThrow(
      `experiment: mixup mixes targets, and ${name} takes one class of each example; leave mixup out`,
    );
  },
);

describe("bad options", () => {
  test.each([
    [() => augment.hflip(2), "hflip: p = 2 is outside [0, 1]"],
    [() => augment.gaussianBlur(4), "gaussianBlur: kernelSize = 4 is even and has no middle"],
    [() => augment.erasing({ scale: [0.5, 0.2] }), "erasing: scale and ratio are each [least, largest]"],
    [() => augment.scale([2, 1]), "scale: factors = [2, 1] is [least, largest]"],
    [() => augment.compose([3 as never]), "compose: takes a list of augmentations"],
    [() => changed([augment.randomCrop(20)]), "randomCrop: a part of 20 x 20 is larger than the image of 8 x 8"],
    [
      () => changed([augment.randomCrop(8, { padding: 9, paddingMode: "reflect" })]),
      "padding 9 mirrors more than images of 8 x 8 have; 7 is the most",
    ],
    [() => changed([augment.centerCrop(9)]), "centerCrop: a crop of 9 x 9"],
    [
      () => changed([augment.normalize({ mean: [0.5], std: [1] })]),
      "normalize: mean has 1 numbers for images of 3 channels",
    ],
    [() => augment.normalize({ mean: [0.5], std: [0] }), "std[0] = 0 is outside (0, inf)"],
  ])("%s", (make, message) => {
    expect(make).toThrow(message);
  });
});

describe.each([
  ["wasm", wasmProvider],
  ["webgpu", webgpuProvider],
])("on %s", (_name, provider) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await provider.open({ threads: 2, log: () => {} });
  });
  afterAll(() => backend.close());

  test("every augmentation gives what the plain loops give", async () => {
    for (const [name, augmentation] of Object.entries(examples)) {
      const { output } = graphOf([augmentation], true);
      const [y] = await runGraph(backend, [output], { x: images.data });
      expect(y, name).toBeAllclose(changed([augmentation]).data, { rtol: 2e-4, atol: 2e-4 });
    }
  });

  test("a run trains with mixed and moved images, and predicts with the normalized ones", async () => {
    const x = tensor.rand([64, 3, 8, 8], { seed: 5 });
    const y = tensor(
      Array.from({ length: 64 }, (_, i) => i % 2),
      { dtype: "i32" },
    );
    const bright = x.mul(y.cast("f32").mul(0.5).add(0.5).reshape([64, 1, 1, 1]));
    const make = () =>
      new Experiment({
        data: data.tensors({ x: bright, y }).split({ valid: 16 }),
        model: nn.sequential(nn.flatten(), nn.linear(2)),
        augment: [
          augment.randomCrop(8, { padding: 1 }),
          augment.hflip(),
          augment.normalize({ mean: [0.4, 0.4, 0.4], std: [0.3, 0.3, 0.3] }),
          augment.mixup(0.2),
        ],
        loss: loss.crossEntropy(),
        optimizer: optim.adam({ lr: 0.01 }),
        batchSize: 16,
        seed: 4,
      });
    await inContext(testContext(backend), async () => {
      const [first, second] = [await make().fit({ epochs: 20 }), await make().fit({ epochs: 20 })];
      expect(first.weights.parameters).toEqual(second.weights.parameters);
      expect(first.final.validLoss).toBeLessThan(0.6);
      const one = bright.slice(0, 0, 4);
      const byHand = one.sub(0.4).div(0.3).reshape([4, 192]);
      const { "1.weight": weight, "1.bias": bias } = first.stateDict();
      const wanted = byHand.matmul((weight as HostTensor).transpose()).add(bias as HostTensor);
      expect((await first.predict(one)).data).toBeAllclose(wanted.data, { rtol: 1e-3, atol: 1e-4 });
    });
  });
});

describe("colours and blur, against loops written from torchvision's definitions", () => {
  const picture = tensor.rand([1, 3, 4, 5], { seed: 2 });
  const pixel = (c: number, i: number) => picture.data[c * 20 + i] as number;
  const gray = (i: number) => 0.2989 * pixel(0, i) + 0.587 * pixel(1, i) + 0.114 * pixel(2, i);
  const clip = (v: number) => Math.min(1, Math.max(0, v));
  const each = (f: (v: number, c: number, i: number) => number) =>
    Array.from({ length: 60 }, (_, at) => clip(f(pixel(Math.floor(at / 20), at % 20), Math.floor(at / 20), at % 20)));

  test("contrast goes away from the mean gray of the image", () => {
    const mean = Array.from({ length: 20 }, (_, i) => gray(i)).reduce((a, b) => a + b, 0) / 20;
    const wanted = each((v) => 1.7 * v + (1 - 1.7) * mean);
    expect(augment.functional.adjustContrast(picture, 1.7).data).toBeAllclose(wanted, { rtol: 1e-5, atol: 1e-6 });
  });

  test("saturation goes away from the gray of the pixel", () => {
    const wanted = each((v, _c, i) => 0.4 * v + 0.6 * gray(i));
    expect(augment.functional.adjustSaturation(picture, 0.4).data).toBeAllclose(wanted, { rtol: 1e-5, atol: 1e-6 });
  });

  test("brightness, gamma and their opposite", () => {
    const { adjustBrightness, gamma, invert } = augment.functional;
    expect(adjustBrightness(picture, 1.5).data).toBeAllclose(
      each((v) => 1.5 * v),
      { rtol: 1e-5, atol: 1e-6 },
    );
    expect(gamma(picture, 2.2, 0.9).data).toBeAllclose(
      each((v) => 0.9 * v ** 2.2),
      { rtol: 1e-5, atol: 1e-6 },
    );
    expect(invert(picture).data).toBeAllclose(
      each((v) => 1 - v),
      { rtol: 1e-5, atol: 1e-6 },
    );
  });

  test("a blurred pixel is the weighted mean of its neighbours, mirrored at the edges", () => {
    const mirrored = (i: number, n: number) => (i < 0 ? -i : i >= n ? 2 * n - 2 - i : i);
    const weights = [-1, 0, 1].map((d) => Math.exp((-d * d) / (2 * 0.8 * 0.8)));
    const total = weights.reduce((a, b) => a + b, 0);
    const wanted = each((_v, c, i) => {
      let sum = 0;
      for (const down of [-1, 0, 1]) {
        for (const right of [-1, 0, 1]) {
          const at = mirrored(Math.floor(i / 5) + down, 4) * 5 + mirrored((i % 5) + right, 5);
          sum += ((weights[down + 1] as number) * (weights[right + 1] as number) * pixel(c, at)) / total ** 2;
        }
      }
      return sum;
    });
    expect(augment.functional.blur(picture, 3, 0.8).data).toBeAllclose(wanted, { rtol: 1e-5, atol: 1e-6 });
  });
});

describe("the amounts that are drawn lie where the options say, and reach to both ends", () => {
  const column = tensor.linspace(0, 1, 64).reshape([1, 1, 1, 64]).broadcastTo([256, 1, 64, 64]);
  const run = (augmentation: Augmentation) => {
    const x = input("x", column.shape);
    const { output } = traceModel(augmented(nn.identity(), [augmentation]), x, {
      ...{ parameters: {}, buffers: {}, training: true },
      ...{ seed: constant(9, [], "u32"), step: constant(0, [], "u32") },
    });
    const [data] = runGraphNow(new Calculator(), [output], { x: column.data });
    return { data: data as Float32Array };
  };
  const extremes = (values: readonly number[]) => [Math.min(...values), Math.max(...values)] as const;

  test("scale", () => {
    const { data } = run(augment.scale([0.5, 2], { fill: -1 }));
    // the middle row climbs by 1/63 / factor from pixel to pixel
    const factors = Array.from({ length: 256 }, (_, i) => {
      const at = i * 4096 + 32 * 64 + 31;
      return 1 / 63 / ((data[at + 1] as number) - (data[at] as number));
    });
    const [low, high] = extremes(factors);
    expect(low).toBeGreaterThan(0.499);
    expect(low).toBeLessThan(0.53);
    expect(high).toBeGreaterThan(1.95);
    expect(high).toBeLessThan(2.001);
  });

  test("rotation", () => {
    const { data } = run(augment.rotation(40, { fill: -1 }));
    const angles = Array.from({ length: 256 }, (_, i) => {
      const at = i * 4096 + 32 * 64 + 31;
      const [along, down] = [
        (data[at + 1] as number) - (data[at] as number),
        (data[at + 64] as number) - (data[at] as number),
      ];
      return (Math.atan2(down, along) * 180) / Math.PI;
    });
    const [low, high] = extremes(angles);
    expect(low).toBeGreaterThan(-40.1);
    expect(low).toBeLessThan(-36);
    expect(high).toBeLessThan(40.1);
    expect(high).toBeGreaterThan(36);
  });

  test("the parts of randomResizedCrop", () => {
    const { data } = run(augment.randomResizedCrop(16, { scale: [0.25, 0.25], ratio: [1, 1] }));
    for (let i = 0; i < 256; i++) {
      const at = i * 256 + 8 * 16 + 7;
      // a part 32 wide in 16 pixels: two pixels of the image from one to the next
      expect((data[at + 1] as number) - (data[at] as number)).toBeCloseTo(2 / 63, 4);
    }
    const lefts = Array.from({ length: 256 }, (_, i) => (data[i * 256] as number) * 63);
    const [low, high] = extremes(lefts);
    expect(low).toBeLessThan(2.5);
    expect(high).toBeGreaterThan(29);
    expect(high).toBeLessThan(32.6);
  });
});

test("inspect.augmentation shows images and their variants", async () => {
  const backend = await wasmProvider.open({ threads: 1, log: () => {} });
  const labels = tensor(
    Array.from({ length: 16 }, (_, i) => i % 2),
    { dtype: "i32" },
  );
  const of = (pipeline: readonly Augmentation[]) =>
    globals.experiment({
      data: data.tensors({ x: images, y: labels }),
      model: nn.sequential(nn.flatten(), nn.linear(2)),
      augment: pipeline,
      loss: loss.crossEntropy(),
      optimizer: optim.sgd(),
      batchSize: 4,
    });
  const context = testContext(backend);
  await inContext(context, async () => {
    const mean = [0.5, 0.5, 0.5];
    await of([augment.hflip(1), augment.normalize({ mean, std: mean })]).inspect.augmentation({
      examples: 2,
      variants: 3,
    });
    await expect(of([]).inspect.augmentation()).rejects.toThrow("inspect.augmentation: the experiment has none");
  });
  const gallery = context.events
    .flatMap((e) => (e.event === "output" ? e.output.items : []))
    .find(({ mime }) => mime === GALLERY_MIME);
  const { pictures, columns } = (gallery as { data: Gallery }).data;
  expect(columns).toBe(4);
  expect(pictures.map(({ caption }) => caption)).toEqual(
    [0, 1].flatMap((i) => [pictures[i * 4]?.caption, "step 1", "step 2", "step 3"]),
  );
  const bytes = (i: number) => Buffer.from(pictures[i]?.pixels as string, "base64");
  expect(bytes(1).subarray(0, 3)).toEqual(bytes(0).subarray(21, 24)); // the first pixel is the last of its row before
  await backend.close();
});
