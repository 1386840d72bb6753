import { type Optimizer, parameterGroups, type Settings } from "../optim/index.ts";
import type { SizedModel } from "./model.ts";

/** Words of the flat parameters that one fused update is for. */
export interface UpdateRange {
  readonly settings: Settings;
  readonly offset: number;
  readonly words: number;
}

/**
 * What is updated and how: one range for each group of parameters that does train, when the model is laid out by the
 * optimizer's groups; more where a group's parameters lie apart.
 */
export function updateRanges({ parameters, trained }: SizedModel, optimizer: Optimizer): UpdateRange[] {
  const groups = parameterGroups(optimizer, parameters.slices);
  const settingsOf = new Map(groups.flatMap(({ names, settings }) => names.map((name) => [name, settings] as const)));
  const inOrder = [...trained.slices].sort((a, b) => a.offset - b.offset);
  const ranges: UpdateRange[] = [];
  for (const [i, { name, offset }] of inOrder.entries()) {
    const settings = settingsOf.get(name) as Settings;
    const words = (inOrder[i + 1]?.offset ?? trained.words) - offset;
    const last = ranges.at(-1);
    if (settings.frozen) continue;
    if (last?.settings === settings && last.offset + last.words === offset)
      ranges[ranges.length - 1] = { ...last, words: last.words + words };
    else ranges.push({ settings, offset, words });
  }
  return ranges;
}
