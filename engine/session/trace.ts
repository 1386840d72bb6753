import { viewAs } from "../tensor/index.ts";
import type { DeviceModel } from "./device.ts";
import type { Weights } from "./model.ts";

/** Where a run was after `step` updates. */
export interface Snapshot {
  readonly step: number;
  readonly weights: Weights;
}

/** Memory for the snapshots of one run; larger models keep fewer. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * Snapshots of a run's weights at up to `wanted` steps, evenly from its first to its last, for drawing the way that it took.
 * Fewer where they would take over 64 MB, none where two would.
 */
export class Trace {
  readonly snapshots: Snapshot[] = [];
  readonly #due: number[];

  /** From step `from`, where the run begins, to `to`, where it is planned to end. */
  constructor(wanted: number, device: DeviceModel, from: number, to: number) {
    const { parameters, running } = device.config.model;
    const fit = Math.floor(MOST_BYTES / (4 * (parameters.words + running.words)));
    const count = Math.min(wanted, fit, to - from + 1);
    const steps = Array.from({ length: count }, (_, i) => Math.round(from + (i / (count - 1)) * (to - from)));
    this.#due = count < 2 ? [] : steps;
  }

  /** Updates that a submit which begins at `step` may do before the next snapshot. */
  until(step: number): number {
    const next = this.#due.find((due) => due > step);
    return next === undefined ? Number.POSITIVE_INFINITY : next - step;
  }

  /** Whether a snapshot is due after `step` updates. */
  due(step: number): boolean {
    return this.#due.includes(step);
  }

  /** Takes a snapshot of what is on the device; no step may be under way. */
  async take(step: number, device: DeviceModel): Promise<void> {
    const [parameters, running] = await Promise.all([device.read("parameters"), device.read("running")]);
    this.snapshots.push({ step, weights: { parameters: viewAs("f32", parameters) as Float32Array, running } });
  }
}
