import type { Backend, DeviceBuffer } from "../../engine/backends/backend.ts";
import { type BuiltPlan, buildPlan } from "../../engine/plan/index.ts";
import { viewAs } from "../../engine/tensor/index.ts";
import type { Dice } from "./dice.ts";
import { expected, type Outcome, type RandomProgram } from "./randomProgram.ts";

/** A program on a backend, between buffers that nothing may write. */
export interface Running {
  /** Runs steps `first` to `first + count - 1` in one submit. Resolves with the rows of each. */
  submit(first: number, count: number): Promise<Outcome["rows"][]>;
  read(): Promise<Outcome["buffers"]>;
  /** Throws Error when a word changed that is not the program's. */
  checkGuards(): Promise<void>;
  dispose(): void;
}

const guardWord = (i: number) => (0xa5a50000 + i) >>> 0;

export async function start(backend: Backend, program: RandomProgram, dice: Dice): Promise<Running> {
  const built = buildPlan({ ...program.request, maxBuffersPerLaunch: backend.maxBuffersPerLaunch });
  const buffers: Record<string, DeviceBuffer> = {};
  const guards: { buffer: DeviceBuffer; from: number }[] = [];
  const guard = (buffer: DeviceBuffer, from: number) => {
    if (from === buffer.words) return;
    backend.write(
      buffer,
      Uint32Array.from({ length: buffer.words - from }, (_, i) => guardWord(from + i)),
      from,
    );
    guards.push({ buffer, from });
  };
  for (const [name, data] of Object.entries(program.data)) {
    guard(backend.alloc(dice.int(1, 40), "guard"), 0);
    const buffer = backend.alloc(data.length + dice.pick([0, 0, 1, 2, 3, 17]), name);
    backend.write(buffer, data);
    guard(buffer, data.length); // a buffer may be larger than the plan's
    buffers[name] = buffer;
  }
  guard(backend.alloc(dice.int(1, 40), "guard"), 0);
  const executable = await backend.compile(built.plan, buffers);
  return {
    submit: async (first, count) =>
      rowsOf(built, await executable.submit(scalarsOf(built, program, first, count), count)),
    read: async () => {
      const all = Object.entries(program.data).map(async ([name, { length }]) => {
        const words = await backend.read(buffers[name] as DeviceBuffer, 0, length);
        return [name, viewAs("f32", words) as Float32Array] as const;
      });
      return Object.fromEntries(await Promise.all(all));
    },
    checkGuards: async () => {
      for (const { buffer, from } of guards) {
        const words = await backend.read(buffer, from);
        const wrong = words.findIndex((word, i) => word !== guardWord(from + i));
        if (wrong >= 0) throw new Error(`word ${from + wrong} of a buffer of ${buffer.words} was written`);
      }
    },
    dispose: () => {
      executable.dispose();
      for (const buffer of new Set([...Object.values(buffers), ...guards.map((g) => g.buffer)])) buffer.dispose();
    },
  };
}

function scalarsOf({ plan, scalars }: BuiltPlan, program: RandomProgram, first: number, count: number): Uint32Array {
  const words = new Uint32Array(plan.scalarWords * count);
  for (let i = 0; i < count; i++) {
    for (const { name, slot, dtype } of scalars) {
      viewAs(dtype, words)[i * plan.scalarWords + slot] = program.scalar(name, first + i);
    }
  }
  return words;
}

function rowsOf({ plan, rows }: BuiltPlan, words: Uint32Array): Outcome["rows"][] {
  return Array.from({ length: plan.rowWords ? words.length / plan.rowWords : 0 }, (_, step) =>
    Object.fromEntries(
      rows.map(({ name, dtype, offset, size }) => {
        const from = step * plan.rowWords + offset;
        return [name, viewAs(dtype, words.slice(from, from + size))];
      }),
    ),
  );
}

/** Runs `steps` steps one by one, and holds each to the ops' own loops from where it began. Resolves with all outcomes. */
export async function followed(running: Running, program: RandomProgram, steps: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let before = program.data;
  for (let step = 0; step < steps; step++) {
    const [rows = {}] = await running.submit(step, 1);
    const buffers = await running.read();
    const want = expected(program, before, step);
    for (const [what, got, wanted] of [...pairs("row", rows, want.rows), ...pairs("buffer", buffers, want.buffers)]) {
      close(`${program.request.label}: step ${step}: ${what}`, got, wanted);
    }
    outcomes.push({ rows, buffers });
    before = buffers;
  }
  await running.checkGuards();
  return outcomes;
}

/** Runs the steps in submits of several that are under way together. Throws Error where a bit differs from `outcomes`. */
export async function repeated(
  running: Running,
  outcomes: readonly Outcome[],
  label: string,
  dice: Dice,
): Promise<void> {
  const submits: Promise<Outcome["rows"][]>[] = [];
  for (let first = 0; first < outcomes.length; ) {
    const count = dice.int(1, outcomes.length - first);
    submits.push(running.submit(first, count));
    first += count;
  }
  const reading = running.read();
  const rows = (await Promise.all(submits)).flat();
  const buffers = await reading;
  const { buffers: last } = outcomes.at(-1) as Outcome;
  for (const [i, row] of rows.entries()) {
    for (const pair of pairs("row", row, (outcomes[i] as Outcome).rows)) same(`${label}: step ${i}: `, ...pair);
  }
  for (const pair of pairs("buffer", buffers, last)) same(`${label}: `, ...pair);
  await running.checkGuards();
}

type Named = Readonly<Record<string, ArrayLike<number>>>;

const pairs = (what: string, got: Named, want: Named): [string, ArrayLike<number>, ArrayLike<number>][] =>
  Object.keys(want).map((name) => [`${what} ${name}`, got[name] ?? [], want[name] as ArrayLike<number>]);

function close(what: string, got: ArrayLike<number>, want: ArrayLike<number>): void {
  if (got.length !== want.length) throw new Error(`${what}: ${got.length} numbers, not ${want.length}`);
  for (let i = 0; i < want.length; i++) {
    const [g, w] = [got[i] as number, want[i] as number];
    if (!(Math.abs(g - w) <= 2e-4 + 1e-3 * Math.abs(w)))
      throw new Error(`${what}[${i}] of ${want.length}: ${g}, not ${w}`);
  }
}

function same(label: string, what: string, got: ArrayLike<number>, want: ArrayLike<number>): void {
  for (let i = 0; i < want.length; i++) {
    if (!Object.is(got[i], want[i]))
      throw new Error(`${label}${what}[${i}] of ${want.length}: ${got[i]}, before ${want[i]}`);
  }
}
