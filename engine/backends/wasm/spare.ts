import { Func, type I32, i32, v128 } from "./assembler.ts";
import { transposed } from "./packing.ts";

/**
 * Copies between a tile of its own, `columns` words a row, and where its elements belong in out. Parameters: tile, out,
 * tables of the tile's row and column offsets in out, how many rows and columns, whether the columns follow each other in
 * out, and whether the rows do. Blocks of four that would go beyond the tile overlap the ones before instead.
 */
export function spareTile(columns: number, direction: "to out" | "from out"): Func {
  const w = new Func(8);
  const [tile, out, rowTable, columnTable, height, count, columnRun, rowRun] = w.params;
  const at = (table: I32, i: I32) => i32.load(i32.add(table, i32.shl(i, 2)));
  const inTile = (row: I32, column: I32) => i32.add(tile, i32.shl(i32.add(i32.mul(row, columns), column), 2));
  const copy = (from: I32, to: I32) =>
    direction === "to out" ? w.store(to, v128.load(from)) : w.store(from, v128.load(to));
  /** Calls `body` with the first of every four of `n`, at least four. */
  const quads = (n: I32, body: (first: I32) => void) =>
    w.for(0, n, 4, (i) => body(w.let(i32.min(i, w.let(i32.sub(n, 4))))));

  w.if(
    i32.and(columnRun, i32.geS(count, 4)),
    () =>
      w.for(0, height, 1, (i) => {
        const row = w.let(i32.add(i32.add(out, at(rowTable, i)), i32.load(columnTable)));
        quads(count, (j) => copy(w.let(inTile(i, j)), w.let(i32.add(row, i32.shl(j, 2)))));
      }),
    () =>
      w.if(
        i32.and(rowRun, i32.and(i32.geS(height, 4), i32.geS(count, 4))),
        () =>
          quads(height, (i) => {
            const first = w.let(i32.add(out, at(rowTable, i)));
            quads(count, (j) => {
              const column = w.let(i32.add(columnTable, i32.shl(j, 2)));
              const corner = w.let(inTile(i, j));
              const here = [0, 1, 2, 3].map((row) => i32.add(corner, row * columns * 4));
              const there = [0, 1, 2, 3].map((c) => w.let(i32.add(first, i32.load(column, c * 4))));
              const [from, to] = direction === "to out" ? [here, there] : [there, here];
              transposed(w, from).forEach((words, c) => {
                w.store(to[c] as I32, words);
              });
            });
          }),
        () =>
          w.for(0, height, 1, (i) => {
            const row = w.let(i32.add(out, at(rowTable, i)));
            w.for(0, count, 1, (j) => {
              const here = inTile(i, j);
              const there = i32.add(row, at(columnTable, j));
              if (direction === "to out") w.store(there, i32.load(here));
              else w.store(here, i32.load(there));
            });
          }),
      ),
  );
  return w;
}
