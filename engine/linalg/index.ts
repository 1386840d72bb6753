export { type Eigen, symmetricEigen, tridiagonalEigen } from "./eigen.ts";
