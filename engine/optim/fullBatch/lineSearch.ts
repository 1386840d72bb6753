import type { Evaluation, Problem } from "./definition.ts";
import { dot, largest, plus } from "./vectors.ts";

/** A place on a line: how far, the loss there, and how it changes along the line. */
interface Point extends Evaluation {
  readonly t: number;
  readonly slope: number;
}

/** A line through `x` along `d`, with what is known where it begins. */
export interface Line {
  readonly problem: Problem;
  readonly x: Float64Array;
  readonly d: Float64Array;
  readonly at: Evaluation;
  /** The gradient at `x` times `d`: below 0. */
  readonly slope: number;
}

/** Share of the fall that the slope promises that a step must bring (Armijo). */
const ENOUGH = 1e-4;
const MOST_PROBES = 25;

/**
 * Halves the first step until the loss falls by enough: Nocedal & Wright 2006, algorithm 3.1. 0 where it never does, so
 * that nothing gets worse.
 */
export async function backtracking({ problem, x, d, at, slope }: Line, first: number): Promise<number> {
  let t = first;
  for (let probe = 0; probe < MOST_PROBES; probe++) {
    const loss = await problem.loss(plus(x, d, t));
    if (loss <= at.loss + ENOUGH * t * slope) return t;
    t /= 2;
  }
  return 0;
}

/**
 * A step after which the loss has fallen by enough and the slope is at most `flat` of what it was: the strong Wolfe
 * conditions, found by bracketing and cubic interpolation as torch.optim.LBFGS does (after minFunc's).
 */
export async function strongWolfe(
  { problem, x, d, at, slope }: Line,
  first: number,
  { flat = 0.9, toleranceChange = 1e-9 } = {},
): Promise<Point> {
  const probe = async (t: number): Promise<Point> => {
    const there = await problem.evaluate(plus(x, d, t));
    return { ...there, t, slope: dot(there.gradient, d) };
  };
  const tooHigh = ({ loss, t }: Point) => loss > at.loss + ENOUGH * t * slope;
  const isFlat = (p: Point) => Math.abs(p.slope) <= -flat * slope;
  const start: Point = { ...at, t: 0, slope };
  let probes = 0;
  let before = start;
  let now = await probe(first);
  let bracket: [Point, Point] | undefined;
  for (; probes < MOST_PROBES; probes++) {
    if (tooHigh(now) || (probes > 1 && now.loss >= before.loss)) {
      bracket = [before, now];
      break;
    }
    if (isFlat(now)) return now;
    if (now.slope >= 0) {
      bracket = [before, now];
      break;
    }
    const next = cubic(before, now, now.t + 0.01 * (now.t - before.t), 10 * now.t);
    before = now;
    now = await probe(next);
  }
  bracket ??= [start, now];

  let [low, high] = bracket[0].loss <= bracket[1].loss ? bracket : [bracket[1], bracket[0]];
  let stuck = false;
  const length = largest(d);
  for (; probes < MOST_PROBES; probes++) {
    if (Math.abs(high.t - low.t) * length < toleranceChange) break;
    const [left, right] = [Math.min(low.t, high.t), Math.max(low.t, high.t)];
    let t = cubic(low, high, left, right);
    // near an end: once that may pass, twice it is moved a tenth inwards
    const margin = 0.1 * (right - left);
    if (Math.min(right - t, t - left) < margin) {
      const move: boolean = stuck || t >= right || t <= left;
      if (move) t = Math.abs(t - right) < Math.abs(t - left) ? right - margin : left + margin;
      stuck = !move;
    } else {
      stuck = false;
    }
    const there = await probe(t);
    if (tooHigh(there) || there.loss >= low.loss) {
      high = there;
      if (high.loss < low.loss) [low, high] = [high, low];
      continue;
    }
    if (isFlat(there)) return there;
    if (there.slope * (high.t - low.t) >= 0) high = low;
    low = there;
  }
  return low;
}

/** Where the cubic through both points' losses and slopes is lowest, kept between the bounds. */
function cubic(a: Point, b: Point, low: number, high: number): number {
  const d1 = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.t - b.t);
  const square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const d2 = Math.sqrt(square);
  const [near, far] = a.t <= b.t ? [a, b] : [b, a];
  const lowest = far.t - (far.t - near.t) * ((far.slope + d2 - d1) / (far.slope - near.slope + 2 * d2));
  return Math.min(Math.max(lowest, low), high);
}
