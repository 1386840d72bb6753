import type { DeviceModel, Program, Rows, StepScalars } from "../device.ts";
import type { DeviceData } from "../forward.ts";
import { deadName, type Instruments, keptColumns, packDead } from "./instruments.ts";
import { lookStep, rememberStep } from "./lookStep.ts";
import { Looks } from "./looks.ts";
import type { DeviceClock, Pace } from "./pace.ts";
import type { Watched } from "./watched.ts";

/** Steps of either kind that are timed at the end of a run that had no plain ones, and for how long at most. */
const CALIBRATIONS = 11;
const CALIBRATION_MS = 500;

/** Runs of a look before the first that counts. */
const WARMING = 3;

/** Scalars of a plan that only copies, or that nobody reads. */
const NOTHING: StepScalars = { hyper: {}, cursor: 0, noiseSeed: 0, noiseStep: 0 };

/** Who looks, at what, and who is told. */
export interface Looking {
  readonly instruments: Instruments;
  readonly watched: Watched;
  readonly pace: Pace;
  readonly clock: DeviceClock;
  readonly device: DeviceModel;
  readonly data: DeviceData;
  readonly batch: number;
  /** Updates done when the run began, done now, and planned for its end. */
  readonly from: number;
  readonly now: number;
  readonly to: number;
  /** Gets the numbers of every look that is kept. */
  readonly told: (step: number, row: Float32Array) => void;
}

/** Looks at a run under way, between its steps. Nothing that it does changes a buffer of training. */
export class Watch {
  readonly #given: Looking;
  readonly #look: Promise<Program>;
  readonly #remember: Promise<Program>;
  /** Step before which the next look is; undefined until that is known. */
  #due: number | undefined;
  #last = Number.NEGATIVE_INFINITY;
  #remembered: [number, number] = [Number.NaN, Number.NaN];

  private constructor(given: Looking, look: Program, remember: Program) {
    this.#given = given;
    // promises, as those of training steps are: so that both reach the device in the order of the calls
    this.#look = Promise.resolve(look);
    this.#remember = Promise.resolve(remember);
    this.#due = given.now;
  }

  /** Compiles what looks need, and runs it until its code is warm. */
  static async begin(given: Looking): Promise<Watch> {
    const { device, data, batch, watched, instruments } = given;
    const began = performance.now();
    const look = await device.program(`look ${data.name} ${batch}`, (max) => {
      const built = lookStep(device.config, data, batch, watched, max);
      instruments.looks = new Looks(keptColumns(built.rows));
      return built;
    });
    const remember = await device.program("look remember", (max) => rememberStep(device.config, max));
    for (let i = 0; i < WARMING; i++) {
      await remember.run([NOTHING]);
      await look.run([NOTHING]);
    }
    instruments.compileMs = performance.now() - began;
    given.pace.compiled(instruments.compileMs);
    return new Watch(given, look, remember);
  }

  /** Steps that may be sent from `step` on before there is something to do. */
  until(step: number): number {
    const due = this.#due ?? Number.POSITIVE_INFINITY;
    const { to } = this.#given;
    const next = [due - 2, due - 1, due, to - 2, to - 1].sort((a, b) => a - b).find((event) => event > step);
    return next === undefined ? Number.POSITIVE_INFINITY : next - step;
  }

