import { num, required } from "../params/index.ts";
import { defineInit } from "./definition.ts";

export const constant = defineInit({
  summary: "The same number everywhere. As a weight it keeps the units of a layer equal for ever.",
  params: { value: num(required, "(-inf, inf)", "The number.") },
  positional: "value",
  sample: ({ size }, { value }) => new Float32Array(size).fill(value),
});
