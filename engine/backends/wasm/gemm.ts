import { assemble, Func, f32x4, type I32, i32, i32x4, type Local, type V128, v128 } from "./assembler.ts";
import { packA, packB, run, tilesOf } from "./packing.ts";
import { spareTile } from "./spare.ts";

/**
 * The kernel of all contractions: a packed-panel matrix product over addresses that separate,
 *   out[outM[m] + outN[n]] = sum over k of a[aM[m] + aK[k]] * b[bN[n] + bK[k]]
 * with tables of byte offsets, so that transposes and convolutions cost no more than their packing. Goto & van de Geijn
 * 2008, "Anatomy of high-performance matrix multiplication": KC x NC of b in the L2 cache, MC x KC of a beside it, a
 * register tile of a few rows and columns. An operand whose words are used few times is read where it lies. Every element
 * is one chain of multiply-adds over ascending k, so results do not depend on how the work is divided, nor on the tile.
 */

const KC = 384;
export const NC = 512;
const MC = 96;
const UNROLL = 4;

/** Rows of a that are packed at a time. */
export const rowBlock = ({ rows }: Tile) => Math.floor(MC / rows) * rows;

/** Products in one go: all of a short K, else equal parts of about two thirds of what there is room for. */
export const kStepOf = (k: number) => (k <= KC ? k : Math.ceil(k / Math.ceil(k / 256)));

/** The register tile, and whether it is made of fused multiply-adds. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly fused: boolean;
}

/**
 * What fits into 16 vector registers beside two of b and one of a: vectors of eight words where V8 makes them from pairs
 * of neighbours (see wide.ts), else of four. Without fused multiply-adds products need a register too.
 */
export const TILES = {
  wide: { rows: 6, columns: 16, fused: true },
  fused: { rows: 6, columns: 8, fused: true },
  plain: { rows: 5, columns: 8, fused: false },
} as const satisfies Record<string, Tile>;

/** Bytes of scratch memory per thread. */
export const workspaceBytes = (MC + NC) * KC * 4 + 512;

/** Which operand is read where it lies; b only where `columns` words follow each other. */
export const IN_PLACE = { neither: 0, a: 1, b: 2 } as const;

/** Words of the descriptor of a contraction. */
export const FIELDS = [
  "a",
  "b",
  "out",
  "aM",
  "outM",
  "bN",
  "outN",
  "aK",
  "bK",
  "aBatch",
  "bBatch",
  "outBatch",
  "m",
  "n",
  "k",
  "units",
  "mParts",
  "nParts",
  "mStep",
  "nStep",
  "kStep",
  "outRowStep",
  "outNested",
  "inPlace",
  "workspace",
  "queues",
] as const;
export type Descriptor = Record<(typeof FIELDS)[number], number>;

/** Exported functions: `f<GEMM.contract>(descriptor, scalars, thread, threads)` and `f<GEMM.copy>(to, from, bytes, 0)`. */
export const GEMM = { contract: 0, copy: 1 } as const;
const PACK_A = 2;
const PACK_B = 3;
const FROM_OUT = 4;
const TO_OUT = 5;
const KERNELS = 6;

export function gemmModule(tile: Tile): Uint8Array<ArrayBuffer> {
  const heights = Array.from({ length: tile.rows }, (_, i) => i + 1);
  const copy = new Func(4);
  const [to, from, bytes] = copy.params;
  copy.copyMemory(to, from, bytes);
  return assemble([
    contract(tile),
    copy,
    packA(tile.rows),
    packB(tile.columns),
    spareTile(tile.columns, "from out"),
    spareTile(tile.columns, "to out"),
    ...Object.values(IN_PLACE).flatMap((inPlace) => heights.map((height) => kernel(height, tile, inPlace))),
  ]);
}

/**
 * height x columns outputs. Parameters: three that say where a and b are, then out, k, bytes between rows of out, whether
 * to add to what is there. Packed operands are an address, a's words `rows` apart for a k and b's `columns`; an operand in
 * place is an address and a table of k offsets, and a's address that of a table of its rows' offsets besides.
 */
