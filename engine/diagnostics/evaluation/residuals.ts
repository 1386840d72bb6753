import { ConfigError } from "../../errors/index.ts";
import { type RegressionFigures, regressionFigures } from "../../metrics/exact/index.ts";
import { int } from "../../params/index.ts";
import { significant } from "../../plots/format.ts";
import { residualsPlot } from "../../plots/residuals.ts";
import { show } from "../../tensor/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, showChart } from "../showing.ts";
import { outputsOf } from "./outputs.ts";
import { onParam, partOf } from "./parts.ts";

export interface Residuals extends RegressionFigures {
  readonly part: string;
  readonly truth: readonly number[];
  readonly predicted: readonly number[];
}

export const residuals = defineDiagnostic({
  summary: "Predicted against true values, and how the errors are spread.",
  params: {
    on: onParam,
    column: int(0, "[0, inf)", "Which of several targets."),
  },
  of: ["run"],
  inspects: true,
  cost: "a forward pass over the part that is evaluated",
  measure: async (subject, { on, column }, context): Promise<Residuals> => {
    const { name: part, set } = partOf(subject, on);
    if (set.task !== "regression") {
      throw new ConfigError(
        `inspect.residuals: is for values, and ${set.name} has ${set.classes?.length} classes; use inspect.confusion()`,
      );
    }
    const width = set.y.size / set.size;
    if (column >= width) {
      throw new ConfigError(`inspect.residuals: column = ${column}, and there are ${width} targets, counted from 0`);
    }
    const outputs = await outputsOf(subject, set, context);
    if (outputs.data.length !== set.y.size) {
      throw new ConfigError(
        `inspect.residuals: outputs ${show(outputs.shape)} do not stand beside targets ${show(set.y.shape)}`,
      );
    }
    const values = (of: ArrayLike<number>) =>
      Array.from({ length: set.size }, (_, i) => of[i * width + column] as number);
    const [truth, predicted] = [values(set.y.data), values(outputs.data)];
    const found = { part, truth, predicted, ...regressionFigures(truth, predicted) };
    showChart(context, residualsPlot, { name: subject.name, ...found });
    const { r2, rmse, mae, medianAe, maxError, bias } = found;
    return measured(
      found,
      `${part} data, ${truth.length.toLocaleString("en-US")} examples: R² ${significant(r2)}, RMSE ${significant(rmse)}, MAE ${significant(mae)} (median ${significant(medianAe)}, largest ${significant(maxError)}), mean error ${significant(bias)}`,
    );
  },
});
