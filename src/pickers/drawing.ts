import type { Preview } from "../../engine/protocol/index.ts";
import { many, number, words } from "../../l10n/index.ts";
import type { Drawing } from "../language/thumbnail.ts";

const [WIDTH, HEIGHT] = [480, 160];

const WORDS = words({
  known: "This run: {0} steps, {1} an epoch, optimizer's lr {2}",
  example: "An example run: {0} steps, {1} an epoch, optimizer's lr {2}",
  waits: "{0}; {1} taken to stop improving after a fifth",
  epochs: many("{0} epoch", "{0} epochs"),
  steps: many("{0} step", "{0} steps"),
  weights: "Weights [{0}]: mean {1}, std {2}",
});

/** What the kernel computed, as a drawing like those of hovers. Null when it computed nothing. */
export function drawingOf({ curve, density, run }: Preview): Drawing | null {
  if (curve !== null) {
    const top = Math.max(...curve.lr, 0);
    const last = curve.step.at(-1) ?? 0;
    const epochs = run.steps / run.stepsPerEpoch;
    const size = [count(run.steps), count(run.stepsPerEpoch), short(run.lr)] as const;
    const drawn = run.known ? WORDS.known(...size) : WORDS.example(...size);
    return {
      kind: "curve",
      note: curve.waits.length > 0 ? WORDS.waits(drawn, curve.waits.join(", ")) : drawn,
      x: ["0", epochs >= 1 ? WORDS.epochs(Math.round(epochs * 10) / 10) : WORDS.steps(run.steps)],
      y: ["0", short(top)],
      paths: [points(curve.step, curve.lr, [0, last], [0, top])],
    };
  }
  if (density === null) return null;
  const { center, share, std, mean, shape } = density;
  const half = ((center[1] ?? 1) - (center[0] ?? 0)) / 2;
  const [left, right] = [(center[0] ?? 0) - half, (center.at(-1) ?? 0) + half];
  const x = [left, ...center.flatMap((at) => [at - half, at + half]), right];
  const y = [0, ...share.flatMap((of) => [of, of]), 0];
  return {
    kind: "density",
    note: WORDS.weights(shape.join(", "), short(Math.abs(mean) < std / 50 ? 0 : mean), short(std)),
    x: [short(left), short(right)],
    y: ["", ""],
    paths: [points(x, y, [left, right], [0, Math.max(...share)])],
  };
}

function points(
  xs: readonly number[],
  ys: readonly number[],
  [left, right]: readonly [number, number],
  [low, high]: readonly [number, number],
): string {
  return xs
    .map((x, i) => {
      const across = (WIDTH * (x - left)) / (right - left || 1);
      const down = HEIGHT - (HEIGHT * ((ys[i] as number) - low)) / (high - low || 1);
      return `${across.toFixed(1)},${down.toFixed(1)}`;
    })
    .join(" ");
}

const count = (n: number) => number(Math.round(n * 10) / 10);
const short = (x: number) =>
  x === 0 ? "0" : Math.abs(x) < 1e-3 || Math.abs(x) >= 1e4 ? x.toExponential(1) : String(Number(x.toPrecision(3)));