function kernel(height: number, { rows, columns, fused }: Tile, inPlace: number): Func {
  const w = new Func(8);
  const [first, second, third, fourth, out, k, rowStep, add] = w.params;
  const [a, b, table] = inPlace === IN_PLACE.a ? [first, fourth, third] : [first, second, third];
  const quads = columns / 4;
  const sums = Array.from({ length: height }, () => Array.from({ length: quads }, () => w.local("v128")));
  const rowsOfA =
    inPlace === IN_PLACE.a ? sums.map((_, i) => w.let(i32.add(a, i32.load(second, i * 4)))) : sums.map(() => a);
  const eachRow = (body: (row: readonly Local<"v128">[], address: I32) => void) => {
    const at = w.let(out);
    for (const row of sums) {
      body(row, at);
      if (row !== sums.at(-1)) w.advance(at, rowStep);
    }
  };
  w.if(add, () =>
    eachRow((row, address) =>
      row.forEach((sum, q) => {
        w.set(sum, v128.load(address, q * 16));
      }),
    ),
  );
  const factors = Array.from({ length: quads }, () => w.local("v128"));
  const factor = w.local("v128");
  const madd = (sum: V128, x: V128, y: V128) =>
    fused ? f32x4.relaxedMadd(x, y, sum) : f32x4.add(sum, f32x4.mul(x, y));
  const product = (u: number) => {
    const offset = inPlace === IN_PLACE.neither ? i32.const(0) : w.let(i32.load(table, u * 4));
    const fromB: [I32, number] = inPlace === IN_PLACE.b ? [w.let(i32.add(b, offset)), 0] : [b, u * columns * 4];
    factors.forEach((vector, q) => {
      w.set(vector, v128.load(fromB[0], fromB[1] + q * 16));
    });
    sums.forEach((row, i) => {
      const address = rowsOfA[i] as I32;
      const word =
        inPlace === IN_PLACE.a
          ? v128.load32Splat(i32.add(address, offset))
          : v128.load32Splat(address, (u * rows + i) * 4);
      w.set(factor, word);
      row.forEach((sum, q) => {
        w.set(sum, madd(sum, factor, factors[q] as V128));
      });
    });
  };
  const products = (count: number) => {
    for (let u = 0; u < count; u++) product(u);
    if (inPlace !== IN_PLACE.a) w.advance(a, count * rows * 4);
    if (inPlace !== IN_PLACE.b) w.advance(b, count * columns * 4);
    if (inPlace !== IN_PLACE.neither) w.advance(table, count * 4);
    w.advance(k, -count);
  };
  w.while(i32.geS(k, UNROLL), () => products(UNROLL));
  w.while(i32.gtS(k, 0), () => products(1));
  eachRow((row, address) =>
    row.forEach((sum, q) => {
      w.store(address, sum, q * 16);
    }),
  );
  return w;
}

