import * as ops from "../../engine/ops/index.ts";
import { evaluate, type Tensor, topological } from "../../engine/ops/index.ts";
import type { PlanRequest, Stage } from "../../engine/plan/index.ts";
import { sizeOf } from "../../engine/tensor/index.ts";
import { Dice } from "./dice.ts";
import { fitted, type Grown, grow, randomShape } from "./randomGraph.ts";

/** A random step, and what its buffers and scalars hold. */
export interface RandomProgram {
  readonly request: Omit<PlanRequest, "maxBuffersPerLaunch">;
  /** First words of every buffer. */
  readonly data: Readonly<Record<string, Float32Array>>;
  scalar(name: string, step: number): number;
}

interface Part {
  readonly name: string;
  readonly buffer: string;
  readonly offset: number;
  readonly shape: readonly number[];
}

/**
 * Buffers of one or several tensors, one to three stages that update some of them in place or write others, and rows of
 * numbers and tensors. `most`: elements of a buffer's tensor at most.
 */
export function randomProgram(seed: number, most: number): RandomProgram {
  const dice = new Dice(seed);
  const buffers: Record<string, number> = {};
  const parts: Part[] = [];
  for (let b = dice.int(2, 5); b > 0; b--) {
    const buffer = `b${b}`;
    buffers[buffer] = 0;
    for (let n = dice.pick([1, 1, 2, 4]); n > 0; n--) {
      const shape = randomShape(dice, most);
      parts.push({ name: `${buffer}.${n}`, buffer, offset: buffers[buffer], shape });
      buffers[buffer] += sizeOf(shape);
    }
  }
  const data = Object.fromEntries(Object.entries(buffers).map(([name, words]) => [name, dice.floats(words)]));
  const written = new Set(dice.shuffled(Object.keys(buffers)).slice(0, dice.int(1, Object.keys(buffers).length)));
  const inputs: Record<string, { buffer: string; offset: number }> = {};
  const leaf = ({ name, buffer, offset, shape }: Part, stage: number): Grown => {
    const label = stage === 0 ? name : `${name}@${stage}`;
    inputs[label] = { buffer, offset };
    return { t: ops.input(label, shape), bound: 1, exact: !written.has(buffer) };
  };

  const pool = parts.map((part) => leaf(part, 0));
  const stages: Stage[] = [];
  for (let stage = 0, count = dice.pick([1, 1, 2, 3]); stage < count; stage++) {
    // a later stage may know a part by another name too
    if (stage > 0) pool.push(...parts.filter(() => dice.chance(0.3)).map((part) => leaf(part, stage)));
    for (let n = dice.int(2, 14); n > 0; n--) {
      const grown = grow(dice, pool);
      if (grown) pool.push(grown);
    }
    if (dice.chance(0.3)) pool.push(...slopes(dice, pool));
    stages.push(stageOf(dice, pool, parts, written, stage));
  }
  const numbers: Record<string, (step: number) => number> = {
    rate: (step) => Math.fround(0.5 / (step + 1)),
    decay: (step) => Math.fround(Math.cos(step)),
    cursor: (step) => step * 3 - 1,
    seed: () => seed,
    number: (step) => step,
  };
  return {
    request: { label: `random ${seed}`, buffers, inputs, stages },
    data,
    scalar: (name, step) => (numbers[name] as (step: number) => number)(step),
  };
}

/** Derivatives of a tensor's mean square with respect to inputs that it is computed from. */
function slopes(dice: Dice, pool: readonly Grown[]): Grown[] {
  const y = dice.pick(pool);
  // numbers that are equal in f32 may not be so in f64: a maximum's gradient then goes elsewhere
  if (!y.exact && topological([y.t]).some(({ op }) => op === "maximum" || op === "max")) return [];
  const leaves = pool.filter(({ t }) => t.op === "input" && topological([y.t]).includes(t));
  if (leaves.length === 0) return [];
  const x = dice.pick(leaves);
  const [g] = ops.gradients(ops.mean(ops.square(y.t)), [x.t]) as [Tensor];
  if (topological([g]).some(({ size }) => size > 1e6)) return []; // the gradient of a gather is a product with one-hot rows
  return [{ t: ops.tanh(g), bound: 1, exact: false }];
}

