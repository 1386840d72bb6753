import { ShapeError } from "../errors/index.ts";
import { add, iota, lessEqual, not, or, pad, reshape, select, softmax, type Tensor } from "../ops/index.ts";
import { bool, int } from "../params/index.ts";
import { type Shape, sameShape, show } from "../tensor/index.ts";
import { defineLayer } from "./definition.ts";

/** Docs of the masks that attention takes. */
export const maskInputs = {
  attnMask:
    "What a place does not see, [T, S], [N heads, T, S] or [N, heads, T, S]: true is hidden; f32 is added to the scores.",
  keyPaddingMask: "Keys that nobody sees, [N, S], as tokens.equal(0): true is hidden; f32 is added to the scores.",
} as const;

/**
 * Scores [N, heads, T, S]  ->  weights whose rows sum to 1; a row that sees nothing is NaN, as PyTorch's.
 *
 * A layer of its own within every attention, so that what looks at layers finds the weights. The last `open` keys are seen
 * whatever the masks say.
 */
export const attentionWeights = defineLayer({
  summary: "How much each place looks at each other: softmax of the scores, of hidden places none.",
  params: {
    causal: bool(false, "Whether a place sees only itself and those before it."),
    open: int(0, "[0, inf)", "Last keys that masks do not hide."),
  },
  inputs: maskInputs,
  apply: (_scope, scores, { causal, open }, { attnMask, keyPaddingMask }) => {
    const [n, heads, t, all] = scores.shape as [number, number, number, number];
    const s = all - open;
    const places = [1, 1, t, s];
    const masks = [
      ...(causal ? [not(lessEqual(iota(places, 3), iota(places, 2)))] : []),
      ...(attnMask ? [attentionMask(attnMask, [n, heads, t, s])] : []),
      ...(keyPaddingMask ? [reshape(checked("keyPaddingMask", keyPaddingMask, [[n, s]]), [n, 1, 1, s])] : []),
    ].map((mask) => pad(mask, { lo: [0, 0, 0, 0], hi: [0, 0, 0, open] }));
    const hidden = masks.filter(({ dtype }) => dtype === "bool");
    const added = masks.filter(({ dtype }) => dtype === "f32").reduce((sum, mask) => add(sum, mask), scores);
    return softmax(
      hidden.length
        ? select(
            hidden.reduce((a, b) => or(a, b)),
            -Infinity,
            added,
          )
        : added,
    );
  },
});

function attentionMask(mask: Tensor, scores: Shape): Tensor {
  const [n, heads, t, s] = scores as [number, number, number, number];
  const given = checked("attnMask", mask, [[t, s], [n * heads, t, s], scores]);
  return reshape(given, given.rank === 2 ? [1, 1, t, s] : scores);
}

/** Throws ShapeError for a mask of none of the shapes. */
function checked(name: string, mask: Tensor, shapes: readonly Shape[]): Tensor {
  const known = mask.dtype === "bool" || mask.dtype === "f32";
  if (known && shapes.some((shape) => sameShape(shape, mask.shape))) return mask;
  const wanted = shapes.map((shape) => show(shape)).join(" or ");
  throw new ShapeError(`${name} is ${show(mask.shape)} ${mask.dtype}, not ${wanted} bool or f32`);
}
