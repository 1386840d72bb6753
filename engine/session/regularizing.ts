import { ConfigError } from "../errors/index.ts";
import type { Tensor } from "../ops/index.ts";
import * as ops from "../ops/index.ts";
import type { Stage } from "../plan/index.ts";
import { means, type Regularizer } from "../regularize/index.ts";
import type { SizedModel } from "./model.ts";

interface Regularized {
  readonly model: SizedModel;
  readonly regularize: readonly Regularizer[];
}

type Named = Readonly<Record<string, Tensor>>;

/** The parameters that train and that a regularizer means. */
const meant = ({ model }: Regularized, regularizer: Regularizer) =>
  model.trained.slices.filter((slice) => means(regularizer, slice));

/** What is added to the loss: the penalties on all parameters; null without any. */
export function penaltyOf(config: Regularized, parameters: Named): Tensor | null {
  const penalties = config.regularize.flatMap((regularizer) => {
    const { definition, options } = regularizer;
    return meant(config, regularizer).flatMap(
      ({ name }) => definition.penalty?.(parameters[name] as Tensor, options) ?? [],
    );
  });
  return penalties.length === 0 ? null : penalties.reduce((a, b) => ops.add(a, b));
}

/** Brings parameters back within their limits after an update, unless a step was not finite; none without limits. */
export function limitStages(config: Regularized, parameters: Named, halted: Tensor): Stage[] {
  const part = { name: "limits" };
  const stores = config.model.trained.slices.flatMap((slice) => {
    const p = parameters[slice.name] as Tensor;
    const limited = ops.within(part, () =>
      config.regularize
        .filter((regularizer) => means(regularizer, slice))
        .reduce((w, { definition, options }) => definition.limit?.(w, options) ?? w, p),
    );
    if (limited === p) return [];
    const goes = ops.within(part, () => ops.broadcastTo(ops.equal(halted, 0), p.shape));
    return [
      { value: ops.within(part, () => ops.select(goes, limited, p)), buffer: "parameters", offset: slice.offset },
    ];
  });
  return stores.length === 0 ? [] : [{ stores }];
}

/** Throws ConfigError for a regularizer that means no parameter, ShapeError for one that does not fit what it means. */
export function checkRegularizers(config: Regularized): void {
  for (const regularizer of config.regularize) {
    const found = meant(config, regularizer);
    if (found.length === 0) {
      const names = config.model.trained.slices.map(({ name }) => name);
      const { on } = regularizer.options as { readonly on: readonly string[] | null };
      throw new ConfigError(
        `regularize.${regularizer.type}: ${on === null ? "no parameter that trains has two axes" : `on: ${on.join(", ")} fits no parameter that trains`}; there are ${names.slice(0, 12).join(", ")}`,
      );
    }
    for (const { name, shape } of found) {
      const { definition, options } = regularizer;
      const p = ops.input(name, shape);
      definition.penalty?.(p, options);
      definition.limit?.(p, options);
    }
  }
}
