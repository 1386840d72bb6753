import { permutation } from "../../random/index.ts";

/** Streams of the order of blocks, and of the examples within a window; the seed of both is the experiment's. */
const BLOCK_STREAM = 0x5eed0004;
const WINDOW_STREAM = 0x5eed0005;

/** Bytes of neighbouring examples that are read together. */
const BLOCK_BYTES = 1 << 17;
/** Bytes of examples that are shuffled among each other and are in memory together. */
const WINDOW_BYTES = 1 << 25;

/** Examples of so many bytes that fill a window. */
export const defaultBuffer = (rowBytes: number): number => Math.max(1, Math.floor(WINDOW_BYTES / rowBytes));

/** Examples of a window: `buffer`, as whole batches, and not more batches than `count` examples have. */
export const windowOf = (count: number, buffer: number, batchSize: number): number =>
  batchSize * Math.min(Math.ceil(count / batchSize), Math.max(1, Math.floor(buffer / batchSize)));

/**
 * The order in which a streamed set is visited in an epoch: blocks of neighbours are drawn, as many as fill a window, and the examples
 * of a window are shuffled among each other. A function of the seed, the epoch and the sizes alone.
 */
export function streamedOrder(
  { count, rowBytes, window }: { count: number; rowBytes: number; window: number },
  seed: number,
  epoch: number,
): Int32Array {
  const block = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes));
  const order = new Int32Array(count);
  let at = 0;
  for (const b of permutation(seed, BLOCK_STREAM, epoch, Math.ceil(count / block))) {
    for (let row = b * block; row < Math.min(count, (b + 1) * block); row++) {
      order[at] = row;
      at += 1;
    }
  }
  // each window's words are apart from those of every other epoch
  const windows = Math.ceil(count / window);
  for (let w = 0; w < windows; w++) {
    const part = order.slice(w * window, (w + 1) * window);
    const drawn = permutation(seed, WINDOW_STREAM, epoch * windows + w, part.length);
    for (let i = 0; i < part.length; i++) order[w * window + i] = part[drawn[i] as number] as number;
  }
  return order;
}
