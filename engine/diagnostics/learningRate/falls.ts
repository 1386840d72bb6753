/** What is asked of a fall: so many deviations of what noise alone would do, and this part of where the loss began. */
const DEVIATIONS = 4;
const LEAST = 0.005;
/** Parts of a test that means are taken over: a fall may be long and slight or short and deep. */
const WIDTHS = [1 / 10, 1 / 20];

/** Where a noisy loss began and how low it came: means over stretches; `falls` when noise is no explanation. */
export interface Fall {
  readonly start: number;
  readonly lowest: number;
  readonly falls: boolean;
}

/**
 * Looks for a fall in raw losses, as smoothed ones lag: the lowest mean of a stretch of them against that of the first stretch, or of
 * the first third. Noise is what neighbours differ by in the first third, where rates are too small to matter.
 */
export function fallOf(loss: readonly number[]): Fall {
  const third = loss.slice(0, Math.max(1, Math.ceil(loss.length / 3)));
  const squares = third.slice(1).map((v, i) => (v - (third[i] as number)) ** 2 / 2);
  const noise = squares.length ? Math.sqrt(mean(squares)) : 0;
  const found = WIDTHS.map((part) => {
    const width = Math.max(1, Math.round(part * loss.length));
    const lowest = Math.min(...loss.slice(width - 1).map((_, i) => mean(loss.slice(i, i + width))));
    const beyond = (from: readonly number[]) => {
      const start = mean(from);
      const least = DEVIATIONS * noise * Math.sqrt(1 / width + 1 / from.length);
      return start - lowest > Math.max(least, LEAST * Math.abs(start));
    };
    return { lowest, falls: beyond(loss.slice(0, width)) || beyond(third) };
  });
  const lowest = Math.min(...found.map((f) => f.lowest));
  return { start: mean(third), lowest, falls: found.some((f) => f.falls) };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
