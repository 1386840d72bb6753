import { assemble, Func, f32x4, type I32, i32, i32x4, type Local, type V128, v128 } from "./assembler.ts";

/**
 * The kernel of all contractions: a packed-panel matrix product over addresses that separate,
 *   out[outM[m] + outN[n]] = sum over k of a[aM[m] + aK[k]] * b[bN[n] + bK[k]]
 * with tables of byte offsets, so that transposes and convolutions cost no more than their packing. Goto & van de Geijn
 * 2008, "Anatomy of high-performance matrix multiplication": KC x NC of b in the L2 cache, MC x KC of a beside it, a
 * register tile of ROWS x 8. Every element is one chain of multiply-adds over ascending k, so results do not depend on
 * how the work is divided.
 */

const COLUMNS = 8;
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

/** Loads the 4 x 4 block at four addresses and gives its columns. */
function transposed(w: Func, addresses: readonly I32[]): V128[] {
  const [a, b, c, d] = addresses.map((address) => w.let(v128.load(address))) as unknown as [V128, V128, V128, V128];
  const [ab, abHigh] = [w.let(v128.shuffle(a, b, [0, 4, 1, 5])), w.let(v128.shuffle(a, b, [2, 6, 3, 7]))];
  const [cd, cdHigh] = [w.let(v128.shuffle(c, d, [0, 4, 1, 5])), w.let(v128.shuffle(c, d, [2, 6, 3, 7]))];
  return [
    v128.shuffle(ab, cd, [0, 1, 4, 5]),
    v128.shuffle(ab, cd, [2, 3, 6, 7]),
    v128.shuffle(abHigh, cdHigh, [0, 1, 4, 5]),
    v128.shuffle(abHigh, cdHigh, [2, 3, 6, 7]),
  ];
}

function gather(addresses: readonly I32[]): V128 {
  return addresses
    .slice(1)
    .reduce<V128>((words, address, i) => v128.load32Lane(address, words, i + 1), v128.load32Zero(addresses[0] as I32));
}

/** Whether four (or `count`) addresses follow each other word by word. */
function run(addresses: readonly I32[]): I32 {
  const [first, ...others] = addresses as [I32, ...I32[]];
  return others.map((x, i) => i32.eq(i32.sub(x, first), (i + 1) * 4)).reduce((p, q) => i32.and(p, q));
}

/** `count` addresses base + table[i]; beyond `valid` the last one again, whose products nobody reads. */
function addressesOf(w: Func, base: I32, table: I32, valid: I32, count: number): Local<"i32">[] {
  const top = w.let(i32.sub(valid, 1));
  return Array.from({ length: count }, (_, i) =>
    w.let(i32.add(base, i32.load(i === 0 ? table : i32.add(table, i32.shl(i32.min(i32.const(i), top), 2))))),
  );
}

/**
 * What a lane-wise copy of `at` into panels of `width` words needs per k: a load of four neighbours where they follow
 * each other, of two runs where a row of an image ends among them, or word by word.
 */
interface Packing {
  readonly w: Func;
  /** Table of k offsets, and how many. */
  readonly tableK: I32;
  readonly k: I32;
  readonly quads: readonly (readonly Local<"i32">[])[];
  /** Stores one k: the quads, then the addresses that are left over. */
  store(quads: readonly V128[], rest: (lane: number) => I32): void;
  /** Stores four k from the columns of the quads' transposes. */
  storeFour(columns: readonly (readonly V128[])[], offset: I32): void;
}

