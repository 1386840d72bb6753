import type { LayerFacts } from "../evidence/probe.ts";
import { defineRule, type Verdict } from "../rule.ts";
import { failed, learned } from "../standing.ts";
import { insertCell, layersText, percent } from "../words.ts";

const AT_FIRST = 0.5;
const AT_LAST = 0.6;
/** A layer that lets nothing through. */
const ALL = 0.9;

const worstOf = (layers: readonly LayerFacts[]) =>
  layers.filter(({ dead }) => dead !== null).sort((a, b) => (b.dead as number) - (a.dead as number));

export const deadRelu = defineRule({
  name: "dead-relu",
  title: "units are dead",
  summary:
    "Rectified units that are 0 for each of up to 256 training examples: half of a layer or more before training, or over 60 % after a training that did not succeed. Random weights leave a few in a hundred dead.",
  why: "A unit that is 0 for every example has gradient 0: it takes no part and cannot come back.",
  paper: "Lu, Shin, Su & Karniadakis 2019, Dying ReLU and Initialization, arXiv:1903.06733",
  explains: ["plateau", "underfitting", "rate-too-low", "ill-conditioned", "class-imbalance"],
  judge: (evidence): Verdict | null => {
    const { initial, ran } = evidence;
    const [first] = worstOf(initial.layers);
    const [last] = ran ? worstOf(ran.final.layers) : [];
    const [before, after] = [first?.dead ?? 0, last?.dead ?? 0];
    if (first && before >= AT_FIRST && (before >= ALL || learned(evidence) !== true)) {
      const more = initial.layers.filter(({ dead }) => (dead ?? 0) >= AT_FIRST).map(({ path }) => path);
      const total = before >= ALL;
      const healed = learned(evidence) === true && (!last || after < AT_FIRST);
      return {
        severity: total && !healed ? "error" : "warning",
        title: "units are dead from the start",
        saw: `before the first step ${percent(before)} of the ${first.units} units of layer ${first.path} (${first.type}) are 0 for all ${initial.examples} examples${
          more.length > 1 ? `; half or more are in ${layersText(more)}` : ""
        }${last && ran ? `; after training it is ${percent(ran.final.layers.find(({ path }) => path === first.path)?.dead ?? 0)}` : ""}`,
        tries: [
          { text: "start with biases of 0 or a little above: leave the bias option out" },
          { text: "draw the weights for rectifiers: weight: init.kaimingNormal()" },
          { text: "put nn.batchNorm() before the activation, or take nn.leakyRelu()" },
        ],
        where: { layers: more },
        ...(total
          ? {
              explains: [
                ...[
                  "plateau",
                  "underfitting",
                  "rate-too-low",
                  "rate-too-high",
                  "ill-conditioned",
                  "vanishing-gradients",
                ],
                ...["class-imbalance", "diverging", "bad-initial-loss", "input-scale"],
              ],
            }
          : {}),
      };
    }
    if (!ran || !last || after < AT_LAST) return null;
    if (after < ALL ? learned(evidence) !== false : !failed(evidence) && learned(evidence) !== false) return null;
    const dead = ran.final.layers.filter(({ dead }) => (dead ?? 0) >= AT_LAST).map(({ path }) => path);
    return {
      severity: failed(evidence) ? "error" : "warning",
      title: "units died in training",
      saw: `${percent(after)} of the ${last.units} units of layer ${last.path} (${last.type}) are 0 for all ${ran.final.examples} examples, ${percent(
        initial.layers.find(({ path }) => path === last.path)?.dead ?? 0,
      )} were before training${dead.length > 1 ? `; so it is in ${layersText(dead)}` : ""}`,
      tries: [
        { text: "lower the learning rate: one large step can push a unit below 0 for good" },
        { text: "clip gradients: clip: { norm: 1 }" },
        { text: "take nn.leakyRelu() or put nn.batchNorm() before the activation" },
        insertCell(
          "see when they died with run.inspect.activations()",
          "Inspect activations",
          "await run.inspect.activations()",
        ),
      ],
      where: { layers: dead },
    };
  },
});
