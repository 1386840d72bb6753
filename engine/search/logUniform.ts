import { ConfigError } from "../errors/index.ts";

/**
 * low (high / low)^u for u in [0, 1]: equally likely in every order of magnitude when u is equally likely everywhere.
 *
 * Throws ConfigError unless 0 < low <= high.
 */
export function logUniform(u: number, low: number, high: number): number {
  if (!(low > 0 && low <= high && Number.isFinite(high))) {
    throw new ConfigError(`logUniform: ${low} to ${high} is no range of positive numbers; give 0 < low <= high`);
  }
  return Math.min(high, low * (high / low) ** u);
}
