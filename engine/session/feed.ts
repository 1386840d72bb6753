import { FileTensor } from "../data/index.ts";
import type { HostTensor } from "../tensor/index.ts";
import type { DeviceModel } from "./device.ts";
import type { DeviceData } from "./deviceData.ts";
import type { Experiment } from "./experiment.ts";

/** Has the training examples on the device when a step needs them, in the order of the epoch. */
export interface Feed {
  readonly data: DeviceData;
  /** From now on the steps are those of this epoch. */
  begin(epoch: number): void;
  /**
   * How many examples from `position` of the epoch on are there now. Where others have to make room it waits for `settled`: the steps
   * that read them, which says whether to go on. 0 when it does not, or the signal stopped reading.
   */
  ready(position: number, settled: () => Promise<boolean>): number | Promise<number>;
}

/** The feed of an experiment's training set: whole on the device, or in windows from its file. */
export function feedOf(device: DeviceModel, experiment: Experiment, signal?: AbortSignal): Feed {
  const { x } = experiment.splits.train;
  if (x instanceof FileTensor) return new Windows(device, experiment, x, signal);
  const data = device.upload("train", experiment.splits.train);
  return {
    data,
    begin: (epoch) => device.setOrder(experiment.epochOrder(epoch)),
    ready: (position) => data.count - position,
  };
}

interface Window {
  readonly number: number;
  readonly examples: Promise<{ x: HostTensor; y: HostTensor } | undefined>;
}

/** One window of the epoch's order is on the device, and the next one is read while the device trains on it. */
class Windows implements Feed {
  readonly data: DeviceData;
  readonly #device: DeviceModel;
  readonly #experiment: Experiment;
  readonly #x: FileTensor;
  readonly #signal: AbortSignal | undefined;
  readonly #size: number;
  #order: Int32Array = new Int32Array(0);
  #there = -1;
  #next: Window | undefined;

  constructor(device: DeviceModel, experiment: Experiment, x: FileTensor, signal: AbortSignal | undefined) {
    this.#device = device;
    this.#experiment = experiment;
    this.#x = x;
    this.#signal = signal;
    this.#size = x.windowOf(experiment.stepSize);
    this.data = device.reserve("train", experiment.splits.train, this.#size);
  }

  begin(epoch: number): void {
    this.#order = this.#experiment.epochOrder(epoch);
    this.#there = -1;
    this.#next = undefined;
  }

  async ready(position: number, settled: () => Promise<boolean>): Promise<number> {
    const number = Math.floor(position / this.#size);
    const end = Math.min((number + 1) * this.#size, this.#order.length);
    if (number === this.#there) return end - position;
    const window = this.#next?.number === number ? this.#next : this.#read(number);
    const examples = await window.examples;
    if (!examples || !(await settled())) return 0;
    this.#device.fill(this.data, examples);
    this.#there = number;
    this.#next = end < this.#order.length ? this.#read(number + 1) : undefined;
    return end - position;
  }

  #read(number: number): Window {
    const { y } = this.#experiment.splits.train;
    const rows = this.#order.subarray(number * this.#size, (number + 1) * this.#size);
    const examples = this.#x.read(rows, this.#signal).then((x) => x && { x, y: y.rows(rows) });
    // one that fails before it is asked for is no stray rejection
    examples.catch(() => {});
    return { number, examples };
  }
}
