import { ConfigError } from "../errors/index.ts";
import { HostTensor, sizeOf } from "../tensor/index.ts";
import { Dataset } from "./dataset.ts";
import { defineSource } from "./source.ts";

function fromTensors(
  {
    x,
    y,
    classes,
    name = "tensors",
  }: {
    x: HostTensor;
    y: HostTensor;
    classes?: readonly string[];
    name?: string;
  } = {} as never,
): Dataset {
  if (!(x instanceof HostTensor && y instanceof HostTensor)) {
    throw new ConfigError("data.tensors: x and y must be tensors, as from tensor([[1, 2], [3, 4]])");
  }
  const featureNames = Array.from({ length: sizeOf(x.shape.slice(1)) }, (_, i) => `x${i}`);
  if (y.dtype === "f32") {
    const values = y.rank === 1 ? y.reshape([y.size, 1]) : y;
    return new Dataset({
      name,
      x,
      y: values,
      task: "regression",
      featureNames,
      ...(classes ? { labels: classes } : {}),
    });
  }
  let most = -1;
  for (const label of y.data) most = Math.max(most, label);
  const labels = classes ?? Array.from({ length: most + 1 }, (_, i) => String(i));
  return new Dataset({ name, x, y, task: "classification", featureNames, classes: labels });
}

/**
 * A data set from tensors in memory. Labels are whole numbers from 0 when y is i32, values when it is f32; with `classes` as well, y [N, K] of 0
 * and 1 says which of K labels hold.
 */
export const tensors = defineSource(
  {
    summary:
      "Tensors in memory: labels are whole numbers from 0 when y is i32, values when it is f32, or 0 and 1 for each of the classes.",
    takes: "{ x: HostTensor; y: HostTensor; classes?: readonly string[]; name?: string }",
    gives: "Dataset",
    example: "data.tensors({ x: tensor([[0], [1]]), y: tensor([[0], [1]]) })",
    params: {},
  },
  fromTensors,
);