function pack({ w, tableK, k, quads, store, storeFour }: Packing, rest: readonly Local<"i32">[]): void {
  const left = w.let(k);
  const table = w.let(tableK);
  const next = (count: number) => {
    w.advance(table, count * 4);
    w.advance(left, -count);
  };
  const each = (load: (quad: readonly I32[], offset: I32, q: number) => V128) =>
    w.while(i32.gtS(left, 0), () => {
      const offset = w.let(i32.load(table));
      store(
        quads.map((quad, q) => load(quad, offset, q)),
        (lane) => i32.add(rest[lane] as I32, offset),
      );
      next(1);
    });
  const single = (quad: readonly I32[], offset: I32) => gather(quad.map((x) => i32.add(x, offset)));
  const all = (conditions: readonly I32[]) => conditions.reduce((p, q) => i32.and(p, q));
  w.if(
    all(quads.map(run)),
    () => each((quad, offset) => v128.load(i32.add(quad[0] as I32, offset))),
    () => {
      // lanes that continue the first address come from a load there, the others from one that ends at the last
      const masks = quads.map((quad) => {
        const [first, last] = [quad[0] as I32, quad[3] as I32];
        const addresses = [0, 1, 2, 3].reduce<V128>(
          (v, lane) => i32x4.replace(v, quad[lane] as I32, lane),
          i32x4.const(0),
        );
        const kept = w.let(addresses);
        const head = w.let(i32x4.eq(i32x4.sub(kept, i32x4.splat(first)), v128.const([0, 4, 8, 12])));
        const tail = i32x4.eq(i32x4.sub(kept, i32x4.splat(last)), v128.const([-12, -8, -4, 0]));
        return { head, two: w.let(i32x4.allTrue(v128.or(head, tail))), end: w.let(i32.sub(last, 12)) };
      });
      w.if(
        all(masks.map((m) => m.two)),
        () =>
          each((quad, offset, q) => {
            const { head, end } = masks[q] as (typeof masks)[0];
            return v128.bitselect(v128.load(i32.add(quad[0] as I32, offset)), v128.load(i32.add(end, offset)), head);
          }),
        () =>
          w.while(i32.gtS(left, 0), () => {
            const offset = w.let(i32.load(table));
            const along = [1, 2, 3].map((i) => i32.eq(i32.sub(i32.load(table, i * 4), offset), i * 4));
            w.if(
              i32.and(i32.geS(left, 4), all(along)),
              () => {
                storeFour(
                  quads.map((quad) =>
                    transposed(
                      w,
                      quad.map((x) => i32.add(x, offset)),
                    ),
                  ),
                  offset,
                );
                next(4);
              },
              () => {
                store(
                  quads.map((quad) => single(quad, offset)),
                  (lane) => i32.add(rest[lane] as I32, offset),
                );
                next(1);
              },
            );
          }),
      );
    },
  );
}

/** Divides rows into tiles of nearly equal height, at most `most`: a tile of two rows takes as long as one of four. */
function tilesOf(w: Func, count: I32, most: number) {
  const rows = w.let(count);
  const tiles = w.let(i32.divU(i32.add(rows, most - 1), most));
  const height = w.let(i32.divU(rows, tiles));
  const taller = w.let(i32.sub(rows, i32.mul(height, tiles)));
  return {
    count: tiles,
    /** First row, counted from `base`, and height of tile i. */
    at: (i: I32, base: I32): [Local<"i32">, Local<"i32">] => [
      w.let(i32.add(base, i32.add(i32.mul(i, height), i32.min(i, taller)))),
      w.let(i32.add(height, i32.ltS(i, taller))),
    ],
  };
}

/** Packs rows of a into panels: to[panel][k][row]. Parameters: to, base, table of rows, row count, table of k, k count. */
function packA(rows: number): Func {
  const w = new Func(6);
  const [to, base, tableM, count, tableK, k] = w.params;
  const tiles = tilesOf(w, count, rows);
  w.for(0, tiles.count, 1, (i) => {
    const [first, height] = tiles.at(i, i32.const(0));
    const at = addressesOf(w, base, i32.add(tableM, i32.shl(first, 2)), height, rows);
    const rest = at.slice(4);
    const done = () => w.advance(to, rows * 4);
    pack(
      {
        w,
        tableK,
        k,
        quads: [at.slice(0, 4)],
        store: ([quad], from) => {
          w.store(to, quad as V128);
          rest.forEach((_, lane) => {
            w.store(to, i32.load(from(lane)), 16 + lane * 4);
          });
          done();
        },
        storeFour: ([columns = []], offset) => {
          const others = rest.map((x) => w.let(v128.load(i32.add(x, offset))));
          columns.forEach((column, u) => {
            w.store(to, column);
            others.forEach((words, lane) => {
              w.storeLane(4, to, words, u, 16 + lane * 4);
            });
            done();
          });
        },
      },
      rest,
    );
  });
  return w;
}

/** Packs one panel of 8 columns of b: to[k][column]. Parameters as packA's, columns for rows. */
function packB(): Func {
  const w = new Func(6);
  const [to, base, tableN, count, tableK, k] = w.params;
  const at = addressesOf(w, base, tableN, count, COLUMNS);
  const storeAt = (words: readonly V128[], u: number) => {
    words.forEach((quad, q) => {
      w.store(to, quad, u * COLUMNS * 4 + q * 16);
    });
  };
  pack(
    {
      w,
      tableK,
      k,
      quads: [at.slice(0, 4), at.slice(4)],
      store: (quads) => {
        storeAt(quads, 0);
        w.advance(to, COLUMNS * 4);
      },
      storeFour: (columns) => {
        for (const u of [0, 1, 2, 3])
          storeAt(
            columns.map((c) => c[u] as V128),
            u,
          );
        w.advance(to, 4 * COLUMNS * 4);
      },
    },
    [],
  );
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
