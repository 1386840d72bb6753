import { createHash } from "node:crypto";
import type { Dataset } from "../../data/index.ts";
import { topological } from "../../ops/index.ts";
import { pass } from "../../session/forward.ts";
import type { Weights } from "../../session/model.ts";
import type { Objective } from "./objective.ts";

/** Results kept per kernel, the ones used last; each is a few numbers or a grid. */
const MOST = 64;

const results = new Map<string, unknown>();

/**
 * What `compute` gave when it was last asked for the same `key`. A result that is not whole is not kept.
 */
export async function remembered<T extends { readonly interrupted: boolean }>(
  key: string,
  compute: () => Promise<T>,
): Promise<T> {
  const known = results.get(key) as T | undefined;
  const result = known ?? (await compute());
  if (result.interrupted) return result;
  results.delete(key);
  results.set(key, result);
  for (const oldest of results.keys()) {
    if (results.size <= MOST) break;
    results.delete(oldest);
  }
  return result;
}

/**
 * Names a computation by its content: the objective's graph, its examples, the weights, and the options. Equal names, equal
 * results, whichever cell asks.
 */
export function contentKey(objective: Objective, weights: readonly Weights[], options: object): string {
  const hash = createHash("sha256");
  const { device, data, training, samples } = objective;
  hash.update(JSON.stringify([device.backend.name, training, samples, options]));
  for (const { batch } of objective.batches) hash.update(String(batch));
  const forward = pass(device.config, data, objective.batches[0]?.batch ?? 1, { training, ordered: false });
  const metrics = device.config.metrics.map(({ type, options: own }) => ({ type, own }));
  hash.update(JSON.stringify(metrics));
  const index = new Map<unknown, number>();
  for (const node of topological([forward.loss])) {
    index.set(node, index.size);
    hash.update(JSON.stringify([node.op, node.attrs, node.inputs.map((x) => index.get(x))]));
  }
  for (const part of dataOf(objective.set)) hash.update(part);
  for (const { parameters, running } of weights) {
    hash.update(bytes(parameters));
    hash.update(bytes(running));
  }
  return hash.digest("hex");
}

const dataOf = ({ x, y }: Dataset): Uint8Array[] => [bytes(x.data), bytes(y.data)];

const bytes = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