  /**
   * Call it before the step after `step` updates is sent, with its scalars: looks when it is time, or notes where the
   * parameters are. A step of another batch size (`whole` false) is not looked at. Resolves once that is taken in.
   */
  at(step: number, whole: boolean, scalars: () => StepScalars): Promise<void> | undefined {
    if (this.#due === undefined) {
      const due = this.#given.pace.after(this.#last);
      if (due !== undefined) this.#due = Math.max(due, step);
    }
    const due = this.#due ?? Number.POSITIVE_INFINITY;
    if (step >= due && whole) return this.#lookAt(step, scalars());
    return step >= Math.min(due, this.#given.to) - 2 ? this.#rememberAt(step) : undefined;
  }

  /** A last look at what the run came to, when it can still be afforded. */
  async end(step: number, scalars: StepScalars): Promise<void> {
    const { pace } = this.#given;
    if (this.#last < step && pace.affords) await this.#lookAt(step, scalars);
    if (pace.everyStep && this.#last > Number.NEGATIVE_INFINITY) await this.#calibrate(scalars);
  }

  async #rememberAt(step: number): Promise<void> {
    this.#noteRemembered(step);
    const { ms } = await this.#given.clock.time(this.#remember.then((program) => program.run([NOTHING])));
    this.#given.pace.noted(ms);
  }

  #noteRemembered(step: number): void {
    this.#remembered = [this.#remembered[1], step];
  }

  async #lookAt(step: number, scalars: StepScalars): Promise<void> {
    const [before, last] = this.#remembered;
    const known = {
      gradient: step > this.#given.from,
      update: last === step - 1 && step > this.#given.from,
      cosine: last === step - 1 && before === step - 2 && step > this.#given.from + 1,
    };
    this.#noteRemembered(step);
    this.#last = step;
    const { pace, clock } = this.#given;
    this.#due = pace.everyStep ? step + 1 : undefined;
    const { value, ms } = await clock.time(this.#look.then((program) => program.run([scalars])));
    pace.looked(ms);
    this.#take(step, value, known);
  }

  #take(step: number, rows: Rows, known: Readonly<Record<"gradient" | "update" | "cosine", boolean>>): void {
    const kept: Record<string, Float64Array> = {};
    for (const [name, values] of Object.entries(rows)) {
      if (name.endsWith(" peaks")) {
        const layer = Number(name.split(" ")[1]);
        this.#given.instruments.streaks[layer]?.push(step, values);
        kept[deadName(name)] = packDead(values);
      } else kept[name] = isKnown(name, known) ? values : values.map(() => Number.NaN);
    }
    const { instruments, told } = this.#given;
    if (instruments.looks?.push(step, kept)) told(step, instruments.looks.newest);
  }

  /** Times plain steps and looks side by side, without a change: halted steps do all the work and keep everything. */
  async #calibrate(scalars: StepScalars): Promise<void> {
    const { device, data, batch, pace } = this.#given;
    const steps = Array.from({ length: 4 }, () => scalars);
    const plain: number[] = [];
    const look: number[] = [];
    const time = async (work: Promise<unknown>, into: number[], each: number) => {
      const began = performance.now();
      await work;
      into.push((performance.now() - began) / each);
    };
    device.write("halted", Int32Array.of(1, 0, 0, 0));
    try {
      const began = performance.now();
      for (let i = 0; i < CALIBRATIONS && (i < 2 || performance.now() - began < CALIBRATION_MS); i++) {
        await time(device.train(data, batch, steps), plain, steps.length);
        await time(this.#interleaved(steps), look, steps.length);
      }
    } finally {
      device.write("halted", Int32Array.of(0, 0, 0, 0));
    }
    const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] as number;
    pace.calibrate(median(plain), median(look) - median(plain));
  }

  async #interleaved(steps: readonly StepScalars[]): Promise<void> {
    const { device, data, batch } = this.#given;
    const sent: Promise<unknown>[] = [];
    for (const step of steps) {
      sent.push(this.#look.then((program) => program.run([step])));
      sent.push(device.train(data, batch, [step]));
    }
    await Promise.all(sent);
  }
}

function isKnown(name: string, known: Readonly<Record<"gradient" | "update" | "cosine", boolean>>): boolean {
  if (!name.startsWith("parameter ")) return true;
  if (name.includes(" gradient ")) return known.gradient;
  if (name.endsWith(" update squares")) return known.update;
  return name.includes(" update ") ? known.cosine : true;
}