function contract(tile: Tile): Func {
  const { rows, columns } = tile;
  const w = new Func(4);
  const [descriptor, , thread, threads] = w.params;
  const d = Object.fromEntries(FIELDS.map((name, i) => [name, w.let(i32.load(descriptor, i * 4))])) as Record<
    keyof Descriptor,
    Local<"i32">
  >;
  const block = rowBlock(tile);
  const at = (table: I32, i: I32) => i32.load(i32.add(table, i32.shl(i, 2)));
  const panelA = w.let(i32.add(d.workspace, i32.mul(thread, workspaceBytes)));
  const panelsB = w.let(i32.add(panelA, block * KC * 4));
  const spare = w.let(i32.add(panelsB, NC * KC * 4));
  const inPlaceA = w.let(i32.eq(d.inPlace, IN_PLACE.a));
  const inPlaceB = w.let(i32.eq(d.inPlace, IN_PLACE.b));
  // what the panels hold, as long as it is all of a unit's operand: the next unit may have the same
  const [packedA, firstRow] = [w.let(i32.const(0)), w.let(i32.const(-1))];
  const [packedB, firstColumn] = [w.let(i32.const(0)), w.let(i32.const(-1))];

  eachUnit(w, d.units, d.queues, thread, threads, (unit) => {
    const parts = i32.mul(d.mParts, d.nParts);
    const batch = w.let(i32.divU(unit, parts));
    const part = w.let(i32.sub(unit, i32.mul(batch, parts)));
    const partM = w.let(i32.divU(part, d.nParts));
    const m0 = w.let(i32.mul(partM, d.mStep));
    const m1 = w.let(i32.min(i32.add(m0, d.mStep), d.m));
    const n0 = w.let(i32.mul(i32.sub(part, i32.mul(partM, d.nParts)), d.nStep));
    const n1 = w.let(i32.min(w.let(i32.add(n0, d.nStep)), d.n));
    const a = w.let(i32.add(d.a, at(d.aBatch, batch)));
    const b = w.let(i32.add(d.b, at(d.bBatch, batch)));
    const out = w.let(i32.add(d.out, at(d.outBatch, batch)));
    const allOfK = i32.leS(d.k, d.kStep);
    const wholeA = w.let(i32.and(allOfK, i32.leS(i32.sub(m1, m0), block)));
    const wholeB = w.let(i32.and(allOfK, i32.leS(i32.sub(n1, n0), NC)));

    w.for(n0, n1, NC, (jc) => {
      const jEnd = w.let(i32.min(w.let(i32.add(jc, NC)), n1));
      w.for(0, d.k, d.kStep, (pc) => {
        const kc = w.let(i32.min(w.let(i32.sub(d.k, pc)), d.kStep));
        const kTableA = w.let(i32.add(d.aK, i32.shl(pc, 2)));
        const kTableB = w.let(i32.add(d.bK, i32.shl(pc, 2)));
        /** A panel of b: where its packed words are, how many columns, the table of them, whether it is read in place. */
        const panel = (jr: I32) => {
          const count = w.let(i32.min(w.let(i32.sub(jEnd, jr)), columns));
          const table = w.let(i32.add(d.bN, i32.shl(jr, 2)));
          const lies = w.let(i32.and(inPlaceB, i32.eq(count, columns)));
          w.if(lies, () => w.set(lies, run(Array.from({ length: columns }, (_, i) => w.let(i32.load(table, i * 4))))));
          const words = w.let(i32.add(panelsB, i32.shl(i32.mul(i32.sub(jr, jc), kc), 2)));
          return { count, table, lies, words };
        };
        const knownB = i32.and(wholeB, i32.and(i32.eq(packedB, b), i32.eq(firstColumn, jc)));
        w.if(i32.eqz(knownB), () => {
          w.for(jc, jEnd, columns, (jr) => {
            const { count, table, lies, words } = panel(jr);
            w.if(i32.eqz(lies), () => w.call(PACK_B, [words, b, table, count, kTableB, kc]));
          });
          w.set(packedB, b);
          w.set(firstColumn, jc);
        });
        w.for(m0, m1, block, (ic) => {
          const iEnd = w.let(i32.min(w.let(i32.add(ic, block)), m1));
          const knownA = i32.and(wholeA, i32.and(i32.eq(packedA, a), i32.eq(firstRow, ic)));
          w.if(i32.and(i32.eqz(inPlaceA), i32.eqz(knownA)), () => {
            const rowTable = i32.add(d.aM, i32.shl(ic, 2));
            w.call(PACK_A, [panelA, a, rowTable, i32.sub(iEnd, ic), kTableA, kc]);
            w.set(packedA, a);
            w.set(firstRow, ic);
          });
          const tiles = tilesOf(w, i32.sub(iEnd, ic), rows);
          w.for(jc, jEnd, columns, (jr) => {
            const { count, table, lies, words } = panel(jr);
            const columnTable = w.let(i32.add(d.outN, i32.shl(jr, 2)));
            const outColumn = w.let(i32.load(columnTable));
            const lastColumn = at(d.outN, i32.sub(i32.add(jr, count), 1));
            const follow = i32.eq(i32.sub(lastColumn, outColumn), i32.shl(i32.sub(count, 1), 2));
            const columnRun = w.let(i32.and(d.outNested, follow));
            w.for(0, tiles.count, 1, (tile) => {
              const [ir, height] = tiles.at(tile, ic);
              const rowTable = w.let(i32.add(d.outM, i32.shl(ir, 2)));
              const outRow = w.let(i32.load(rowTable));
              const lastRow = at(d.outM, i32.sub(i32.add(ir, height), 1));
              const reach = w.let(i32.sub(lastRow, outRow));
              const even = i32.eq(reach, i32.mul(i32.sub(height, 1), d.outRowStep));
              const straight = w.let(i32.and(i32.and(columnRun, i32.eq(count, columns)), even));
              const target = w.let(i32.select(i32.add(out, i32.add(outColumn, outRow)), spare, straight));
              const rowStep = w.let(i32.select(d.outRowStep, columns * 4, straight));
              const rowRun = i32.and(d.outNested, i32.eq(reach, i32.shl(i32.sub(height, 1), 2)));
              const spareCall = [spare, out, rowTable, columnTable, height, count, columnRun, rowRun];
              w.if(i32.and(i32.eqz(straight), i32.gtS(pc, 0)), () => w.call(FROM_OUT, spareCall));
              const last = [target, kc, rowStep, pc];
              const choose = (kind: number, args: readonly I32[], most = rows): void => {
                const call = () => w.call(KERNELS + kind * rows + most - 1, args);
                if (most === 1) call();
                else w.if(i32.eq(height, most), call, () => choose(kind, args, most - 1));
              };
              w.if(
                inPlaceA,
                () => choose(IN_PLACE.a, [a, i32.add(d.aM, i32.shl(ir, 2)), kTableA, words, ...last]),
                () => {
                  const from = w.let(i32.add(panelA, i32.mul(tile, i32.mul(kc, rows * 4))));
                  w.if(
                    lies,
                    () => choose(IN_PLACE.b, [from, i32.add(b, i32.load(table)), kTableB, i32.const(0), ...last]),
                    () => choose(IN_PLACE.neither, [from, words, kTableB, i32.const(0), ...last]),
                  );
                },
              );
              w.if(i32.eqz(straight), () => w.call(TO_OUT, spareCall));
            });
          });
        });
      });
    });
  });
  return w;
}

