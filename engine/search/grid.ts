import { ConfigError } from "../errors/index.ts";

/**
 * All combinations of the values given for each name, the last name's changing fastest: `grid({ lr: [0.1, 0.01], momentum: [0, 0.9] })`.
 *
 * Throws ConfigError for a name without values.
 */
export function grid<T extends Readonly<Record<string, readonly unknown[]>>>(
  space: T,
): { readonly [K in keyof T]: T[K][number] }[] {
  let points: Record<string, unknown>[] = [{}];
  for (const [name, values] of Object.entries(space)) {
    if (!Array.isArray(values) || values.length === 0) {
      throw new ConfigError(`grid: ${name} has no values; give a list, as ${name}: [0.1, 0.01]`);
    }
    points = points.flatMap((point) => values.map((value) => ({ ...point, [name]: value })));
  }
  return points as { readonly [K in keyof T]: T[K][number] }[];
}
