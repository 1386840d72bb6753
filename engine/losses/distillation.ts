import { exp, logSoftmax, mul, sub, sum } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineLoss } from "./definition.ts";
import { reduction } from "./reduction.ts";
import { valueTarget } from "./values.ts";

/**
 *   output [N, C], the student's scores s; target [N, C], the teacher's t  ->  T^2 KL(softmax(t / T) || softmax(s / T))
 * for each example; the mean is over examples. T^2 keeps gradients as large as without a temperature.
 */
export const distillation = defineLoss({
  summary: "How far a student's softened probabilities are from a teacher's, whose scores are the targets.",
  paper: "Hinton, Vinyals & Dean 2015, arXiv:1503.02531, section 2",
  rule: ["l = T^2 KL(softmax(teacher / T) || softmax(x / T)),   T the temperature"],
  params: {
    temperature: num(2, "(0, inf)", "Divides the scores of both: higher ones say more of the unlikely classes."),
    reduction,
  },
  positional: "temperature",
  takes: ["value"],
  gives: "scores",
  terms: ({ output, target }, { temperature }) => {
    const soft = (scores: typeof output) => logSoftmax(mul(scores, 1 / temperature));
    const teacher = soft(valueTarget("distillation", output, target));
    const divergence = sum(mul(exp(teacher), sub(teacher, soft(output))), -1);
    return { each: mul(divergence, temperature ** 2) };
  },
});
