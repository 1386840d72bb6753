import { mul, sigmoid } from "../ops/index.ts";
import { defineLayer } from "./definition.ts";

export const silu = defineLayer({
  summary: "x sigmoid(x), also called swish.",
  paper: "Elfwing, Uchibe & Doya 2018, arXiv:1702.03118, section 3; Ramachandran, Zoph & Le 2017, arXiv:1710.05941",
  params: {},
  apply: (_scope, x) => mul(x, sigmoid(x)),
});
