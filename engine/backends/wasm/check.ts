import { type Descriptor, FIELDS, GEMM, IN_PLACE, type Tile, workspaceBytes } from "./gemm.ts";

/** How an operand lies: words from one of its rows (or columns) to the next, and from one k to the next. */
type Lie = readonly [number, number];

/** Products of one go, and of all: tiles take them four at a time and one by one, and go on from what they have written. */
const [K_STEP, K] = [5, 7];

/**
 * Whether a module of `gemmModule(tile)` gives the products that plain loops give: each of its tiles, from operands
 * that lie in several ways, on small whole numbers, which f32 adds without rounding. Takes a few milliseconds.
 */
export function multiplies(module: WebAssembly.Module, tile: Tile): boolean {
  const pages = Math.ceil(workspaceBytes / 65_536) + 1;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
  const contract = exports[`f${GEMM.contract}`] as (...args: readonly number[]) => void;
  const ints = new Int32Array(memory.buffer);
  const floats = new Float32Array(memory.buffer);
  const n = tile.columns + 1; // a whole panel, and one that is not

  const right = (m: number, inPlace: number, [aRow, aK]: Lie, [bColumn, bK]: Lie): boolean => {
    let end = Math.ceil(workspaceBytes / 64) * 16;
    const room = (words: number) => {
      end += words;
      return end - words;
    };
    /** The address of `count` byte offsets. */
    const table = (count: number, step: number) => {
      const at = room(count);
      for (let i = 0; i < count; i++) ints[at + i] = i * step * 4;
      return at * 4;
    };
    /** Numbers none of which is zero. */
    const operand = (words: number) => {
      const at = room(words);
      for (let i = at; i < end; i++) floats[i] = ((i * 37) % 15) * 2 - 13;
      return at;
    };
    const [a, b, out] = [operand(m * aRow + K * aK), operand(n * bColumn + K * bK), room(m * n)];
    const alone = table(1, 0);
    const addresses = { a: a * 4, b: b * 4, out: out * 4, workspace: 0, queues: 0 };
    const rows = { aM: table(m, aRow), outM: table(m, n), m, mParts: 1, mStep: m, outRowStep: n * 4 };
    const columns = { bN: table(n, bColumn), outN: table(n, 1), n, nParts: 1, nStep: n, outNested: 1 };
    const depth = { aK: table(K, aK), bK: table(K, bK), k: K, kStep: K_STEP, inPlace };
    const batch = { aBatch: alone, bBatch: alone, outBatch: alone, units: 1 };
    const descriptor: Descriptor = { ...addresses, ...rows, ...columns, ...depth, ...batch };
    const fields = room(FIELDS.length);
    FIELDS.forEach((name, i) => {
      ints[fields + i] = descriptor[name];
    });
    contract(fields * 4, 0, 0, 1);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < K; k++) {
          sum += (floats[a + i * aRow + k * aK] as number) * (floats[b + j * bColumn + k * bK] as number);
        }
        if (floats[out + i * n + j] !== sum) return false;
      }
    }
    return true;
  };
  const heights = Array.from({ length: tile.rows }, (_, i) => i + 1);
  // neighbours follow each other along the rows (or columns), along k, or nowhere
  const lies = [(count: number): Lie => [1, count], (): Lie => [K, 1], (count: number): Lie => [2, 2 * count]];
  return heights.every((m) =>
    Object.values(IN_PLACE).every((inPlace) => lies.every((lie) => right(m, inPlace, lie(m), lie(n)))),
  );
}
