import { significant } from "./format.ts";
import { definePlot } from "./plot.ts";
import { type MapState, mapDatasets, mapHints, mapPanel, mapParams, mapTitle } from "./surfaceMap.ts";

export interface ToySurfaceState extends MapState {
  readonly name: string;
  readonly formula: string;
  /** What is special about it, in a few words with numbers. */
  readonly finding: string;
}

export const toySurface = definePlot<ToySurfaceState>({
  kind: "plot",
  summary: "A loss of two parameters as a map with lines of equal loss.",

  title: ({ name, finding }) => `${name}: ${finding}`,

  text: ({ name, formula, minima, start, grid: { x, y, values } }) => {
    const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
    const places = minima.map(([a, b]) => `(${significant(a)}, ${significant(b)})`).join(", ");
    return [
      `map of the surface ${name}, ${formula}, for x from ${x[0]} to ${x[1]} and y from ${y[0]} to ${y[1]}`,
      `losses from ${significant(low)} to ${significant(high)}`,
      minima.length ? `minima at ${places}` : "no minimum",
      `start at (${start.map(significant).join(", ")})`,
    ].join("; ");
  },

  spec: (state) => ({
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    usermeta: { dlnb: mapHints(state) },
    params: mapParams(state),
    spacing: 12,
    vconcat: [mapPanel(state, mapTitle(state.name, state.formula), [])],
  }),

  datasets: mapDatasets,

  example: () => {
    const [nx, ny] = [31, 21];
    const values = Float64Array.from({ length: nx * ny }, (_, i) => {
      const [x, y] = [-3 + (6 * (i % nx)) / (nx - 1), -2 + (4 * Math.floor(i / nx)) / (ny - 1)];
      return (x * x + 10 * y * y) / 2;
    });
    return {
      name: "ravine",
      formula: "(x^2 + 10 y^2) / 2",
      grid: { x: [-3, 3], y: [-2, 2], nx, ny, values },
      minima: [[0, 0]],
      start: [-2, 1],
      finding: "curvature 1 one way and 10 the other at the minimum",
    };
  },
});
