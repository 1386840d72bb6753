import { choice, num } from "../params/index.ts";
import { defineInit } from "./definition.ts";
import { drawNormal, drawUniform } from "./draw.ts";
import { fanMode, fanOf } from "./fan.ts";
import { drawTruncated } from "./truncated.ts";

/** Deviation of N(0, 1) cut off at two deviations. */
const CUT_AT_TWO = 0.8796256610342398;

export const varianceScaling = defineInit({
  summary:
    "Variance k / fan: the general form. randn sqrt(1/n) is k = 1 by fanIn, randn sqrt(2/n) is k = 2, randn sqrt(k/(n+m)) is fanSum; by fanAvg k = 1 is Glorot's.",
  paper: "Glorot & Bengio 2010; He et al. 2015, arXiv:1502.01852; as VarianceScaling of Keras, whose scale is k",
  rule: ["var(w) = k / fan"],
  params: {
    k: num(1, "(0, inf)", "Variance times fan."),
    mode: fanMode("fanIn"),
    distribution: choice(
      "normal",
      ["normal", "uniform", "truncNormal"],
      "All of that variance; truncNormal is cut off at two deviations and made wider to have it.",
    ),
  },
  sample: (target, { k, mode, distribution }) => {
    const std = Math.sqrt(k / fanOf(target, mode));
    if (distribution === "normal") return drawNormal(target, 0, std);
    if (distribution === "uniform") return drawUniform(target, -Math.sqrt(3) * std, Math.sqrt(3) * std);
    const wider = std / CUT_AT_TWO;
    return drawTruncated(target, { mean: 0, std: wider, low: -2 * wider, high: 2 * wider }) as Float32Array;
  },
});
