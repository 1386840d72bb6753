import type { Rule } from "../rule.ts";
import { badInitialLoss } from "./badInitialLoss.ts";
import { badValues } from "./badValues.ts";
import { batchNormGap } from "./batchNormGap.ts";
import { classImbalance } from "./classImbalance.ts";
import { clippedTooOften } from "./clippedTooOften.ts";
import { deadRelu } from "./deadRelu.ts";
import { differentParts } from "./differentParts.ts";
import { diverging } from "./diverging.ts";
import { explodingGradients } from "./explodingGradients.ts";
import { illConditioned } from "./illConditioned.ts";
import { inputScale } from "./inputScale.ts";
import { labelNoise } from "./labelNoise.ts";
import { leakage } from "./leakage.ts";
import { lossMetricDivergence } from "./lossMetricDivergence.ts";
import { lossSpike } from "./lossSpike.ts";
import { noisyValidation } from "./noisyValidation.ts";
import { outputActivation } from "./outputActivation.ts";
import { overfitting } from "./overfitting.ts";
import { overRegularized } from "./overRegularized.ts";
import { plateau } from "./plateau.ts";
import { rateTooHigh } from "./rateTooHigh.ts";
import { rateTooLow } from "./rateTooLow.ts";
import { saturatedUnits } from "./saturatedUnits.ts";
import { symmetricWeights } from "./symmetricWeights.ts";
import { targetScale } from "./targetScale.ts";
import { tinyBatchNorm } from "./tinyBatchNorm.ts";
import { underfitting } from "./underfitting.ts";
import { unshuffledLabels } from "./unshuffledLabels.ts";
import { vanishingGradients } from "./vanishingGradients.ts";

/** Causes before symptoms: of findings that weigh the same, the earlier comes first. */
export const rules: readonly Rule[] = [
  badValues,
  leakage,
  differentParts,
  labelNoise,
  outputActivation,
  inputScale,
  symmetricWeights,
  deadRelu,
  saturatedUnits,
  explodingGradients,
  vanishingGradients,
  tinyBatchNorm,
  unshuffledLabels,
  targetScale,
  badInitialLoss,
  overRegularized,
  rateTooHigh,
  clippedTooOften,
  rateTooLow,
  batchNormGap,
  classImbalance,
  illConditioned,
  lossSpike,
  diverging,
  plateau,
  underfitting,
  overfitting,
  lossMetricDivergence,
  noisyValidation,
];
