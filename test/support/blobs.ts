import { Dataset } from "../../engine/data/index.ts";
import { HostTensor } from "../../engine/tensor/index.ts";

/** Three noisy blobs in four dimensions: learnable, not trivial, the same on every machine. */
export function blobs(count: number, salt = 0): Dataset {
  const x = new Float32Array(count * 4);
  const y = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    y[i] = i % 3;
    for (let k = 0; k < 4; k++) x[i * 4 + k] = Math.sin((i + salt) * 7.13 + k * 2.71) + (k === i % 3 ? 1.5 : 0);
  }
  return new Dataset({
    name: "blobs",
    x: new HostTensor([count, 4], "f32", x),
    y: new HostTensor([count], "i32", y),
    task: "classification",
    featureNames: ["a", "b", "c", "d"],
    classes: ["0", "1", "2"],
  });
}
