import { sizeOf } from "../../tensor/index.ts";
import type { ContractLaunch, ReduceLaunch } from "../launch.ts";
import type { Extras, Kernel, Target } from "./kernel.ts";
import { flatten, type Group, type Problem, partsFor } from "./problem.ts";
import { reduceKernels } from "./reduce.ts";
import { type RegisterTile, registerKernel } from "./registers.ts";
import { type SharedTile, sharedKernel } from "./shared.ts";

/** How a product is made. All tiles give the same bits, so which one is taken is only a matter of speed. */
export type Tile =
  | ({ readonly name: string; readonly kind: "registers" } & RegisterTile)
  | ({ readonly name: string; readonly kind: "shared" } & SharedTile);

/** How much there is to compile in a tile's kernel, in multiply-adds of its text. */
export const workOf = (tile: Tile): number =>
  tile.kind === "registers" ? tile.rows * 8 * (tile.deep ? 4 : 1) : tile.rows * tile.columns;

/** The tiles of a target. Where nothing is measured, GPUs take the first that keeps them busy and CPUs the first. */
export const TILES: Readonly<Record<Target, readonly Tile[]>> = {
  cpu: [
    { name: "8 x 8, vectors along k", kind: "registers", rows: 8, deep: true },
    { name: "8 x 8, words along k", kind: "registers", rows: 8, deep: false },
    { name: "16 x 8, vectors along k", kind: "registers", rows: 16, deep: true },
  ],
  gpu: [
    { name: "128 x 128", kind: "shared", m: 128, n: 128, k: 8, rows: 8, columns: 8 },
    { name: "64 x 64", kind: "shared", m: 64, n: 64, k: 16, rows: 8, columns: 4 },
    { name: "32 x 32", kind: "shared", m: 32, n: 32, k: 16, rows: 4, columns: 4 },
  ],
};

/** Workgroups that keep a GPU busy. */
const BUSY = 128;

/**
 * K is cut in parts where there are too few outputs to keep the machine busy: blocks of `side` x `side` outputs that
 * there should be, and the fewest steps of k that are worth a part. By shapes only, for the parts decide the bits.
 */
const SPLIT = { cpu: { side: 8, blocks: 256, depth: 512 }, gpu: { side: 32, blocks: 256, depth: 128 } };

function partsOf({ batch, m, n, k }: Problem, target: Target): number {
  const { side, blocks, depth } = SPLIT[target];
  const found = blocksOf({ batch, m, n }, side, side);
  if (found * 2 > blocks) return 1;
  return partsFor(k.size, Math.max(1, Math.min(Math.ceil(blocks / found), Math.floor(k.size / depth))));
}

const blocksOf = ({ batch, m, n }: Pick<Problem, "batch" | "m" | "n">, rows: number, columns: number): number =>
  batch.size * Math.ceil(m.size / rows) * Math.ceil(n.size / columns);

/** Where nothing is measured: the largest tile of which there are enough, else the smallest. */
function usualTile(problem: Problem, parts: number, target: Target): Tile {
  const tiles = TILES[target];
  const fit = tiles.find((t) => t.kind === "registers" || blocksOf(problem, t.m, t.n) * parts >= BUSY);
  return fit ?? (tiles.at(-1) as Tile);
}

/** The tile of a launch; undefined: the usual one. */
export type TileChoice = (launch: ContractLaunch) => Tile | undefined;

/** Multiply-adds from which on it is worth measuring which tile is best. */
const WORTH = { cpu: 2 ** 21, gpu: 2 ** 24 };

/**
 * The tiles that may suit a product, and what kind of product it is: those of one kind are alike in the order of their
 * operands and, where tiles differ in size, roughly in the number of outputs. One tile where there is nothing to choose.
 */
