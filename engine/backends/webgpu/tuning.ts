import type { Executable } from "../backend.ts";
import type { ContractLaunch, Plan, View } from "../launch.ts";
import { candidates, type Tile, type TileChoice, workOf } from "./contract.ts";
import type { WebgpuBackend } from "./device.ts";
import { compilePlan } from "./executable.ts";

/** Milliseconds that measuring may take of a process; what comes later takes the usual kernels. */
const BUDGET_MS = 800;
/** Words of the sides and the result beyond which a product is not measured. */
const MOST_WORDS = 2 ** 26;
/** Times that each way is measured; the least counts. */
const ROUNDS = 3;

/**
 * Finds the fastest tile for the products of a plan by measuring, once for each kind of product and adapter. Tiles
 * differ in speed only, never in bits, so nothing depends on how a measurement comes out.
 */
export class Tuning {
  readonly #backend: WebgpuBackend;
  #spentMs = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(backend: WebgpuBackend) {
    this.#backend = backend;
  }

  /** The tiles of a plan's products where they are worth choosing. Throws BackendError when the device is lost. */
  async tilesOf(plan: Plan): Promise<TileChoice> {
    const { choices, target } = this.#backend;
    const kinds = new Map<string, { launch: ContractLaunch; tiles: readonly Tile[] }>();
    const kindOf = new Map<ContractLaunch, string>();
    for (const launch of plan.launches) {
      if (launch.kind !== "contract") continue;
      const found = candidates(launch, target);
      if (found.tiles.length < 2) continue;
      kinds.set(found.kind, { launch, tiles: found.tiles });
      kindOf.set(launch, found.kind);
    }
    for (const [kind, { launch, tiles }] of kinds) {
      // one measurement at a time, also where several plans are compiled at once
      const turn = this.#last.then(() => this.#choose(kind, launch, tiles));
      this.#last = turn.catch(() => {});
      await turn;
    }
    return (launch) => {
      const kind = kindOf.get(launch);
      if (kind === undefined) return undefined;
      const name = choices?.get(kind);
      return kinds.get(kind)?.tiles.find((tile) => tile.name === name);
    };
  }

  async #choose(kind: string, launch: ContractLaunch, tiles: readonly Tile[]): Promise<void> {
    const { choices, log } = this.#backend;
    const known = choices?.get(kind);
    if (!choices || tiles.some(({ name }) => name === known) || this.#spentMs > BUDGET_MS) return;
    const plan = alone(launch);
    if (plan.buffers.reduce((sum, { words }) => sum + words, 0) > MOST_WORDS) return;
    const began = performance.now();
    const tried = await this.#measure(plan, tiles, BUDGET_MS - this.#spentMs);
    const { tile: best } = tried.reduce((least, one) => (one.ms < least.ms ? one : least));
    choices.set(kind, best.name);
    const tookMs = performance.now() - began;
    this.#spentMs += tookMs;
    const list = tried.map(({ tile: { name }, ms }) => `${name} ${ms.toFixed(3)} ms`).join(", ");
    log(`webgpu: measured products (${kind}) in ${Math.round(tookMs)} ms: ${list}`);
  }

  /**
   * The least milliseconds of each tile, without those whose kernels would take too long to compile: they are compiled
   * from the least text to the most, and the last one says how long the next will take.
   */
  async #measure(plan: Plan, tiles: readonly Tile[], budgetMs: number): Promise<{ tile: Tile; ms: number }[]> {
    const step = new Uint32Array(2);
    const noBuffers = (name: string): never => {
      throw new Error(`${name} is not a buffer of the measured plan`);
    };
    const tried: { tile: Tile; ms: number; program: Executable }[] = [];
    const began = performance.now();
    let msPerWork = 0;
    try {
      for (const tile of tiles.toSorted((a, b) => workOf(a) - workOf(b))) {
        const started = performance.now();
        if (tried.length > 0 && started - began + msPerWork * workOf(tile) > budgetMs) break;
        const program = await compilePlan(this.#backend, plan, noBuffers, () => tile);
        tried.push({ tile, ms: Number.POSITIVE_INFINITY, program });
        // drivers may compile when a kernel first runs
        await program.submit(step, 1);
        msPerWork = (performance.now() - started) / workOf(tile);
      }
      for (let round = 0; round < ROUNDS; round++) {
        for (const one of tried) one.ms = Math.min(one.ms, (await one.program.profile(step, 2)).stepMs);
      }
      return tried;
    } finally {
      for (const { program } of tried) program.dispose();
    }
  }
}

/** A plan that is one product, over memory of its own. */
function alone(launch: ContractLaunch): Plan {
  const { batch, m, n, k } = launch;
  const place = (view: View, shape: readonly number[], buffer: number): { view: View; words: number } => {
    const last = shape.reduce((at, size, axis) => at + Math.max(0, (size - 1) * (view.strides[axis] as number)), 0);
    return { view: { ...view, buffer }, words: view.offset + last + 1 };
  };
  const a = place(launch.a, [...batch, ...m, ...k], 0);
  const b = place(launch.b, [...batch, ...k, ...n], 1);
  const out = place(launch.out, [...batch, ...m, ...n], 2);
  return {
    label: "measurement",
    buffers: [a, b, out].map(({ words }) => ({ words })),
    launches: [{ ...launch, a: a.view, b: b.view, out: out.view }],
    scalarWords: 1,
    rowWords: 0,
    rows: -1,
  };
}
