import { add, mul, square, sub } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineSurface } from "./definition.ts";

/** 1/2 (u^2 + condition v^2), with (u, v) the coordinates along and across the valley. */
export const ravine = defineSurface({
  summary:
    "A long valley, steep across and flat along: what suits one direction is too much or too little for the other.",
  paper: "Ruder 2016, arXiv:1609.04747, section 3",
  params: {
    condition: num(10, "[1, inf)", "Curvature across the valley over that along it, which is 1."),
    angle: num(
      0,
      "[-90, 90]",
      "Degrees by which the valley is turned from the x axis: rates of each coordinate help less.",
    ),
  },
  formula: ({ condition, angle }) =>
    angle === 0
      ? `(x^2 + ${condition} y^2) / 2`
      : `(u^2 + ${condition} v^2) / 2, with u and v along and across a valley at ${angle} degrees`,
  domain: ({ angle }) => (angle === 0 ? { x: [-6, 6], y: [-3, 3] } : { x: [-9, 9], y: [-6, 6] }),
  start: ({ angle }) => turned([-5, 2], angle),
  minima: () => [[0, 0]],
  loss: ({ x, y }, { condition, angle }) => {
    const [c, s] = [Math.cos(radians(angle)), Math.sin(radians(angle))];
    const along = add(mul(x, c), mul(y, s));
    const across = sub(mul(y, c), mul(x, s));
    return mul(add(square(along), mul(square(across), condition)), 0.5);
  },
});

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

function turned([u, v]: readonly [number, number], angle: number): readonly [number, number] {
  const [c, s] = [Math.cos(radians(angle)), Math.sin(radians(angle))];
  return [u * c - v * s, u * s + v * c];
}