export function candidates(launch: ContractLaunch, target: Target): { kind: string; tiles: readonly Tile[] } {
  const problem = flatten(launch);
  const { batch, m, n, k } = problem;
  const parts = partsOf(problem, target);
  const usual = usualTile(problem, parts, target);
  const order = [k.strides?.[0], m.strides?.[0], k.strides?.[1], n.strides?.[0]].map((stride) => stride === 1);
  const [aAlongK, aAlongM, bAlongK, bAlongN] = order;
  const name = `a ${aAlongK ? "k" : aAlongM ? "m" : "-"}, b ${bAlongK ? "k" : bAlongN ? "n" : "-"}`;
  const alone = { kind: name, tiles: [usual] };
  if (batch.size * m.size * n.size * k.size < WORTH[target]) return alone;
  if (target === "cpu") {
    // where no side lies along k, both ways of reading are one
    const tiles = TILES.cpu.filter((t) => t.kind !== "registers" || t.deep || aAlongK || bAlongK);
    return { kind: name, tiles };
  }
  const blocks = blocksOf(problem, 32, 32) * parts;
  const fit = TILES.gpu.filter(
    (t) => t === usual || (t.kind === "shared" && blocksOf(problem, t.m, t.n) * parts >= 32),
  );
  return { kind: `${name}, 4^${Math.round(Math.log2(blocks) / 2)} blocks`, tiles: fit };
}

/** The kernels of a product: one, or two more where K is cut in parts. `tile` is the usual one where it is not given. */
export function contractKernels(
  launch: ContractLaunch,
  target: Target,
  scalarWords: number,
  extras: Extras,
  tile?: Tile,
): Kernel[] {
  const problem = flatten(launch);
  const outputs = problem.batch.size * problem.m.size * problem.n.size;
  if (outputs === 0) return [];
  const parts = partsOf(problem, target);
  const how = tile ?? usualTile(problem, parts, target);
  const write = (p: Problem) =>
    how.kind === "shared"
      ? sharedKernel(p, how, parts, scalarWords, extras)
      : registerKernel(p, how, parts, scalarWords, extras);
  if (parts <= 1) return [write(problem)];
  const scratch = extras.scratch(parts * outputs);
  const { batch, m, n } = problem;
  const packed = (size: number, stride: number): Group["strides"] => [size === 1 ? 0 : stride];
  const partial: Problem = {
    ...problem,
    out: { buffer: scratch, offset: 0, strides: [], dtype: "f32" },
    batch: withOut(batch, packed(batch.size, m.size * n.size)),
    m: withOut(m, packed(m.size, n.size)),
    n: withOut(n, packed(n.size, 1)),
  };
  return [write(partial), ...reduceKernels(sumOfParts(launch, scratch, parts), target, scalarWords, extras)];
}

/** The same group with the output's stride (its last) replaced. */
function withOut(group: Group, out: Group["strides"]): Group {
  const stride = out?.[0] ?? 0;
  const strides = group.strides ? [...group.strides.slice(0, -1), stride] : null;
  const tables = group.strides
    ? []
    : [...group.tables.slice(0, -1), Int32Array.from({ length: group.size }, (_, i) => i * stride)];
  return { size: group.size, strides, tables };
}

function sumOfParts(launch: ContractLaunch, scratch: number, parts: number): ReduceLaunch {
  const outer = [...launch.batch, ...launch.m, ...launch.n];
  const strides = outer.map((_, i) => sizeOf(outer.slice(i + 1)));
  return {
    kind: "reduce",
    label: launch.label,
    outer,
    inner: [parts],
    phases: [
      {
        views: [{ buffer: scratch, offset: 0, strides: [...strides, sizeOf(outer)], dtype: "f32" }],
        code: [{ op: "load", view: 0, dtype: "f32" }],
        accumulators: [{ fn: "sum", value: 0, dtype: "f32" }],
        stores: [],
      },
    ],
    epilogueViews: [],
    epilogue: [{ op: "acc", acc: 0, dtype: "f32" }],
    stores: [{ view: launch.out, value: 0 }],
  };
}
