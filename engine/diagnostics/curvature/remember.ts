import { createHash } from "node:crypto";
import type { Dataset } from "../../data/index.ts";
import { topological } from "../../ops/index.ts";
import { pass } from "../../session/forward.ts";
import type { Weights } from "../../session/model.ts";
import type { Objective } from "./objective.ts";

/** Results kept per kernel, those that were used last, up to so many and so many bytes in all. */
const MOST = 64;
const MOST_BYTES = 32 * 2 ** 20;

const results = new Map<string, { readonly result: unknown; readonly bytes: number }>();

/**
 * What `compute` gave when it was last asked for the same `key`. A result that is not whole is not kept, nor one that is
 * larger than all that may be kept.
 */
export async function remembered<T extends { readonly interrupted: boolean }>(
  key: string,
  compute: () => Promise<T>,
): Promise<T> {
  const known = results.get(key);
  const result = known ? (known.result as T) : await compute();
  const bytes = known?.bytes ?? bytesOf(result);
  if (result.interrupted || bytes > MOST_BYTES) return result;
  results.delete(key);
  results.set(key, { result, bytes });
  let total = Array.from(results.values()).reduce((sum, { bytes: own }) => sum + own, 0);
  for (const [oldest, { bytes: own }] of results) {
    if (results.size <= MOST && total <= MOST_BYTES) break;
    results.delete(oldest);
    total -= own;
  }
  return result;
}

/** About what a result takes: its numbers. */
function bytesOf(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value !== "object" || value === null) return 8;
  return Object.values(value).reduce((sum: number, part) => sum + bytesOf(part), 0);
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
    hash.update(asBytes(parameters));
    hash.update(asBytes(running));
  }
  return hash.digest("hex");
}

const dataOf = ({ x, y }: Dataset): Uint8Array[] => [asBytes(x.data), asBytes(y.data)];

const asBytes = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
