import { Func, type I32, i32, i32x4, type Local, type V128, v128 } from "./assembler.ts";

/** Loads the 4 x 4 block at four addresses and gives its columns. */
export function transposed(w: Func, addresses: readonly I32[]): V128[] {
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
export function run(addresses: readonly I32[]): I32 {
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
export function tilesOf(w: Func, count: I32, most: number) {
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
export function packA(rows: number): Func {
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

/** Packs one panel of `columns` columns of b: to[k][column]. Parameters as packA's, columns for rows. */
export function packB(columns: number): Func {
  const w = new Func(6);
  const [to, base, tableN, count, tableK, k] = w.params;
  const at = addressesOf(w, base, tableN, count, columns);
  const storeAt = (words: readonly V128[], u: number) => {
    words.forEach((quad, q) => {
      w.store(to, quad, u * columns * 4 + q * 16);
    });
  };
  pack(
    {
      w,
      tableK,
      k,
      quads: Array.from({ length: columns / 4 }, (_, q) => at.slice(q * 4, q * 4 + 4)),
      store: (quads) => {
        storeAt(quads, 0);
        w.advance(to, columns * 4);
      },
      storeFour: (transposes) => {
        for (const u of [0, 1, 2, 3])
          storeAt(
            transposes.map((c) => c[u] as V128),
            u,
          );
        w.advance(to, 4 * columns * 4);
      },
    },
    [],
  );
  return w;
}
