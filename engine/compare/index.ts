export type { Band } from "./bands.ts";
export {
  type Compared,
  type Comparison,
  compareGroups,
  type Figure,
  figureOf,
  finalOf,
  type RunGroup,
} from "./comparison.ts";
export { configRows, settingsOf, shownLeaf } from "./config.ts";
export { isBeyondNoise } from "./difference.ts";
export { groupBySeed } from "./groups.ts";
export { differenceOfExamples } from "./sameExamples.ts";
export { comparisonText } from "./text.ts";
export { comparedRuns } from "./view.ts";
export { intervalOf, spreadOf, verdictOf } from "./words.ts";
