export { type Band, epochBand, lossBand } from "./bands.ts";
export {
  type Compared,
  type Comparison,
  compareGroups,
  type Figure,
  figureKeys,
  figureOf,
  finalOf,
  type RunGroup,
  seedOf,
} from "./comparison.ts";
export { type ConfigRow, configRows, type Leaf, settingsOf, shownLeaf } from "./config.ts";
export { type Difference, isBeyondNoise } from "./difference.ts";
export { eachAlone, groupBySeed } from "./groups.ts";
export { comparisonText } from "./text.ts";
export { comparedRuns } from "./view.ts";
export { intervalOf, spreadOf, verdictOf } from "./words.ts";
