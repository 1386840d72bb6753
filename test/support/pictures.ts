import { Dataset } from "../../engine/data/index.ts";
import { HostTensor } from "../../engine/tensor/index.ts";

/** `count` noisy pictures [1, 6, 6] in three classes: stripes at three angles, the same on every machine. */
export function pictures(count: number): Dataset {
  const x = new Float32Array(count * 36);
  const y = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    y[i] = i % 3;
    for (let k = 0; k < 36; k++) {
      const [row, column] = [Math.floor(k / 6), k % 6];
      const along = [row, column, row + column][i % 3] as number;
      x[i * 36 + k] = Math.sin(along + i) + 0.6 * Math.sin(i * 7.13 + k * 2.71);
    }
  }
  return new Dataset({
    name: "pictures",
    x: new HostTensor([count, 1, 6, 6], "f32", x),
    y: new HostTensor([count], "i32", y),
    task: "classification",
    featureNames: [],
    classes: ["0", "1", "2"],
  });
}
