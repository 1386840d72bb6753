import { assemble, Func, f32x4, type I32, i32, i32x4, type Local, type V128, v128 } from "./assembler.ts";
import { COLUMNS, packA, packB, run, tilesOf } from "./packing.ts";

/**
 * The kernel of all contractions: a packed-panel matrix product over addresses that separate,
 *   out[outM[m] + outN[n]] = sum over k of a[aM[m] + aK[k]] * b[bN[n] + bK[k]]
 * with tables of byte offsets, so that transposes and convolutions cost no more than their packing. Goto & van de Geijn
 * 2008, "Anatomy of high-performance matrix multiplication": KC x NC of b in the L2 cache, MC x KC of a beside it, a
 * register tile of ROWS x 8. Every element is one chain of multiply-adds over ascending k, so results do not depend on
 * how the work is divided.
 */

const KC = 384;
const NC = 512;
const UNROLL = 4;

/** Products in one go: all of a short K, else equal parts of about two thirds of what there is room for. */
export const kStepOf = (k: number) => (k <= KC ? k : Math.ceil(k / Math.ceil(k / 256)));

/** Register tile: with fused multiply-add 6 rows fit into 16 vector registers, without it 5. */
export const tileRows = (fused: boolean) => (fused ? 6 : 5);
const blockRows = (rows: number) => Math.floor(96 / rows) * rows;

/** Bytes of scratch memory per thread. */
export const workspaceBytes = (96 + NC) * KC * 4 + 256;

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
  "outRuns",
  "unpacked",
  "workspace",
] as const;
export type Descriptor = Record<(typeof FIELDS)[number], number>;

/** Exported functions: `f<GEMM.contract>(descriptor, scalars, thread, threads)` and `f<GEMM.copy>(to, from, bytes, 0)`. */
export const GEMM = { contract: 0, copy: 1 } as const;
const PACK_A = 2;
const PACK_B = 3;
const TILES = 4;

export function gemmModule(fused: boolean): Uint8Array<ArrayBuffer> {
  const rows = tileRows(fused);
  const heights = Array.from({ length: rows }, (_, i) => i + 1);
  const copy = new Func(4);
  const [to, from, bytes] = copy.params;
  copy.copyMemory(to, from, bytes);
  return assemble([
    contract(rows),
    copy,
    packA(rows),
    packB(),
    ...heights.map((height) => tile(height, rows, fused, false)),
    ...heights.map((height) => tile(height, rows, fused, true)),
  ]);
}

/**
 * height x 8 outputs. Parameters: a (packed, `rows` apart), b (packed panel, or the addresses of two runs of four columns
 * and the table of k offsets), out, k, bytes between rows of out, whether to add to what is there.
 */
function tile(height: number, rows: number, fused: boolean, unpacked: boolean): Func {
  const w = new Func(unpacked ? 8 : 6);
  const [a, b, b2, table] = w.params;
  const [out, k, rowStep, add] = w.params.slice(unpacked ? 4 : 2) as [I32, I32, I32, I32];
  const sums = Array.from({ length: height }, () => [w.local("v128"), w.local("v128")] as const);
  const eachRow = (body: (row: (typeof sums)[0], address: I32) => void) => {
    const at = w.let(out);
    for (const row of sums) {
      body(row, at);
      if (row !== sums.at(-1)) w.advance(at, rowStep);
    }
  };
  w.if(add, () =>
    eachRow(([left, right], address) => {
      w.set(left, v128.load(address));
      w.set(right, v128.load(address, 16));
    }),
  );
  const [left, right, factor] = [w.local("v128"), w.local("v128"), w.local("v128")];
  const madd = (sum: V128, x: V128, y: V128) =>
    fused ? f32x4.relaxedMadd(x, y, sum) : f32x4.add(sum, f32x4.mul(x, y));
  const product = (u: number) => {
    if (unpacked) {
      const offset = w.let(i32.load(table, u * 4));
      w.set(left, v128.load(i32.add(b, offset)));
      w.set(right, v128.load(i32.add(b2, offset)));
    } else {
      w.set(left, v128.load(b, u * COLUMNS * 4));
      w.set(right, v128.load(b, u * COLUMNS * 4 + 16));
    }
    sums.forEach(([sumLeft, sumRight], i) => {
      w.set(factor, v128.load32Splat(a, (u * rows + i) * 4));
      w.set(sumLeft, madd(sumLeft, factor, left));
      w.set(sumRight, madd(sumRight, factor, right));
    });
  };
  const products = (count: number) => {
    for (let u = 0; u < count; u++) product(u);
    w.advance(a, count * rows * 4);
    if (unpacked) w.advance(table, count * 4);
    else w.advance(b, count * COLUMNS * 4);
    w.advance(k, -count);
  };
  w.while(i32.geS(k, UNROLL), () => products(UNROLL));
  w.while(i32.gtS(k, 0), () => products(1));
  eachRow(([sumLeft, sumRight], address) => {
    w.store(address, sumLeft);
    w.store(address, sumRight, 16);
  });
  return w;
}

