import type { RunContext } from "../../context/index.ts";
import { ShownChart } from "../../diagnostics/showing.ts";
import { liveLayers } from "../../plots/overTime/liveLayers.ts";
import { labelOf } from "../../plots/overTime/parts.ts";
import type { Instruments } from "./instruments.ts";
import { parametersByLayer } from "./watched.ts";

/** Least time between two pictures of a run under way: drawing them is work too. */
const INTERVAL_MS = 1000;

/** The chart of a run's layers while it is trained. */
export class LiveChart {
  readonly #shown: ShownChart<Parameters<typeof liveLayers.spec>[0]>;
  readonly #instruments: Instruments;
  readonly #name: string;
  readonly #planned: number;
  #last = performance.now();

  /** `planned` steps are on its axis while the run goes on. */
  constructor(context: RunContext, instruments: Instruments, name: string, planned: number) {
    this.#shown = new ShownChart(context, liveLayers);
    this.#instruments = instruments;
    this.#name = name;
    this.#planned = planned;
  }

  /** Call it after a look. */
  update(): void {
    const now = performance.now();
    if (now - this.#last < INTERVAL_MS || this.#instruments.count < 2) return;
    this.#last = now;
    this.#shown.live(() => this.#state(true));
  }

  end(): void {
    if (this.#instruments.count >= 2) this.#shown.end(this.#state(false));
  }

  #state(live: boolean) {
    const { layers, parameters, steps } = this.#instruments;
    const norms = new Map(parameters.map((parameter) => [parameter.name, parameter.gradientNorm]));
    return {
      name: this.#name,
      steps,
      end: live ? this.#planned : Math.max(1, steps.at(-1) ?? 1),
      live,
      deviations: layers.map((layer) => ({ label: labelOf(layer), values: layer.series("std") })),
      gradients: parametersByLayer(layers, [...norms.keys()]).map((layer) => ({
        label: labelOf(layer),
        values: Float64Array.from(steps, (_, look) =>
          Math.hypot(...layer.parameters.map((name) => norms.get(name)?.[look] as number)),
        ),
      })),
      cost: String(this.#instruments),
    };
  }
}
