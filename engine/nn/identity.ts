import { defineLayer } from "./definition.ts";

export const identity = defineLayer({
  summary: "x itself: a place in a model that does nothing.",
  params: {},
  apply: (_scope, x) => x,
});
