import type { Chart, LogPlot } from "../../protocol/index.ts";
import { liveLayers } from "../overTime/liveLayers.ts";
import { labelOf } from "../overTime/parts.ts";
import { countOf, listOf, recordOf, textOf } from "./read.ts";

/** Looks and layers that are shown, and numbers of one look: what a kernel writes is far below. */
const [MOST_LOOKS, MOST_LAYERS, MOST_NUMBERS] = [1000, 1000, 4_000_000];

/** The layers of a run over its steps, from the looks in its log. */
export class RecordedLayers implements LogPlot {
  readonly #id: string;
  #name = "run";
  #planned = 1;
  #looked: Looked | null = null;
  /** Looks when the chart was last given out. */
  #shown = 0;

  constructor(id: string) {
    this.#id = id;
  }

  take(line: unknown): void {
    const given = recordOf(line);
    if (given.event === "start") {
      this.#name = textOf(given.name) || "run";
      this.#planned = countOf(recordOf(given.fit).steps, 1);
    } else if (given.event === "looks") this.#looked ??= new Looked(given);
    else if (given.event === "look") this.#looked?.take(countOf(given.step), given.f32);
  }

  chart(live: boolean): Chart | null {
    const looked = this.#looked;
    if (looked === null || looked.steps.length < 2) return null;
    this.#shown = looked.steps.length;
    const { steps, deviations, gradients } = looked;
    const end = live ? this.#planned : Math.max(1, steps.at(-1) ?? 1);
    const cost = `${steps.length.toLocaleString("en-US")} looks`;
    return liveLayers.chart(this.#id, { name: this.#name, steps, end, live, deviations, gradients, cost }, live);
  }

  rows(): [] | null {
    const looks = this.#looked?.steps.length ?? 0;
    return looks >= 2 && looks !== this.#shown ? null : [];
  }
}

/** Where a number stands in a look. */
type Places = ReadonlyMap<string, number>;

class Looked {
  readonly steps: number[] = [];
  readonly #places: Places;
  readonly #width: number;
  readonly #layers: readonly { readonly label: string; readonly at: number; readonly values: number[] }[];
  readonly #gradients: readonly { readonly label: string; readonly of: readonly number[]; readonly values: number[] }[];

  constructor(given: Record<string, unknown>) {
    const places = new Map<string, number>();
    let width = 0;
    for (const column of listOf(given.columns)) {
      const [name, size] = listOf(column);
      if (width + countOf(size) > MOST_NUMBERS) break;
      places.set(textOf(name), width);
      width += countOf(size);
    }
    this.#places = places;
    this.#width = width;
    this.#layers = labels(given.layers).flatMap(({ label }, i) => {
      const at = places.get(`layer ${i} std`);
      return at === undefined ? [] : [{ label, at, values: [] }];
    });
    this.#gradients = labels(given.gradients).map(({ label, given: { parameters } }) => ({
      label,
      of: listOf(parameters)
        .slice(0, MOST_LAYERS)
        .map((index) => countOf(index)),
      values: [],
    }));
  }

  get deviations() {
    return this.#layers.map(({ label, values }) => ({ label, values: Float64Array.from(values) }));
  }

  /** Euclidean norms over all parameters of a layer. */
  get gradients() {
    return this.#gradients.map(({ label, values }) => ({ label, values: Float64Array.from(values) }));
  }

  take(step: number, f32: unknown): void {
    if (typeof f32 !== "string" || this.steps.length >= MOST_LOOKS) return;
    const bytes = Buffer.from(f32, "base64");
    if (bytes.length !== 4 * this.#width) return;
    const at = (place: number | undefined) => (place === undefined ? Number.NaN : bytes.readFloatLE(4 * place));
    this.steps.push(step);
    for (const layer of this.#layers) layer.values.push(at(layer.at));
    for (const { of, values } of this.#gradients) {
      const norms = of.map((index) => {
        const scaled = at(this.#places.get(`parameter ${index} gradient scaled`));
        return Math.sqrt(scaled) * at(this.#places.get(`parameter ${index} gradient peak`));
      });
      values.push(Math.hypot(...norms));
    }
  }
}

function labels(value: unknown): { label: string; given: Record<string, unknown> }[] {
  return listOf(value)
    .slice(0, MOST_LAYERS)
    .map(recordOf)
    .map((given) => ({ label: labelOf({ path: textOf(given.path), type: textOf(given.type) || "layer" }), given }));
}
