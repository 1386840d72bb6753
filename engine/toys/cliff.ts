import { add, exp, mul, relu, sqrt, square, sub } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineSurface } from "./definition.ts";

/** Within this distance of x = 0 the slope towards the foot levels out. */
const ROUND = 0.05;

/** How much the foot of the wall leans: it stands where x = -LEAN y. */
const LEAN = 0.4;

/**
 *   sqrt(x^2 + r^2) - r  +  y^2 / 10  +  height (1 - e^(-(u / width)^2 / 2)),   u = max(x + LEAN y, 0)
 *
 * The slope is at most 1 on the way, and up to height / (width sqrt(e)) on the wall.
 */
export const cliff = defineSurface({
  summary: "A gentle slope down to the foot of a wall: one step onto the wall throws the parameters far back.",
  paper:
    "Goodfellow, Bengio & Courville 2016, Deep Learning, section 8.2.4; Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063",
  params: {
    height: num(20, "(0, inf)", "Of the wall."),
    width: num(0.4, "(0, inf)", "Of the wall: the smaller, the steeper."),
  },
  formula: ({ height, width }) =>
    `sqrt(x^2 + 0.0025) - ${ROUND} + y^2 / 10 + ${height} (1 - exp(-max(x + ${LEAN} y, 0)^2 / ${Number((2 * width ** 2).toPrecision(3))}))`,
  domain: () => ({ x: [-6, 2], y: [-2.5, 2.5] }),
  finding: ({ height, width }) => {
    const steepest = (height / (width * Math.sqrt(Math.E))) * Math.hypot(1, LEAN);
    return `the wall is up to ${Number(steepest.toPrecision(3))} times as steep as the way to it`;
  },
  start: () => [-4.2, 1.5],
  minima: () => [[0, 0]],
  loss: ({ x, y }, { height, width }) => {
    const slope = sub(sqrt(add(square(x), ROUND ** 2)), ROUND);
    const onto = relu(add(x, mul(y, LEAN)));
    const wall = mul(sub(1, exp(mul(square(onto), -0.5 / width ** 2))), height);
    return add(add(slope, mul(square(y), 0.1)), wall);
  },
});
