import type { Backend } from "../backends/backend.ts";
import type { RunContext } from "../context/index.ts";
import { DeviceModel } from "../session/device.ts";
import type { Experiment } from "../session/experiment.ts";
import type { StepConfig } from "../session/forward.ts";
import { initialWeights, type Weights } from "../session/model.ts";
import { backendOf } from "../session/rivals.ts";
import type { Run } from "../session/run.ts";

/** What a diagnostic looks at: an experiment with its initial weights, or a run with those it ended with. */
export class Subject {
  readonly experiment: Experiment;
  readonly run: Run | null;

  constructor(experiment: Experiment, run: Run | null) {
    this.experiment = experiment;
    this.run = run;
  }

  /** What charts call it. */
  get name(): string {
    return this.run?.name ?? this.experiment.name;
  }

  get config(): StepConfig {
    return this.experiment.config;
  }

  /** The run's weights, or those that `seed` (the experiment's when not given) draws. */
  weights(seed?: number): Weights {
    if (this.run && seed === undefined) return this.run.weights;
    return initialWeights(this.config.model, seed ?? this.experiment.options.seed);
  }

  /**
   * A model of its own with the subject's weights, for as long as `work` takes; on `backend`, or that which trained the run, or
   * that of the context.
   */
  async onDevice<T>(context: RunContext, work: (device: DeviceModel) => Promise<T>, backend?: Backend): Promise<T> {
    const device = new DeviceModel(backend ?? (await backendOf(context, this.run?.progress?.backend)), this.config);
    try {
      device.load(this.weights());
      return await work(device);
    } finally {
      device.dispose();
    }
  }
}
