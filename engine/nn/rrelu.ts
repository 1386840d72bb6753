import { ConfigError } from "../errors/index.ts";
import { add, greater, mul, select } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineLayer } from "./definition.ts";

export const rrelu = defineLayer({
  summary:
    "x above 0, and below it x times a slope drawn from lower to upper, anew for every element and step; their middle in evaluation.",
  paper: "Xu, Wang, Chen & Li 2015, arXiv:1505.00853, section 2.4",
  params: {
    lower: num(1 / 8, "[0, inf)", "Smallest slope."),
    upper: num(1 / 3, "[0, inf)", "Largest slope."),
  },
  validate: ({ lower, upper }) => {
    if (lower > upper) throw new ConfigError(`rrelu: lower = ${lower} is above upper = ${upper}`);
  },
  apply: (scope, x, { lower, upper }) => {
    const slope = scope.training ? add(lower, mul(scope.uniform(x.shape), upper - lower)) : (lower + upper) / 2;
    return select(greater(x, 0), x, mul(x, slope));
  },
});
