import type { CallExpression } from "acorn";
import type { DeclaredLayer, DeclaredParameter, Layer } from "../nn/index.ts";
import type { CellHint } from "../protocol/index.ts";
import { type Shape, sizeOf } from "../tensor/index.ts";
import type { Origins } from "./origins.ts";

/** A use of a layer in a model: what comes out for one example, and the parameters that are its own. */
interface Use {
  readonly layer: Layer;
  readonly shape: string;
  readonly parameters: readonly DeclaredParameter[];
}

/** What a model turned out to be, as far as it could be traced. */
export interface TracedModel {
  readonly layers: readonly DeclaredLayer[];
  readonly parameters: readonly DeclaredParameter[];
  /** Examples of the batch that it was traced with. */
  readonly batch: number;
}

/** Parameters that a tooltip lists. */
const MOST_LISTED = 6;
/** Uses that a hint lists. */
const MOST_USES = 3;

const counted = (n: number): string => n.toLocaleString("en-US");
const times = (shape: Shape): string => (shape.length === 0 ? "1 number" : shape.join("×"));
const sum = (parameters: readonly DeclaredParameter[]): number =>
  parameters.reduce((n, { shape }) => n + sizeOf(shape), 0);

/** The shape of one example; of what does not go by examples, the whole shape. */
const ofOne = (shape: Shape, batch: number): string =>
  shape[0] === batch ? times(shape.slice(1)) : `[${shape.join(", ")}]`;

/** What an experiment is. */
type Total = Omit<CellHint, "offset">;

/** Hints of layers by the call that made them. What a layer became last stands; layers that one call made for several models, all of them. */
export class LayerHints {
  readonly #uses = new Map<CallExpression, readonly Use[]>();
  readonly #totals = new Map<CallExpression, readonly Total[]>();

  /** `root`: the model as the cell made it, which augmentation may have wrapped. */
  model(traced: TracedModel, root: Layer, origins: Origins): void {
    const uses = new Map<CallExpression, Use[]>();
    for (const { path, layer: found, outputShape } of traced.layers) {
      const layer = path === "" ? root : found;
      const prefix = path === "" ? "" : `${path}.`;
      const parameters = traced.parameters.filter(({ name }) => name.startsWith(prefix));
      const use = {
        layer,
        shape: ofOne(outputShape, traced.batch),
        parameters: parameters.map((each) => ({ ...each, name: each.name.slice(prefix.length) })),
      };
      for (const call of origins.callsOf(layer)) {
        uses.set(call, [...(uses.get(call) ?? []), use]);
      }
    }
    for (const [call, all] of uses) {
      const others = this.#uses.get(call)?.filter(({ layer }) => !all.some((use) => use.layer === layer)) ?? [];
      this.#uses.set(call, [...others, ...all]);
    }
  }

  experiment(call: CallExpression, traced: TracedModel, input: Shape, output: Shape): void {
    const shapes = `${times(input)} → ${ofOne(output, traced.batch)}`;
    const count = counted(sum(traced.parameters));
    const weighted = traced.layers.filter(
      ({ path, container }) => !container && traced.parameters.some(({ name }) => name.startsWith(`${path}.`)),
    );
    const tooltip = `input ${times(input)} and output ${ofOne(output, traced.batch)} for one example; ${count} parameters in ${weighted.length} layers`;
    const before = this.#totals.get(call) ?? [];
    if (before.some((one) => one.tooltip === tooltip)) return;
    this.#totals.set(call, [...before, { shapes, text: `${shapes} · ${count} parameters`, tooltip }]);
  }

  /** In the order of their places. */
  of(cell: string, origins: Origins, text: string): CellHint[] {
    const layers = [...this.#uses].flatMap(([call, uses]): CellHint[] => {
      const place = origins.place(call);
      return place?.cell === cell ? [layerHint(place.end, uses)] : [];
    });
    const totals = [...this.#totals].flatMap(([call, each]): CellHint[] => {
      const place = origins.place(call);
      if (place?.cell !== cell) return [];
      const tooltip = each.map((one) => one.tooltip).join("\n");
      return [
        {
          offset: opening(call, text),
          shapes: several(each.map((one) => one.shapes)),
          text: several(each.map((one) => one.text)),
          tooltip,
        },
      ];
    });
    return [...layers, ...totals].sort((a, b) => a.offset - b.offset);
  }
}

/** What experiments of one call are, each once. */
function several(texts: readonly string[]): string {
  const different = [...new Set(texts)];
  if (different.length === 1) return different[0] as string;
  const more = different.length > MOST_USES ? ", …" : "";
  return `${different.length} models: ${different.slice(0, MOST_USES).join(", ")}${more}`;
}

/** Behind what opens the options of a call, where they begin on its line. */
function opening(call: CallExpression, text: string): number {
  const open = /^\s*\(\s*\{?/.exec(text.slice(call.callee.end, call.end))?.[0] ?? "";
  return open.includes("\n") || open === "" ? call.end : call.callee.end + open.length;
}

function layerHint(offset: number, uses: readonly Use[]): CellHint {
  const each = uses.map(({ shape, parameters }) => ({ shape, count: sum(parameters) }));
  const text = ({ shape, count }: (typeof each)[number]) => (count === 0 ? shape : `${shape} · ${counted(count)}`);
  const list = (texts: readonly string[]) => {
    const [first = ""] = texts;
    if (texts.length === 1) return `→ ${first}`;
    if (texts.every((one) => one === first)) return `${texts.length}× → ${first}`;
    if (texts.length > MOST_USES) return `${texts.length} layers: ${first}, …`;
    return `${texts.length} layers: ${texts.join(", ")}`;
  };
  return {
    offset,
    shapes: list(each.map(({ shape }) => shape)),
    text: list(each.map(text)),
    tooltip: uses.map(inWords).join("\n"),
  };
}

function inWords({ shape, parameters }: Use): string {
  const output = `output ${shape} for one example`;
  const count = sum(parameters);
  if (count === 0) return `${output}; no parameters`;
  const listed = parameters.slice(0, MOST_LISTED).map((p) => `${p.name} ${times(p.shape)}`);
  const more = parameters.length > MOST_LISTED ? ", …" : "";
  return `${output}; ${counted(count)} parameters: ${listed.join(", ")}${more}`;
}
