import { DataError } from "../errors/index.ts";
import { optional, required, value } from "../params/index.ts";
import { HostTensor, type Shape } from "../tensor/index.ts";

const names = (given: unknown): boolean =>
  Array.isArray(given) && given.length > 0 && given.every((name) => typeof name === "string");

/** Option of the sources whose labels are numbers. */
export const classesParam = optional(
  value<readonly string[], typeof required>(
    required,
    { type: "readonly string[]", noun: "a list of names", accepts: names },
    "Names of the classes, by label; the numbers themselves when not given.",
  ),
);

/** Labels are indices into a list of classes: more than this, and they are something else. */
const MOST_CLASSES = 1_000_000;

/** Whole numbers from 0 as labels i32, [N] or of another shape, and their classes: those that are named, or the numbers 0 to the largest. */
export function labelsOf(
  file: string,
  values: ArrayLike<number>,
  classes: readonly string[] | null,
  shape: Shape = [values.length],
): { y: HostTensor; classes: readonly string[] } {
  const count = classes?.length ?? MOST_CLASSES;
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const label = values[i] as number;
    if (!(Number.isInteger(label) && label >= 0 && label < count)) {
      const cure = classes ? `there are ${count} classes; name them all` : "labels are whole numbers from 0";
      throw new DataError(
        `${file}: label ${label} of example ${Math.floor(i / (values.length / (shape[0] ?? 1)))} stands for no class; ${cure}`,
      );
    }
    most = Math.max(most, label);
  }
  return {
    y: new HostTensor(shape, "i32", Int32Array.from(values)),
    classes: classes ?? Array.from({ length: most + 1 }, (_, i) => String(i)),
  };
}
