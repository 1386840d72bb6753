import { percent, significant } from "../../plots/format.ts";
import type { Initialization, InitializedLayer, InitializedNet } from "./initialization.ts";

/** A signal may grow or shrink so many times from the first layer to the last before it is called a fault. */
const MOST_CHANGE = 10;
/** The same for gradients, which many layers multiply: training copes with more. */
const MOST_GRADIENT_CHANGE = 100;
/** Share of dead units or saturated outputs of a layer that is called a fault. */
const MOST_DEAD = 0.25;
const MOST_SATURATED = 0.25;

/** What is wrong with a network before its first step, worst first. */
export function verdictOf({ layers, parameters }: Pick<InitializedNet, "layers" | "parameters">): string[] {
  const found: string[] = [];
  const broken = layers.find(({ activation }) => activation.nonFinite > 0);
  if (broken) return [`the output of ${broken.path} is not finite`];
  const twins = parameters.filter(({ identical }) => identical.length > 0);
  const [twin] = twins;
  if (twin) {
    const units = Math.max(...twin.identical.map((group) => group.length));
    const more = twins.length > 1 ? ` (and ${twins.length - 1} more)` : "";
    found.push(`${units} of ${twin.shape[0]} units of ${twin.name}${more} are identical and will stay so`);
  }
  // outputs of layers with weights: what comes between (relu, pooling) has a scale of its own
  const weighted = layers.filter(({ path }) =>
    parameters.some((p) => p.name === `${path}.weight` && p.shape.length > 1),
  );
  const change = changeOf(weighted, (layer) => layer.activation.std);
  if (change)
    found.push(
      `activations ${change.factor < 1 ? "shrink" : "grow"} ${times(change.factor)} from ${change.from} to ${change.to}`,
    );
  const back = changeOf([...weighted].reverse(), (layer) => layer.gradientStd, MOST_GRADIENT_CHANGE);
  if (back)
    found.push(
      `gradients ${back.factor < 1 ? "vanish" : "explode"}: ${times(back.factor)} ${back.factor < 1 ? "smaller" : "larger"} in ${back.to} than in ${back.from}`,
    );
  const dead = worst(layers, (layer) => layer.dead);
  if (dead && dead.dead > MOST_DEAD) found.push(`${percent(dead.dead)} of the units of ${dead.path} are dead`);
  const flat = worst(layers, (layer) => layer.saturated ?? 0);
  if (flat && (flat.saturated ?? 0) > MOST_SATURATED)
    found.push(`${percent(flat.saturated ?? 0)} of the outputs of ${flat.path} are saturated`);
  return found;
}

interface Change {
  readonly from: string;
  readonly to: string;
  /** Of the last to the first. */
  readonly factor: number;
}

function changeOf(
  layers: readonly InitializedLayer[],
  of: (layer: InitializedLayer) => number,
  most = MOST_CHANGE,
): Change | undefined {
  const [first, last] = [layers[0], layers.at(-1)];
  if (!first || !last || first === last) return undefined;
  const factor = of(last) / of(first);
  if (!(factor > most || factor < 1 / most)) return undefined;
  return { from: first.path, to: last.path, factor };
}

const worst = (layers: readonly InitializedLayer[], of: (layer: InitializedLayer) => number) =>
  layers.reduce<InitializedLayer | undefined>((a, b) => (a && of(a) >= of(b) ? a : b), undefined);

const times = (factor: number): string => {
  const ratio = factor < 1 ? 1 / factor : factor;
  return Number.isFinite(ratio) ? `${significant(ratio)} times` : "without limit";
};

/** A line for every network: what is wrong with it, and its loss. */
export const describe = ({ nets, examples }: Initialization): string =>
  nets
    .map(({ name, loss, verdict }) => {
      const said = verdict.length ? verdict.join("; ") : "signals and gradients keep their scale";
      return `${name}: ${said}; loss ${significant(loss)} over ${examples} examples`;
    })
    .join("\n");
