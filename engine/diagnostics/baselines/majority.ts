import type { Estimator } from "./estimator.ts";

/** Always says the most frequent class, the first of equals. */
export const majority: Estimator = ({ y, classes, features }) => {
  const counts = new Float64Array(classes);
  for (let i = 0; i < y.length; i++) counts[y[i] as number] = (counts[y[i] as number] as number) + 1;
  const most = counts.indexOf(Math.max(...counts));
  return (x) => new Int32Array(x.length / features).fill(most);
};
