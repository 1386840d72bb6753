import { normal, words } from "../engine/random/index.ts";
import { HostTensor, sizeOf } from "../engine/tensor/index.ts";
import type { Job } from "./workload.ts";

/**
 * Examples with something to learn, drawn by `seed`: x [N, ...] and y. Classes are blobs around a random centre each; tokens
 * follow each other by a rule with exceptions; values are to be given back, y = x.
 */
export function draw(
  { data, examples }: Pick<Job, "data" | "examples">,
  seed: number,
): { x: HostTensor; y: HostTensor } {
  switch (data.kind) {
    case "classes": {
      const size = sizeOf(data.shape);
      const centres = normal(seed, 1, data.classes * size);
      const x = normal(seed, 2, examples * size);
      const y = new Int32Array(words(seed, 3, 0, examples)).map((word) => (word >>> 0) % data.classes);
      for (let i = 0; i < examples; i++) {
        const centre = (y[i] as number) * size;
        for (let k = 0; k < size; k++)
          x[i * size + k] = (x[i * size + k] as number) + 0.5 * (centres[centre + k] as number);
      }
      return { x: new HostTensor([examples, ...data.shape], "f32", x), y: new HostTensor([examples], "i32", y) };
    }
    case "values": {
      const shape = [examples, ...data.shape];
      const x = new HostTensor(shape, "f32", normal(seed, 2, sizeOf(shape)));
      return { x, y: x };
    }
    case "tokens": {
      const { length, vocabulary } = data;
      const chance = words(seed, 2, 0, examples * (length + 1));
      const [x, y] = [new Int32Array(examples * length), new Int32Array(examples * length)];
      for (let i = 0; i < examples; i++) {
        let token = 0;
        for (let t = 0; t <= length; t++) {
          const word = chance[i * (length + 1) + t] as number;
          token = t === 0 || word % 4 === 0 ? (word >>> 8) % vocabulary : (3 * token + 1) % vocabulary;
          if (t < length) x[i * length + t] = token;
          if (t > 0) y[i * length + t - 1] = token;
        }
      }
      return { x: new HostTensor([examples, length], "i32", x), y: new HostTensor([examples, length], "i32", y) };
    }
    default:
      return data satisfies never;
  }
}
