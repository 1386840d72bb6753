/** What looking at a run may cost, and how often it is done. */
export type Instrumentation = "off" | "economy" | "business" | "full" | number;

/** Shares of the time of plain training that looks may take. */
const CEILINGS = { off: 0, economy: 0.05, business: 0.2, full: Number.POSITIVE_INFINITY } as const;

/** Of its ceiling a run spends this share: measurements are noisy. */
const SPENT = 0.75;

/** Looks that must be in sight before they are compiled, and what one is taken to cost in training steps until it is measured. */
const WORTHWHILE = 4;
const FIRST_LOOK = 2;

/** Submits that are timed before looks are compiled for a run that must earn them. */
const TIMED = 3;

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

  /** The shortest of the last ones. */
  get least(): number {
    return Math.min(...this.#last);
  }

  /** What all took together, going by the median. */
  get total(): number {
    return this.count === 0 ? 0 : this.count * this.median;
  }
}

/**
 * Chooses the steps before which a run is looked at, so that looks and their compilation take at most the mode's share of
 * the time of plain steps: they are compiled once the whole run is seen to be long enough for it, and a look is due when
 * the steps so far have earned it.
 */
export class Pace {
  readonly ceiling: number;
  readonly #plain = new Measured();
  readonly #look = new Measured();
  /** What looks cost besides: notes of where the parameters are, and submits that they cut short. */
  readonly #note = new Measured();
  readonly #cut = new Measured();
  /** Steps between which the run goes: a continued one has earned nothing with those before. */
  readonly #from: number;
  readonly #to: number;
  /** Milliseconds of compiling. */
  #fixed = 0;
  #calibrated: { plainMs: number; lookMs: number } | null = null;
  #every = 1;
  #steps = 0;

  constructor(mode: Instrumentation, from: number, to: number) {
    this.ceiling = ceilingOf(mode);
    this.#from = from;
    this.#to = to;
  }

  /**
   * Whether looks are worth compiling, which is guessed to take `guessMs`. Asked before every submit until it is true: at
   * once for looks before every step, never for runs too short to earn it.
   */
  begins(guessMs: number): boolean {
    if (this.everyStep) return true;
    if (this.ceiling === 0 || this.#plain.count < TIMED) return false;
    // the first submits are slow: code is still being compiled, and a run must not look longer than it is
    const ms = this.#plain.least;
    const budget = SPENT * this.ceiling * (this.#to - this.#from) * ms;
    return budget >= guessMs + WORTHWHILE * FIRST_LOOK * ms;
  }

  /** Compiling took so long. */
  compiled(ms: number): void {
    this.#fixed = ms;
  }

  get everyStep(): boolean {
    return this.ceiling === Number.POSITIVE_INFINITY;
  }

  /** Milliseconds of looks so far. */
  get #spent(): number {
    return this.#look.total + this.#note.total + this.#cut.total;
  }

  /** Milliseconds that looks may take for each plain step. */
  get #worth(): number {
    return SPENT * this.ceiling * this.plainMs - this.#fixed / (this.#to - this.#from);
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
    const spent = this.#fixed + this.#spent + this.lookMs;
    return this.everyStep || spent <= SPENT * this.ceiling * this.#steps * this.plainMs;
  }

  /** The step of the look after one at `step`; undefined while too little was measured to say. */
  after(step: number): number | undefined {
    if (this.everyStep) return step + 1;
    const { plainMs, lookMs } = this;
    if (Number.isNaN(plainMs) || Number.isNaN(lookMs)) return undefined;
    const worth = this.#worth;
    if (!(worth > 0)) return Number.POSITIVE_INFINITY;
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

  /**
   * Time of looks over the time that the same steps take without; with what compiling them took, unless they are before
   * every step: that is a figure of the steps alone.
   */
  get overhead(): number {
    if (this.#calibrated) return this.lookMs / this.plainMs;
    return this.#steps === 0 ? 0 : (this.#fixed + this.#spent) / (this.#steps * this.plainMs);
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
