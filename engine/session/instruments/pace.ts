/** What looking at a run may cost, and how often it is done. */
export type Instrumentation = "off" | "economy" | "business" | "full" | number;

/** Shares of the time of plain training that looks may take. */
const CEILINGS = { off: 0, economy: 0.05, business: 0.2, full: Number.POSITIVE_INFINITY } as const;

/** Of its ceiling a run spends this share: measurements are noisy. */
const SPENT = 0.6;

/** What a first look is taken to cost, in training steps, before anything was measured. */
const FIRST_LOOK = 2;

/** A median over so many last measurements. */
const WINDOW = 63;

export const ceilingOf = (mode: Instrumentation): number => (typeof mode === "number" ? mode : CEILINGS[mode]);

/** Measurements of one kind: how many there were, and the median of the last ones, which a busy machine hardly moves. */
class Measured {
  readonly #last: number[] = [];
  count = 0;

  push(value: number): void {
    this.#last[this.count % WINDOW] = value;
    this.count += 1;
  }

  get median(): number {
    const sorted = [...this.#last].sort((a, b) => a - b);
    return sorted.length === 0 ? Number.NaN : (sorted[(sorted.length - 1) >> 1] as number);
  }

  /** What all took together, going by the median. */
  get total(): number {
    return this.count === 0 ? 0 : this.count * this.median;
  }
}

/**
 * Chooses the steps before which a run is looked at, so that looks take at most the mode's share of the time of plain steps:
 * a look is due when the steps so far have earned it.
 */
export class Pace {
  readonly ceiling: number;
  readonly #plain = new Measured();
  readonly #look = new Measured();
  /** What looks cost besides: notes of where the parameters are, and submits that they cut short. */
  readonly #note = new Measured();
  readonly #cut = new Measured();
  /** Steps done before the run began: a continued run has earned nothing with them. */
  readonly #from: number;
  #calibrated: { plainMs: number; lookMs: number } | null = null;
  #every = 1;
  #steps = 0;

  constructor(mode: Instrumentation, from: number, to: number) {
    this.ceiling = ceilingOf(mode);
    this.#from = from;
    this.first = this.everyStep || (to - from) * this.#target >= FIRST_LOOK ? from : Number.POSITIVE_INFINITY;
  }

  /** Step of the first look; Infinity when the run is too short to earn one. */
  readonly first: number;

  get everyStep(): boolean {
    return this.ceiling === Number.POSITIVE_INFINITY;
  }

  /** Milliseconds of looks so far. */
  get #spent(): number {
    return this.#look.total + this.#note.total + this.#cut.total;
  }

  get #target(): number {
    return SPENT * this.ceiling;
  }

  /** Training steps that took `ms` together; `cut` when looks made their submit shorter: what it took longer is theirs. */
  trained(steps: number, ms: number, cut: boolean): void {
    this.#steps += steps;
    if (!cut) this.#plain.push(ms / steps);
    else if (!Number.isNaN(this.plainMs)) this.#cut.push(Math.max(0, ms - steps * this.plainMs));
  }

  looked(ms: number): void {
    this.#look.push(ms);
  }

  /** Time that looks took besides. */
  noted(ms: number): void {
    this.#note.push(ms);
  }

  /** Whether one more look stays within the ceiling. */
  get affords(): boolean {
    return this.everyStep || this.#spent + this.lookMs <= 0.8 * this.ceiling * this.#steps * this.plainMs;
  }

  /** The step of the look after one at `step`; undefined while too little was measured to say. */
  after(step: number): number | undefined {
    if (this.everyStep) return step + 1;
    const { plainMs, lookMs } = this;
    if (Number.isNaN(plainMs) || Number.isNaN(lookMs)) return undefined;
    const worth = this.#target * plainMs;
    this.#every = round(lookMs / worth);
    const earned = this.#from + (this.#spent + lookMs) / worth;
    return Math.ceil(Math.max(step + 1, earned) / this.#every) * this.#every;
  }

  /** Measured side by side at the end of a run that was looked at before every step: it has no plain steps of its own. */
  calibrate(plainMs: number, lookMs: number): void {
    this.#calibrated = { plainMs, lookMs };
  }

  /** Steps between looks now. */
  get every(): number {
    return this.#every;
  }

  /** Medians. */
  get plainMs(): number {
    return this.#calibrated?.plainMs ?? this.#plain.median;
  }

  get lookMs(): number {
    return this.#calibrated?.lookMs ?? this.#look.median;
  }

  /** Time of looks over the time that the same steps take without. */
  get overhead(): number {
    if (this.#calibrated) return this.lookMs / this.plainMs;
    return this.#steps === 0 ? 0 : this.#spent / (this.#steps * this.plainMs);
  }
}

/** The next of 1, 2, 5, 10, 20, 50 ... */
function round(n: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, n)));
  return ([1, 2, 5, 10].find((x) => x * power >= n) as number) * power;
}

/**
 * How long each of the works on a device took, when several are under way and the device does one after the other: from the
 * end of the one before, or from when it was sent, whichever is later.
 */
export class DeviceClock {
  #free = Number.NEGATIVE_INFINITY;

  async time<T>(work: Promise<T>): Promise<{ value: T; ms: number }> {
    const sent = performance.now();
    const value = await work;
    const now = performance.now();
    const ms = Math.max(1e-3, now - Math.max(sent, this.#free));
    this.#free = now;
    return { value, ms };
  }
}
