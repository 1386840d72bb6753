import { augmented, isAugmentation } from "../augment/index.ts";
import { Dataset, Splits } from "../data/index.ts";
import { ConfigError, type UserError } from "../errors/index.ts";
import { diagnostics, globals } from "../library.ts";
import { type DeclaredLayer, type DeclaredParameter, declare, isLayer, type Layer } from "../nn/index.ts";
import { check, type Definition } from "../params/index.ts";
import { Experiment, loadParams, remarksOn, remarksOnFit } from "../session/index.ts";
import { toys } from "../toys/index.ts";
import type { LayerHints, TracedModel } from "./hints.ts";
import type { Call } from "./interpret/index.ts";
import type { Origins } from "./origins.ts";
import { isPlain, type Knowledge, Member, OutOfTime, RunToBe, UNKNOWN } from "./values.ts";

const all: Readonly<Record<string, Definition & { readonly of: readonly string[]; readonly inspects?: boolean }>> =
  diagnostics as never;

/** What is asked of experiments and runs, as far as it can be told before there is one: whether it fits together, and its sizes. */
export class Experiments {
  readonly #origins: Origins;
  readonly #hints: LayerHints;

  readonly #remark: (remark: UserError, call: Call) => void;

  constructor(origins: Origins, hints: LayerHints, remark: (remark: UserError, call: Call) => void) {
    this.#remark = remark;
    this.#origins = origins;
    this.#hints = hints;
  }

  /** The result of a call that is made here in a way of its own; undefined for any other. Throws what the call would. */
  instead(call: Call, knowledge: Knowledge): { readonly value: unknown } | undefined {
    const { fn, given } = call;
    if (fn === globals.experiment) return { value: this.#define(call, knowledge) };
    if (fn instanceof Member) return { value: this.#ask(fn, call, knowledge) };
    for (const name of ["race", "chain"] as const) {
      if (fn !== globals.toy[name]) continue;
      if (!knowledge.hasUnknown(given)) check(toys[name].params, given[0], name);
      return { value: UNKNOWN };
    }
    return undefined;
  }

  #define(call: Call, knowledge: Knowledge): unknown {
    const [options] = call.given;
    if (knowledge.hasUnknown(options)) {
      this.#outline(call, options, knowledge);
      return UNKNOWN;
    }
    try {
      const made = new Experiment(options);
      const { declaration } = made.config.model;
      this.#show(call, made.options.model, made.splits.train, {
        layers: declaration.layers,
        parameters: declaration.parameters,
        batch: made.options.batchSize,
      });
      for (const remark of remarksOn(made)) this.#remark(remark, call);
      return made;
    } catch (error) {
      this.#outline(call, options, knowledge);
      throw error;
    }
  }

  /** What there is to be seen of a model in an experiment that is not known as a whole, or that fails. */
  #outline(call: Call, options: unknown, knowledge: Knowledge): void {
    if (typeof options !== "object" || options === null || knowledge.isOpaque(options)) return;
    const { data, model, augment = [], batchSize = 32 } = options as Readonly<Record<string, unknown>>;
    const set = data instanceof Splits ? data.train : data;
    if (!(set instanceof Dataset) || !isLayer(model)) return;
    if (!Array.isArray(augment) || !augment.every(isAugmentation)) return;
    const batch = Number.isInteger(batchSize) && Number(batchSize) > 1 ? Number(batchSize) : 32;
    this.#show(call, model, set, sketch(augmented(model, augment), set, batch));
  }

  /** A further model for an experiment's data, as comparisons take them. */
  #try(model: Layer, { splits, options }: Experiment): void {
    this.#hints.model(sketch(augmented(model, options.augment), splits.train, options.batchSize), model, this.#origins);
  }

  #show(call: Call, model: Experiment["options"]["model"], set: Dataset, traced: TracedModel): void {
    this.#hints.model(traced, model, this.#origins);
    const whole = traced.layers.find(({ path }) => path === "");
    if (whole) this.#hints.experiment(call.node, traced, set.x.shape.slice(1), whole.outputShape);
  }

  #ask({ of, path }: Member, call: Call, knowledge: Knowledge): unknown {
    const { given } = call;
    const experiment = of instanceof RunToBe ? of.experiment : of;
    if (of instanceof Experiment && path === "fit") {
      const options = experiment.fitOptions(without(given[0], knowledge), "fit");
      // how long it is may be among what is not known
      if (!knowledge.hasUnknown(given[0]))
        for (const remark of remarksOnFit(experiment, options)) this.#remark(remark, call);
      return new RunToBe(experiment);
    }
    if (of instanceof Experiment && path === "load") {
      if (!knowledge.hasUnknown(given[1])) check(loadParams, given[1], "load");
      return new RunToBe(experiment);
    }
    for (const layer of layersIn(given)) this.#try(layer, experiment);
    const kind = of instanceof RunToBe ? "run" : "experiment";
    const [name = "", rest] = path.startsWith("inspect.") ? [path.slice("inspect.".length), true] : [path, false];
    const definition = Object.hasOwn(all, name) ? all[name] : undefined;
    if (!definition?.of.includes(kind) || Boolean(definition.inspects) !== rest) return UNKNOWN;
    if (given.length > 1) throw new ConfigError(`${path}: takes options, not ${given.length} arguments`);
    if (knowledge.hasUnknown(given)) return UNKNOWN;
    const options = check(definition.params, given[0], path);
    definition.validate?.(options, path);
    return UNKNOWN;
  }
}

/** The layers of a model up to one that does not fit; what is wrong with that is for an experiment to tell. */
function sketch(model: Layer, { x }: Dataset, batch: number): TracedModel {
  const layers: DeclaredLayer[] = [];
  let parameters: readonly DeclaredParameter[] = [];
  try {
    declare(model, [batch, ...x.shape.slice(1)], x.dtype, {}, (layer, some) => {
      layers.push(layer);
      parameters = [...some];
    });
  } catch (error) {
    if (error instanceof OutOfTime) throw error;
  }
  return { layers, parameters, batch };
}

/** Layers among values: each by itself, in a list or by name. */
function layersIn(given: unknown, depth = 3): Layer[] {
  if (isLayer(given)) return [given];
  if (typeof given !== "object" || given === null || depth === 0) return [];
  if (!Array.isArray(given) && !isPlain(given)) return [];
  return Object.values(given).flatMap((each) => layersIn(each, depth - 1));
}

/** Options without those of which nothing is known. */
function without(given: unknown, knowledge: Knowledge): unknown {
  if (typeof given !== "object" || given === null || knowledge.isOpaque(given)) {
    return knowledge.isUnknown(given) ? undefined : given;
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => !knowledge.hasUnknown(value)));
}
