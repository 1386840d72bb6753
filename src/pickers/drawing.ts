import type { Preview } from "../../engine/protocol/index.ts";
import type { Drawing } from "../language/thumbnail.ts";

const [WIDTH, HEIGHT] = [480, 160];

/** What the kernel computed, as a drawing like those of hovers. Null when it computed nothing. */
export function drawingOf({ curve, density, run }: Preview): Drawing | null {
  if (curve !== null) {
    const top = Math.max(...curve.lr, 0);
    const last = curve.step.at(-1) ?? 0;
    const epochs = run.steps / run.stepsPerEpoch;
    const waits = curve.waits.length > 0 ? `; ${curve.waits.join(" and ")} taken to stop improving after a fifth` : "";
    const size = `${count(run.steps)} steps, ${count(run.stepsPerEpoch)} an epoch, optimizer's lr ${short(run.lr)}`;
    return {
      kind: "curve",
      note: `${run.known ? "This run" : "An example run"}: ${size}${waits}`,
      x: ["0", epochs >= 1 ? `${count(epochs)} epoch${epochs === 1 ? "" : "s"}` : `${run.steps} steps`],
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
    note: `Weights [${shape.join(", ")}]: mean ${short(Math.abs(mean) < std / 50 ? 0 : mean)}, std ${short(std)}`,
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

const count = (n: number) => String(Math.round(n * 10) / 10);
const short = (x: number) =>
  x === 0 ? "0" : Math.abs(x) < 1e-3 || Math.abs(x) >= 1e4 ? x.toExponential(1) : String(Number(x.toPrecision(3)));
