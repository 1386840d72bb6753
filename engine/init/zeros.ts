import { defineInit } from "./definition.ts";

export const zeros = defineInit({
  summary: "0 everywhere.",
  params: {},
  sample: ({ size }) => new Float32Array(size),
});
