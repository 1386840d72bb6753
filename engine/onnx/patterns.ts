import { type Tensor, turned, windows } from "../ops/index.ts";

/*
 * What some ops were before they were written in others: ONNX has an operator for the whole. Each is found by building it anew and
 * comparing how it is computed, so that nothing is taken for what it is not.
 */

/** The kernel that was turned round to make `weight`, as a transposed convolution does. */
export function unturned(weight: Tensor, groups: number): Tensor | undefined {
  return sourceOf(weight, (source) => {
    const [c = 0, o = 0] = source.shape;
    const fits = source.rank === weight.rank && c % groups === 0 && o > 0;
    return fits && alike(turned(source, groups), weight);
  });
}

/** Windows over all axes behind [N, C]. */
export interface Windowed {
  readonly source: Tensor;
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

/** What x is all windows of, [N, C, ...positions, ...size]. */
export function windowsIn(x: Tensor): Windowed | undefined {
  const spatial = (x.rank - 2) / 2;
  if (![1, 2, 3].includes(spatial)) return undefined;
  const size = x.shape.slice(2 + spatial);
  const apart = { size, stride: size, dilation: size.map(() => 1) };
  const { stride, dilation } = x.op === "slide" ? (x.attrs as unknown as typeof apart) : apart;
  const axes = size.map((_, a) => 2 + a);
  const source = sourceOf(x, (candidate) => {
    const longEnough = size.every((k, a) => (dilation[a] as number) * (k - 1) < (candidate.shape[2 + a] ?? 0));
    return (
      candidate.rank === 2 + spatial && longEnough && alike(windows(candidate, { axes, size, stride, dilation }), x)
    );
  });
  return source && { source, size, stride, dilation };
}

/** The first of x's ancestors, as long as there is one of each, that is what is looked for. */
function sourceOf(x: Tensor, is: (candidate: Tensor) => boolean): Tensor | undefined {
  for (let source: Tensor | undefined = x; source; source = source.inputs[0]) {
    if (is(source)) return source;
    if (source.inputs.length !== 1) return undefined;
  }
  return undefined;
}

/** Whether two values are computed alike from the same inputs. */
function alike(a: Tensor, b: Tensor): boolean {
  if (a === b) return true;
  return (
    a.op === b.op &&
    a.inputs.length > 0 &&
    a.inputs.length === b.inputs.length &&
    JSON.stringify(a.attrs) === JSON.stringify(b.attrs) &&
    a.inputs.every((x, i) => alike(x, b.inputs[i] as Tensor))
  );
}