/** Bytes between the queues of two threads: processors fetch cache lines in pairs. */
export const QUEUE_BYTES = 128;

/**
 * Calls `body` with the units that this thread takes: an equal share, or, where the threads have queues, units of its own
 * share as long as there are any and then what others have not begun. A queue is a count of the units taken, zero to
 * begin with; as every thread comes once too often to every queue, the last of them puts it back to zero.
 */
function eachUnit(w: Func, units: I32, queues: I32, thread: I32, threads: I32, body: (unit: I32) => void): void {
  const share = (t: I32) => w.let(i32.divU(i32.mul(units, t), threads));
  const unit = w.local("i32");
  const queued = w.let(i32.gtS(queues, 0));
  w.for(0, i32.select(threads, 1, queued), 1, (turn) => {
    const owner = w.let(i32.remU(i32.add(thread, turn), threads));
    const from = share(owner);
    const count = w.let(i32.sub(share(i32.add(owner, 1)), from));
    const queue = w.let(i32.add(queues, i32.mul(owner, QUEUE_BYTES)));
    const taken = w.let(i32.const(-1));
    const take = () =>
      w.if(
        queued,
        () => w.set(taken, i32.atomicAdd(queue, 1)),
        () => w.advance(taken, 1),
      );
    take();
    w.while(i32.ltS(taken, count), () => {
      w.set(unit, i32.add(from, taken));
      body(unit);
      take();
    });
    w.if(i32.and(queued, i32.eq(taken, i32.sub(i32.add(count, threads), 1))), () => w.store(queue, i32.const(0)));
  });
}

/** A module of one function that stores relaxed_madd(1 + 2^-12, 1 + 2^-12, -1 - 2^-11): 2^-24 when fused, 0 when not. */
export function fusedProbe(): Uint8Array<ArrayBuffer> {
  const w = new Func(1);
  const x = f32x4.const(1 + 2 ** -12);
  w.store(w.params[0] as I32, f32x4.relaxedMadd(x, x, f32x4.const(-1 - 2 ** -11)));
  return assemble([w]);
}

/** Zero of four lanes, for a probe of plain SIMD. */
export function simdProbe(): Uint8Array<ArrayBuffer> {
  const w = new Func(1);
  w.store(w.params[0] as I32, i32x4.const(0));
  return assemble([w]);
}
