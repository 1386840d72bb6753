import type { Plan } from "../backends/launch.ts";
import type { Attrs } from "../ops/node.ts";
import type { Tensor } from "../ops/tensor.ts";
import type { HostTensor } from "../tensor/hostTensor.ts";
import type { DType } from "../tensor/index.ts";

/** What a step computes and where everything lies. */
export interface PlanRequest {
  readonly label: string;
  /** Buffers that outlive the step, by name, with their sizes in words. */
  readonly buffers: Readonly<Record<string, number>>;
  /** Where the graph's inputs lie, by the name of the input: row-major from `offset` of a named buffer. */
  readonly inputs: Readonly<Record<string, { buffer: string; offset: number }>>;
  /** Done one after the other. Within a stage every value is computed from what the buffers held before it. */
  readonly stages: readonly Stage[];
  readonly maxBuffersPerLaunch: number;
  /** Most steps of one submit, when fewer than MAX_STEPS_PER_SUBMIT: the ring of rows has room for no more. */
  readonly maxSteps?: number;
}

export interface Stage {
  /** Values written to named buffers, row-major from `offset`; with `pitch` so many words from one of the first axis to the next. */
  readonly stores?: readonly {
    readonly value: Tensor;
    readonly buffer: string;
    readonly offset: number;
    readonly pitch?: number;
  }[];
  /** Values reported to the host every step, row-major. */
  readonly rows?: readonly { readonly value: Tensor; readonly name: string }[];
}

export interface BuiltPlan {
  readonly plan: Plan;
  /** The same for requests that are equal in structure, and for them only. */
  readonly structure: string;
  /** Contents of the buffers that the plan has for the graph's literals, by their names. */
  readonly literals: ReadonlyMap<string, HostTensor>;
  /** The scalar inputs of the graph, in the order of their slots (from 1: slot 0 is the backend's). */
  readonly scalars: readonly {
    readonly name: string;
    readonly slot: number;
    readonly dtype: DType;
    readonly attrs: Attrs;
  }[];
  /** What a step reports: `size` words from `offset` of its `plan.rowWords`. */
  readonly rows: readonly {
    readonly name: string;
    readonly dtype: DType;
    readonly offset: number;
    readonly size: number;
  }[];
}
