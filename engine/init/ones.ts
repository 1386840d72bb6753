import { defineInit } from "./definition.ts";

export const ones = defineInit({
  summary: "1 everywhere.",
  params: {},
  sample: ({ size }) => new Float32Array(size).fill(1),
});
