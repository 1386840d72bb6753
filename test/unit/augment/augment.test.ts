import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Augmentation, augment, augmentations, augmented } from "../../../engine/augment/index.ts";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import { data } from "../../../engine/data/index.ts";
import { tensor } from "../../../engine/eager/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { nn, traceModel } from "../../../engine/nn/index.ts";
import { constant, evaluate, input, type Tensor } from "../../../engine/ops/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { runGraph } from "../../../engine/plan/index.ts";
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