/** Numbers within +-1 made from the tensor's own, which they are to replace, at other places. */
function rearranged(dice: Dice, x: Tensor): Tensor {
  const n = x.size;
  const flat = ops.reshape(x, [n]);
  const side = Math.sqrt(n);
  const as = (t: Tensor) => ops.reshape(t, x.shape);
  if (n < 2) return ops.neg(x);
  if (Number.isInteger(side) && dice.chance(0.5)) {
    const square = ops.reshape(x, [side, side]);
    return as(dice.chance(0.5) ? ops.transpose(square) : ops.div(ops.matmul(square, square), side));
  }
  const cut = dice.int(1, n - 1);
  const head = ops.slice(flat, 0, 0, cut);
  const tail = ops.slice(flat, 0, cut);
  switch (dice.int(0, 3)) {
    case 0:
      return as(ops.concat([tail, head]));
    case 1:
      return as(ops.concat([ops.mul(head, 0.5), ops.slice(flat, 0, 0, n - cut)]));
    case 2:
      return as(ops.flip(flat, [0]));
    default:
      return as(ops.sub(flat, ops.gather(flat, ops.mod(ops.mul(ops.iota([n]), dice.int(1, 5)), n)))).mul(0.5);
  }
}

function stageOf(
  dice: Dice,
  pool: readonly Grown[],
  parts: readonly Part[],
  written: ReadonlySet<string>,
  number: number,
): Stage {
  const targets = parts.filter(({ buffer }) => written.has(buffer) && dice.chance(0.6));
  const stores = targets.map((part) => {
    const own = pool.find(({ t }) => String(t.attrs.name).split("@")[0] === part.name) as Grown;
    if (dice.chance(0.15)) return { value: rearranged(dice, own.t), buffer: part.buffer, offset: part.offset };
    const value = fitted(dice, dice.chance(0.2) ? own : dice.pick(pool), part.shape);
    const small = value.bound <= 1 ? value.t : ops.tanh(value.t);
    const mixed = dice.chance(0.6) ? ops.add(ops.mul(own.t, 0.75), ops.mul(small, 0.25)) : small;
    return { value: mixed, buffer: part.buffer, offset: part.offset };
  });
  const rows = Array.from({ length: dice.pick([0, 1, 2, 3, 5]) }, (_, i) => {
    const picked = dice.pick(pool);
    const name = `row ${number}.${i}`;
    if (picked.exact && picked.t.rank > 0 && dice.chance(0.15)) {
      const position = ops.argmax(picked.t, [dice.int(0, picked.t.rank - 1)]);
      return { name, value: position.size <= 400 ? position : ops.argmax(picked.t) };
    }
    const whole = picked.t.size <= 300 && dice.chance(0.4);
    return { name, value: whole ? picked.t : fitted(dice, picked, dice.chance(0.6) ? [] : randomShape(dice, 70)).t };
  });
  return { stores, rows };
}

/** What a step reports by name, and what every buffer holds after it. */
export interface Outcome {
  readonly rows: Readonly<Record<string, ArrayLike<number>>>;
  readonly buffers: Readonly<Record<string, Float32Array>>;
}

/** What a step should come to from what the buffers hold: the ops' own loops in f64, rounded where something is stored. */
export function expected(
  { request, scalar }: RandomProgram,
  before: Readonly<Record<string, Float32Array>>,
  step: number,
): Outcome {
  const buffers = Object.fromEntries(Object.entries(before).map(([name, words]) => [name, words.slice()]));
  const rows: Record<string, Float64Array> = {};
  for (const { stores = [], rows: reported = [] } of request.stages) {
    const outputs = [...stores, ...reported].map((x) => x.value);
    const given = topological(outputs).flatMap((t) => {
      if (t.op !== "input") return [];
      const name = t.attrs.name as string;
      const { shape, dtype } = t;
      if (t.attrs.scalar) return [[name, { shape, dtype, data: Float64Array.of(scalar(name, step)) }] as const];
      const { buffer, offset } = request.inputs[name] as { buffer: string; offset: number };
      const words = (buffers[buffer] as Float32Array).subarray(offset, offset + t.size);
      return [[name, { shape, dtype, data: Float64Array.from(words) }] as const];
    });
    const values = evaluate(outputs, Object.fromEntries(given));
    reported.forEach(({ name }, i) => {
      rows[name] = values[stores.length + i]?.data as Float64Array;
    });
    stores.forEach(({ buffer, offset }, i) => {
      (buffers[buffer] as Float32Array).set(values[i]?.data as Float64Array, offset);
    });
  }
  return { rows, buffers };
}
