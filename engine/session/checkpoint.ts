import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Prepared } from "../data/index.ts";
import { CheckpointError, StorageError, whyUnwritten } from "../errors/index.ts";
import { check } from "../params/index.ts";
import type { BackendName, Controlled } from "../protocol/index.ts";
import type { Seen } from "../schedules/index.ts";
import { HostTensor } from "../tensor/hostTensor.ts";
import { viewAs } from "../tensor/index.ts";
import type { RunState } from "./device.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { initialWeights, type SizedModel, type Weights } from "./model.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import { type Fitted, fitted, type LoadOptions, loadParams } from "./stateDict.ts";
import type { Tallied } from "./tally.ts";

/** Where a run stands besides its tensors; with them it continues to the same bits. */
export interface Progress {
  readonly version: 1;
  readonly run: string;
  /** Optimizer updates done. */
  readonly step: number;
  readonly seed: number;
  readonly batchSize: number;
  /** Batches of a step, when there are several. */
  readonly accumulate?: number;
  readonly optimizer: string;
  /** The average of the weights that is kept, as JSON has it. */
  readonly average?: unknown;
  /** What it was trained on; checkpoints of earlier versions do not say. */
  readonly backend?: BackendName;
  /** Sums over the steps of the epoch under way; null from an earlier version, whose sums were others. */
  readonly partial: Tallied | null;
  /** What a full-batch method remembers besides vectors. */
  readonly numbers?: Readonly<Record<string, number>>;
  /** Epochs that are over, for a schedule that waits for their figures. */
  readonly seen?: readonly Seen[];
  /** What was changed by hand so far. */
  readonly controls?: readonly Controlled[];
  /** The best epoch so far, for early stopping. */
  readonly best: {
    readonly epoch: number;
    readonly step: number;
    readonly value: number;
    readonly waited: number;
    readonly final: Readonly<Record<string, number>>;
  } | null;
}

export interface Checkpoint {
  readonly state: RunState;
  /** Weights of the best epoch, when early stopping keeps them. */
  readonly best: Weights | null;
  /** Undefined for a plain state_dict, which has weights only. */
  readonly progress: Progress | undefined;
  /** How the features became what the model was trained on; null for raw ones. */
  readonly prepared: Prepared | null;
}

/** A checkpoint that is a plain state_dict: it predicts, and training can begin with it, but nothing continues from it. */
export const weightsOnly = ({ parameters, running }: Weights, prepared: Prepared | null): Checkpoint => ({
  state: { parameters, running, optimizer: {} },
  best: null,
  progress: undefined,
  prepared,
});

/**
 * Writes a safetensors file whose tensors have PyTorch's names: parameters and running statistics as in a state_dict,
 * `optimizer.<state>.<parameter>`, `best.<name>`. A reader never sees half a file. Throws StorageError when it cannot be written.
 */
export function writeCheckpoint(
  path: string,
  model: SizedModel,
  { state, best, progress, prepared }: Checkpoint,
  makeFolder = true,
): void {
  const tensors = new Map<string, HostTensor>();
  const put = (prefix: string, layout: Layout, words: Float32Array | Uint32Array) => {
    for (const { name, shape, dtype, offset, size } of layout.slices) {
      tensors.set(
        `${prefix}${name}`,
        new HostTensor(shape, dtype, viewAs(dtype, words.subarray(offset, offset + size))),
      );
    }
  };
  put("", model.parameters, state.parameters);
  put("", model.running, state.running);
  for (const [name, values] of Object.entries(state.optimizer)) put(`optimizer.${name}.`, model.trained, values);
  if (best) {
    put("best.", model.parameters, best.parameters);
    put("best.", model.running, best.running);
  }
  const metadata = {
    ...(progress && { dlnb: JSON.stringify(progress) }),
    ...(prepared && { "dlnb.prepared": JSON.stringify(prepared) }),
  };
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    if (makeFolder) mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, encodeSafetensors({ tensors, metadata }));
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    const folder = statSync(path, { throwIfNoEntry: false })?.isDirectory();
    if (folder) throw new CheckpointError(`checkpoint ${path}: it is a folder; give the name of a file`);
    throw new StorageError(`checkpoint ${path} cannot be written: ${whyUnwritten(cause)}`, { cause });
  }
}

/**
 * Reads a checkpoint for `model`. A plain state_dict saved as safetensors loads too: then the optimizer's state is
 * empty and `progress` undefined. Throws CheckpointError naming the file and every tensor that does not fit.
 */
export function readCheckpoint(
  path: string,
  model: SizedModel,
  options: LoadOptions = check(loadParams, {}, "load"),
  otherwise?: () => Weights,
): Fitted & {
  optimizer: Record<string, Float32Array>;
  best: Weights | null;
  progress?: Progress;
  prepared?: Prepared;
} {
  const where = `checkpoint ${path}`;
  const { tensors, metadata } = decodeSafetensors(bytesOf(path, where), where);
  const own = metadata.dlnb !== undefined; // what follows stands in checkpoints only
  const parts = Map.groupBy(tensors, ([name]) => (own && /^(best|optimizer\.[^.]+)\./.exec(name)?.[1]) || "");
  const part = (name: string) => {
    const start = name === "" ? 0 : name.length + 1;
    return new Map(parts.get(name)?.map(([full, tensor]) => [full.slice(start), tensor]));
  };
  const read = (name: string, how: LoadOptions, of: SizedModel): Fitted =>
    fitted(part(name), of, how, {
      where: name === "" ? where : `${where}: ${name}`,
      otherwise: otherwise ?? (() => initialWeights(model, 0)),
    });
  const exact = check(loadParams, {}, "load");
  const trained: SizedModel = { ...model, parameters: model.trained, running: layoutOf([]) };
  const states = [...parts.keys()].filter((name) => name.startsWith("optimizer."));
  return {
    ...read("", options, model),
    optimizer: Object.fromEntries(
      states.map((name) => [name.slice("optimizer.".length), read(name, exact, trained).weights.parameters]),
    ),
    best: parts.has("best") ? read("best", exact, model).weights : null,
    ...(metadata.dlnb !== undefined && { progress: progressOf(metadata.dlnb, where) }),
    ...(metadata["dlnb.prepared"] !== undefined && { prepared: preparedOf(metadata["dlnb.prepared"], where) }),
  };
}

function bytesOf(path: string, where: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : message;
    throw new CheckpointError(`${where}: ${why}`, { cause });
  }
}

function preparedOf(text: string, where: string): Prepared {
  try {
    return Prepared.from(JSON.parse(text));
  } catch (cause) {
    throw new CheckpointError(`${where}: its dlnb.prepared entry cannot be read (${(cause as Error).message})`, {
      cause,
    });
  }
}

function progressOf(text: string, where: string): Progress {
  try {
    const progress = JSON.parse(text) as Progress;
    if (progress.version !== 1) throw new Error(`version ${String(progress.version)}`);
    return Array.isArray(progress.partial?.loss) ? progress : { ...progress, partial: null };
  } catch (cause) {
    throw new CheckpointError(`${where}: its dlnb entry cannot be read (${(cause as Error).message})`, { cause });
  }
}
