import type { Estimator } from "./estimator.ts";

/** Each example is of the class whose mean is nearest, by Euclidean distance; the first of equals. Classes without examples are never said. */
export const nearestMean: Estimator = ({ x, y, features, classes }) => {
  const means = new Float64Array(classes * features);
  const counts = new Float64Array(classes);
  for (let i = 0; i < y.length; i++) {
    const c = y[i] as number;
    counts[c] = (counts[c] as number) + 1;
    for (let f = 0; f < features; f++) {
      means[c * features + f] = (means[c * features + f] as number) + (x[i * features + f] as number);
    }
  }
  for (let i = 0; i < means.length; i++) means[i] = (means[i] as number) / (counts[Math.floor(i / features)] as number);
  return (given) =>
    Int32Array.from({ length: given.length / features }, (_, i) => {
      let [best, least] = [0, Number.POSITIVE_INFINITY];
      for (let c = 0; c < classes; c++) {
        let distance = 0;
        for (let f = 0; f < features; f++) {
          distance += ((given[i * features + f] as number) - (means[c * features + f] as number)) ** 2;
        }
        if (distance < least) [best, least] = [c, distance];
      }
      return best;
    });
};
