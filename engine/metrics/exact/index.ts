/** Metrics of a whole set's scores, in f64 on the host, with scikit-learn's conventions. */
export * from "./binary.ts";
export * from "./calibration.ts";
export * from "./coverage.ts";
export * from "./curves.ts";
export * from "./multiclass.ts";
export * from "./multilabel.ts";
export { column, type Numbers, tops } from "./numbers.ts";
export * from "./probability.ts";
export * from "./regression.ts";
