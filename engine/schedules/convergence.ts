import { monitorsOf, type Schedule, scheduleAt } from "./definition.ts";

/** How far it is looked: the rates' fall between these is taken for that of all that follow. */
const [NEAR, FAR] = [1e4, 1e6];
/** Rates are averaged over so many places a tenth of the way, so that cycles do not matter. */
const PLACES = 64;
/** A fall as 1 / t^p is told from another when p differs by more. */
const SAME = 0.03;

/**
 * Whether stochastic gradient descent is sure to arrive by a schedule that goes on for ever: the sum of the rates diverges, so that
 * no distance is too far, and the sum of their squares converges, so that the noise dies down. Robbins & Monro 1951. `null` for a
 * schedule that ends with its run, whose rates are used up, or that waits for figures. Found by how the rates fall from step 10^4 to 10^6.
 */
export function robbinsMonro(schedule: Schedule): { readonly holds: boolean | null; readonly why: string } {
  if (monitorsOf(schedule).length > 0) return { holds: null, why: "it waits for figures" };
  try {
    return asymptotic(schedule);
  } catch {
    // a function of the reader's own may end with its table
    return { holds: null, why: "it gives no rates so far on" };
  }
}

function asymptotic(schedule: Schedule): ReturnType<typeof robbinsMonro> {
  const at = (t: number, of = 2 * FAR) => {
    const steps = Math.round(of);
    return scheduleAt(schedule, 1, { step: Math.floor(t), steps, stepsPerEpoch: 1, epochs: steps }).lr;
  };
  if ([0.1, 0.3, 0.7].some((part) => at(part * NEAR, NEAR) !== at(part * NEAR))) {
    return { holds: null, why: "it spans the run and ends with it" };
  }
  const around = (t: number) => {
    let sum = 0;
    for (let i = 0; i < PLACES; i++) sum += at(t * (1 + (0.1 * i) / PLACES));
    return sum / PLACES;
  };
  const [near, far] = [around(NEAR), around(FAR)];
  if (!(far > 1e-12)) return { holds: null, why: "its rates are used up in a finite time" };
  // rates as 1 / t^p
  const p = Math.log(near / far) / Math.log(FAR / NEAR);
  if (p > 1 + SAME) return { holds: false, why: "the sum of its rates converges: it may stop short" };
  if (p <= 0.5 + SAME) return { holds: false, why: "the sum of the squares diverges: the noise stays" };
  return { holds: true, why: "the sum of its rates diverges, that of the squares converges" };
}
