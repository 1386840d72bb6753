import { maybeContext } from "../context/index.ts";
import { evaluate, gradients, input, sum, type Tensor, type Values } from "../ops/index.ts";
import type { SurfaceGrid } from "../plots/contours.ts";
import { toySurface } from "../plots/toySurface.ts";
import { CHART_MIME, type OutputItem } from "../protocol/index.ts";
import type { Point, SurfaceInstance } from "./definition.ts";

/** Points of the drawn grid along the longer axis. */
const GRID = 121;

/**
 * A loss of two parameters: where it is drawn, where it starts, where it is lowest, and what it is anywhere, with gradient
 * and Hessian by the engine (f64). As a cell's last value it is a map.
 */
export class Surface {
  readonly type: string;
  readonly options: SurfaceInstance["options"];
  readonly #instance: SurfaceInstance;
  #grid: SurfaceGrid | undefined;

  constructor(made: SurfaceInstance) {
    this.type = made.type;
    this.options = made.options;
    this.#instance = made;
  }

  get formula(): string {
    return this.#instance.definition.formula(this.options);
  }

  get domain(): { readonly x: Point; readonly y: Point } {
    return this.#instance.definition.domain(this.options);
  }

  get start(): Point {
    return this.#instance.definition.start(this.options);
  }

  /** Every place of lowest loss; none where it falls for ever. */
  get minima(): readonly Point[] {
    return this.#instance.definition.minima(this.options);
  }

  /** What is special about it, in a few words. */
  get finding(): string {
    const { definition } = this.#instance;
    const [minimum] = this.minima;
    if (definition.finding) return definition.finding(this.options);
    if (!minimum) return "no minimum, the loss falls for ever";
    const [low, high] = this.curvatures(minimum);
    const shape = `curvature ${short(low)} one way and ${short(high)} the other`;
    const place = `(${minimum.map(short).join(", ")})`;
    return `${shape} at its minimum ${place}: plain gradient descent is stable there below lr ${short(2 / high)}`;
  }

  /** The definition's loss as a graph over `x` and `y`. */
  graph(at: { readonly x: Tensor; readonly y: Tensor }): Tensor {
    return this.#instance.definition.loss(at, this.options);
  }

  /** The loss at every one of some points. */
  losses(points: readonly Point[]): number[] {
    const { loss, values } = this.#over(points);
    return [...(evaluate([loss], values)[0] as Values).data];
  }

  loss(point: Point): number {
    return this.losses([point])[0] as number;
  }

  gradient(point: Point): Point {
    const { loss, x, y, values } = this.#over([point]);
    const [dx, dy] = evaluate(gradients(sum(loss), [x, y]), values).map(({ data }) => data[0] as number);
    return [dx as number, dy as number];
  }

  /** Second derivatives: [[xx, xy], [xy, yy]]. */
  hessian(point: Point): readonly [Point, Point] {
    const { loss, x, y, values } = this.#over([point]);
    const rows = gradients(sum(loss), [x, y]).map((first) => {
      const [a, b] = evaluate(gradients(sum(first), [x, y]), values).map(({ data }) => data[0] as number);
      return [a as number, b as number] as const;
    });
    return rows as unknown as readonly [Point, Point];
  }

  /** Eigenvalues of the Hessian, the smaller first: both positive at a minimum, of two signs at a saddle. */
  curvatures(point: Point): Point {
    const [[xx, xy], [, yy]] = this.hessian(point);
    const middle = (xx + yy) / 2;
    const spread = Math.hypot((xx - yy) / 2, xy);
    return [middle - spread, middle + spread];
  }

  /** Distance to the nearest minimum; null where there is none. */
  distance([x, y]: Point): number | null {
    const all = this.minima.map(([a, b]) => Math.hypot(x - a, y - b));
    return all.length ? Math.min(...all) : null;
  }

  /** The losses that are drawn: rows of y from low to high, each along x. */
  grid(): SurfaceGrid {
    this.#grid ??= this.#sampled();
    return this.#grid;
  }

  #sampled(): SurfaceGrid {
    const { x, y } = this.domain;
    const [width, height] = [x[1] - x[0], y[1] - y[0]];
    const nx = Math.round(width >= height ? GRID : 1 + ((GRID - 1) * width) / height);
    const ny = Math.round(height >= width ? GRID : 1 + ((GRID - 1) * height) / width);
    const at = (i: number): Point => [
      x[0] + (width * (i % nx)) / (nx - 1),
      y[0] + (height * Math.floor(i / nx)) / (ny - 1),
    ];
    const values = this.losses(Array.from({ length: nx * ny }, (_, i) => at(i)));
    return { x, y, nx, ny, values: Float64Array.from(values) };
  }

  #over(points: readonly Point[]) {
    const shape = [points.length];
    const column = (axis: 0 | 1): Values => ({
      shape,
      dtype: "f32",
      data: Float64Array.from(points, (point) => point[axis]),
    });
    const [x, y] = [input("x", shape), input("y", shape)];
    return { x, y, loss: this.graph({ x, y }), values: { x: column(0), y: column(1) } };
  }

  toString(): string {
    const minima = this.minima.map(([x, y]) => `(${short(x)}, ${short(y)})`);
    const lowest = minima.length ? `lowest at ${minima.join(", ")}` : "no minimum: it falls for ever";
    return `${this.type}: ${this.formula}; ${lowest}; races begin at (${this.start.map(short).join(", ")})`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  [Symbol.for("dlnb.display")](): OutputItem[] {
    const { type: name, formula, minima, start } = this;
    const state = { name, formula, finding: this.finding, grid: this.grid(), minima, start };
    const chart = toySurface.chart(maybeContext()?.freshId("chart") ?? "chart", state, false);
    return [
      { mime: CHART_MIME, data: chart },
      { mime: "text/plain", data: `${chart.title}\n${this}` },
    ];
  }
}

const short = (value: number): string => String(Number(value.toPrecision(3)));