function contract(rows: number): Func {
  const w = new Func(4);
  const [descriptor, , thread, threads] = w.params;
  const d = Object.fromEntries(FIELDS.map((name, i) => [name, w.let(i32.load(descriptor, i * 4))])) as Record<
    keyof Descriptor,
    Local<"i32">
  >;
  const block = blockRows(rows);
  const at = (table: I32, i: I32) => i32.load(i32.add(table, i32.shl(i, 2)));
  const panelA = w.let(i32.add(d.workspace, i32.mul(thread, workspaceBytes)));
  const panelsB = w.let(i32.add(panelA, block * KC * 4));
  const spare = w.let(i32.add(panelsB, NC * KC * 4));
  const share = (t: I32) => i32.divU(i32.mul(d.units, t), threads);
  const packedBase = w.let(i32.const(0));
  const packedRow = w.let(i32.const(-1));

  w.for(share(thread), w.let(share(i32.add(thread, 1))), 1, (unit) => {
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
    const whole = w.let(i32.and(i32.leS(d.k, d.kStep), i32.leS(i32.sub(m1, m0), block)));

    w.for(n0, n1, NC, (jc) => {
      const jEnd = w.let(i32.min(w.let(i32.add(jc, NC)), n1));
      w.for(0, d.k, d.kStep, (pc) => {
        const kc = w.let(i32.min(w.let(i32.sub(d.k, pc)), d.kStep));
        const kTableA = w.let(i32.add(d.aK, i32.shl(pc, 2)));
        const kTableB = w.let(i32.add(d.bK, i32.shl(pc, 2)));
        w.for(m0, m1, block, (ic) => {
          const iEnd = w.let(i32.min(w.let(i32.add(ic, block)), m1));
          const known = i32.and(whole, i32.and(i32.eq(packedBase, a), i32.eq(packedRow, ic)));
          w.if(i32.eqz(known), () => {
            const rowTable = i32.add(d.aM, i32.shl(ic, 2));
            w.call(PACK_A, [panelA, a, rowTable, i32.sub(iEnd, ic), kTableA, kc]);
            w.set(packedBase, a);
            w.set(packedRow, ic);
          });
          const tiles = tilesOf(w, i32.sub(iEnd, ic), rows);
          w.for(jc, jEnd, COLUMNS, (jr) => {
            const panelB = w.let(i32.add(panelsB, i32.shl(i32.mul(i32.sub(jr, jc), kc), 2)));
            const columns = w.let(i32.min(w.let(i32.sub(jEnd, jr)), COLUMNS));
            const full = w.let(i32.eq(columns, COLUMNS));
            const columnTable = w.let(i32.add(d.bN, i32.shl(jr, 2)));
            const inPlace = w.let(i32.and(d.unpacked, full));
            w.if(inPlace, () => {
              const offsets = Array.from({ length: COLUMNS }, (_, i) => w.let(i32.load(columnTable, i * 4)));
              w.set(inPlace, i32.and(run(offsets.slice(0, 4)), run(offsets.slice(4))));
            });
            w.if(i32.and(i32.eqz(inPlace), i32.eq(ic, m0)), () =>
              w.call(PACK_B, [panelB, b, columnTable, columns, kTableB, kc]),
            );
            const outColumn = w.let(at(d.outN, jr));
            const lastColumn = at(d.outN, i32.sub(i32.add(jr, columns), 1));
            w.set(full, i32.and(i32.and(full, d.outRuns), i32.eq(i32.sub(lastColumn, outColumn), (COLUMNS - 1) * 4)));
            w.for(0, tiles.count, 1, (tile) => {
              const [ir, height] = tiles.at(tile, ic);
              const from = w.let(i32.add(panelA, i32.mul(tile, i32.mul(kc, rows * 4))));
              const outRow = w.let(at(d.outM, ir));
              const reach = i32.sub(at(d.outM, i32.sub(i32.add(ir, height), 1)), outRow);
              const even = i32.eq(reach, i32.mul(i32.sub(height, 1), d.outRowStep));
              const straight = w.let(i32.and(full, even));
              const eachElement = (body: (inTile: I32, inOut: I32) => void) =>
                w.for(0, height, 1, (i) => {
                  const rowAt = w.let(i32.add(out, at(d.outM, i32.add(ir, i))));
                  w.for(0, columns, 1, (j) => {
                    const inTile = w.let(i32.add(spare, i32.add(i32.shl(i, 5), i32.shl(j, 2))));
                    body(inTile, w.let(i32.add(rowAt, at(d.outN, i32.add(jr, j)))));
                  });
                });
              const target = w.let(i32.select(i32.add(out, i32.add(outRow, outColumn)), spare, straight));
              const rowStep = w.let(i32.select(d.outRowStep, COLUMNS * 4, straight));
              w.if(i32.and(i32.eqz(straight), i32.gtS(pc, 0)), () =>
                eachElement((inTile, inOut) => w.store(inTile, i32.load(inOut))),
              );
              const call = (which: number) => {
                const rest = [target, kc, rowStep, pc];
                w.if(
                  inPlace,
                  () => {
                    const column = (i: number) => i32.add(b, i32.load(columnTable, i * 4));
                    w.call(TILES + rows + which - 1, [from, column(0), column(4), kTableB, ...rest]);
                  },
                  () => w.call(TILES + which - 1, [from, panelB, ...rest]),
                );
              };
              const choose = (which: number): void => {
                if (which === 1) call(1);
                else
                  w.if(
                    i32.eq(height, which),
                    () => call(which),
                    () => choose(which - 1),
                  );
              };
              choose(rows);
              w.if(i32.eqz(straight), () => eachElement((inTile, inOut) => w.store(inOut, i32.load(inTile))));
            });
          });
        });
      });
    });
  });
  return w;
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
