import { IN_PLACE, kStepOf, NC, rowBlock, type Tile } from "./gemm.ts";

/** Axes of a contraction with their strides in a (left), b (right) and out. */
export type Group = readonly {
  readonly length: number;
  readonly left: number;
  readonly right: number;
  readonly out: number;
}[];

export const length = (group: Group) => group.reduce((n, axis) => n * axis.length, 1);

export type Sides = Readonly<Record<"batch" | "m" | "n" | "k", Group>>;

/** A way to do a contraction. */
export interface Way {
  /** Axes as the kernel walks them. */
  readonly sides: Sides;
  /** Whether its a is the launch's b. */
  readonly swap: boolean;
  /** See `IN_PLACE`. */
  readonly inPlace: number;
  /** Into how many parts rows and columns are divided for the threads. */
  readonly mParts: number;
  readonly nParts: number;
}

/** Cycles that packing takes per word: where words of the packed axis follow each other, those of k do, or neither. */
const PACKING = { along: 0.35, across: 0.6, scattered: 1.5 };
/** Cycles that a word of out takes per time it is written: in runs along columns, along rows, or by itself. */
const WRITING = { along: 0.3, across: 1, scattered: 3 };
/** How much longer products take whose operand is read in place: near words of a, far ones, and words of b. */
const IN_PLACE_COST = { near: 1.05, far: 1.25, b: 1.05 };
/** Cycles around a tile's products, and to take a unit from a queue. */
const TILE_COST = 30;
const UNIT_COST = 500;
/** How much of a unit the others wait for at the end, about, and of everything, where nobody can help a late thread. */
const LAST_UNIT = 0.15;
const LATE = 0.03;
/** Rows of a tile below which its sums wait for each other. */
const MIN_HEIGHT = 4;
/** Rows, or columns, that stay in one matrix when outer axes are turned into batch axes. */
const MIN_LENGTH = 128;

/** The way that costs least, by a rough model of cycles. */
export function bestWay(groups: Sides, tile: Tile, threads: number): Way {
  let best: Way | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const swap of [false, true]) {
    const sides = sidesOf(groups, swap);
    const costOf = costs(sides, tile, threads);
    const [maxM, maxN] = [Math.ceil(length(sides.m) / tile.rows), Math.ceil(length(sides.n) / tile.columns)];
    const most = threads === 1 ? 1 : threads * 8;
    for (let mParts = 1; mParts <= Math.min(maxM, most); mParts++) {
      for (let nParts = 1; nParts <= Math.min(maxN, most / mParts); nParts++) {
        for (const inPlace of Object.values(IN_PLACE)) {
          const cost = costOf(inPlace, Math.ceil(maxM / mParts), Math.ceil(maxN / nParts));
          if (cost >= least) continue;
          least = cost;
          best = { sides, swap, inPlace, mParts, nParts };
        }
      }
    }
  }
  return best as Way;
}

/**
 * The groups with a's axes as rows, or b's. Long outer axes (the images of a convolution) are better batches: shorter
 * tables, more units for the threads.
 */
function sidesOf({ batch, m, n, k }: Sides, swap: boolean): Sides {
  const sided = (group: Group): Group => (swap ? group.map((x) => ({ ...x, left: x.right, right: x.left })) : group);
  const outer: Group[number][] = [];
  const inner = (group: Group): Group => {
    const [first, ...others] = group;
    if (!first || others.length === 0 || length(others) < MIN_LENGTH) return group;
    outer.push(first);
    return inner(others);
  };
  const [rows, columns] = swap ? [n, m] : [m, n];
  const sides = { m: inner(sided(rows)), n: inner(sided(columns)), k: sided(k) };
  return { ...sides, batch: [...sided(batch), ...outer] };
}

/** A function that gives the cycles until all threads are done, where a part has so many tiles and panels. */
function costs({ batch, m, n, k }: Sides, tile: Tile, threads: number) {
  const [M, N, K, B] = [m, n, k, batch].map(length) as [number, number, number, number];
  const last = (group: Group, of: "left" | "right" | "out") => {
    const axis = group.at(-1);
    return axis?.[of] === 1 ? axis.length : 0;
  };
  const packing = (group: Group, of: "left" | "right") =>
    last(group, of) >= 4 ? PACKING.along : last(k, of) >= 4 ? PACKING.across : PACKING.scattered;
  const [packingA, packingB] = [packing(m, "left"), packing(n, "right")];
  const writing = last(n, "out") >= 4 ? WRITING.along : last(m, "out") >= 4 ? WRITING.across : WRITING.scattered;
  const near = K === 1 || k.at(-1)?.left === 1;
  const run = last(n, "right");
  const lies = run === 0 ? 0 : (tile.columns * Math.floor(run / tile.columns)) / run;
  const chunks = Math.ceil(K / kStepOf(K));
  const variesA = batch.some((axis) => axis.left !== 0);
  const variesB = batch.some((axis) => axis.right !== 0);

  return (inPlace: number, tiles: number, panels: number): number => {
    if (inPlace === IN_PLACE.b && lies === 0) return Number.POSITIVE_INFINITY;
    const rows = Math.min(tiles * tile.rows, M);
    const columns = Math.min(panels * tile.columns, N);
    const mParts = Math.ceil(M / rows);
    const nParts = Math.ceil(N / columns);
    const units = B * mParts * nParts;
    const turns = Math.ceil(units / threads);
    const factor =
      inPlace === IN_PLACE.neither
        ? 1
        : inPlace === IN_PLACE.b
          ? IN_PLACE_COST.b
          : near
            ? IN_PLACE_COST.near
            : IN_PLACE_COST.far;
    const products = panels * tiles * Math.max(rows / tiles, MIN_HEIGHT) * K * factor;
    const edges = panels * tiles * chunks * TILE_COST + rows * columns * chunks * writing;
    // what the panels hold is used again by the next unit where that has the same
    const ownA = chunks > 1 || rows > rowBlock(tile) ? turns : variesA || mParts > 1 ? Math.ceil(turns / nParts) : 1;
    const ownB = chunks > 1 || nParts > 1 || columns > NC ? turns : variesB ? Math.ceil(turns / mParts) : 1;
    const packA = inPlace === IN_PLACE.a ? 0 : rows * K * packingA * ownA;
    const packB = columns * K * packingB * ownB * (inPlace === IN_PLACE.b ? 1 - lies : 1);
    const unit = products + edges + (packA + packB) / turns;
    if (threads === 1) return units * unit;
    if (units <= threads) return unit * (1 + LATE);
    return turns * (unit + UNIT_COST) + unit * LAST_UNIT;
  };
}
