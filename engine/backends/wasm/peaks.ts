import { bestRate, type Peaks } from "../peaks.ts";
import { assemble, Func, f32x4, i32, type V128, v128 } from "./assembler.ts";
import type { Program, Run } from "./control.ts";
import type { Tile } from "./gemm.ts";
import type { Heap } from "./heap.ts";

/** Multiply-adds of each sum in one round. */
const ROUND = 64;
const VECTOR_BYTES = 16;
const FLOPS_PER_VECTOR = 8;
/** Vectors copied at a time. */
const VECTORS = 8;

/** Vectors of sums that a thread keeps in registers: as many as the tile, enough to hide how long each takes. */
const sumsOf = ({ rows, columns }: Tile): number => (rows * columns) / 4;

/** Words of the descriptor: how often, and for the copy from where, to where and how many bytes per thread. */
const DESCRIPTOR_WORDS = 4;
/** Behind them: a factor, a pair of vectors, the sums. */
const FACTOR = 16;
const PAIR = 32;
const SUMS = 64;
const BYTES = 1024;

/**
 * f0 multiplies and adds, f1 copies; all threads take part. Parameters as those of every kernel. Written as the products of
 * matrices are, so that what widens their vectors widens these.
 */
export function peaksModule(tile: Tile): Uint8Array<ArrayBuffer> {
  const arithmetic = new Func(4);
  const [descriptor] = arithmetic.params;
  const sums = Array.from({ length: sumsOf(tile) }, (_, i) =>
    arithmetic.let(v128.load(descriptor, SUMS + i * VECTOR_BYTES)),
  );
  const times = arithmetic.let(i32.load(descriptor));
  const factor = arithmetic.let(v128.load32Splat(descriptor, FACTOR));
  const pair = [0, 1].map((i) => arithmetic.let(v128.load(descriptor, PAIR + i * VECTOR_BYTES)));
  arithmetic.for(0, times, 1, () => {
    for (let i = 0; i < ROUND; i++) {
      for (const [at, sum] of sums.entries()) {
        const vector = pair[at % 2] as V128;
        arithmetic.set(
          sum,
          tile.fused ? f32x4.relaxedMadd(factor, vector, sum) : f32x4.add(sum, f32x4.mul(factor, vector)),
        );
      }
    }
  });
  // without this nothing would have to be computed; all threads store the same
  for (const [i, sum] of sums.entries()) arithmetic.store(descriptor, sum, SUMS + i * VECTOR_BYTES);

  const copy = new Func(4);
  const [at, , thread] = copy.params;
  const bytes = copy.let(i32.load(at, 12));
  const mine = copy.let(i32.mul(thread, bytes));
  const end = copy.let(i32.add(i32.add(i32.load(at, 4), mine), bytes));
  copy.for(0, i32.load(at), 1, () => {
    const to = copy.let(i32.add(i32.load(at, 8), mine));
    copy.for(i32.add(i32.load(at, 4), mine), end, VECTORS * VECTOR_BYTES, (from) => {
      for (let i = 0; i < VECTORS; i++) copy.store(to, v128.load(from, i * VECTOR_BYTES), i * VECTOR_BYTES);
      copy.advance(to, VECTORS * VECTOR_BYTES);
    });
  });
  return assemble([arithmetic, copy]);
}

/** The pool as far as it is needed: programs, and runs of them with what they took. */
interface Threads {
  load(program: Program): Promise<void>;
  unload(id: number): Promise<void>;
  run(run: Omit<Run, "serial">): Promise<{ ms: number }>;
}

/** Where to measure: `module` is of `peaksModule(tile)`, `ids` are of two programs. */
interface Target {
  readonly heap: Heap;
  readonly pool: Threads;
  readonly module: WebAssembly.Module;
  readonly tile: Tile;
  readonly ids: readonly [number, number];
}

/** The peaks of `threads` threads; the copy is within `bytes` of memory. */
export async function measurePeaks(
  { heap, pool, module, tile, ids }: Target,
  threads: number,
  bytes: number,
): Promise<Peaks> {
  const block = VECTORS * VECTOR_BYTES;
  const share = Math.max(block, Math.floor(bytes / 2 / threads / block) * block);
  const [base, from, to] = [BYTES, share * threads, share * threads].map((size) => ({
    at: heap.alloc(size, "peaks"),
    size,
  })) as [Block, Block, Block];
  try {
    const rate = async (func: number): Promise<number> => {
      const id = ids[func] as number;
      const pass = { func, descriptor: base.at, parallel: true, barrier: true };
      await pool.load({ id, module, passes: [pass], scalarBytes: 0, rows: 0, rowBytes: 0 });
      const run = { id, threads, first: 0, steps: 1, scalars: 0, rows: 0 };
      const best = await bestRate(async (times) => {
        new Int32Array(heap.memory.buffer, base.at, DESCRIPTOR_WORDS).set([times, from.at, to.at, share]);
        return (await pool.run(run)).ms;
      });
      await pool.unload(id);
      return best;
    };
    return {
      gflops: ((await rate(0)) * threads * ROUND * sumsOf(tile) * FLOPS_PER_VECTOR) / 1e9,
      copyGBs: ((await rate(1)) * threads * 2 * share) / 1e9,
    };
  } finally {
    for (const { at, size } of [base, from, to]) heap.free(at, size);
  }
}

interface Block {
  readonly at: number;
  readonly size: number;
}
