export { autoencoder } from "./autoencoder.ts";
export { deepTanh } from "./deepTanh.ts";
export { residual } from "./residual.ts";
export { W1 } from "./w1.ts";
export { W2 } from "./w2.ts";
export { W3 } from "./w3.ts";
export { W4 } from "./w4.ts";
