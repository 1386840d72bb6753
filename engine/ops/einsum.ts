import { ShapeError } from "../errors/index.ts";
import { show } from "../tensor/index.ts";
import { equal, iota, mul, select } from "./arithmetic.ts";
import { permute, reshape } from "./movement.ts";
import { sum } from "./reductions.ts";
import { saying } from "./said.ts";
import { apply, type Tensor } from "./tensor.ts";

/** A tensor whose axes have names. */
interface Term {
  readonly x: Tensor;
  readonly axes: readonly string[];
}

/**
 * Sums of products in Einstein's notation, as PyTorch's einsum: "bij,bjk->bik" multiplies batches of matrices. A letter that is
 * not in the output is summed over; one that an operand has twice takes its diagonal; "..." stands for any axes, which
 * broadcast; without "->" the output has the letters that occur once, in alphabetical order. Axes of length 1 broadcast.
 *
 *   einsum("bhqd,bhkd->bhqk", q, k)
 *
 * Operands are taken two at a time from the left, each step one contraction. Throws ShapeError for an equation that does not fit.
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  const fail = (message: string): never => {
    throw new ShapeError(`einsum: "${equation}": ${message}`);
  };
  const { inputs, output } = parsed(equation, operands, fail);
  const sizes = new Map<string, number>();
  inputs.forEach((axes, i) => {
    const { shape } = operands[i] as Tensor;
    axes.forEach((name, axis) => {
      const [known = 1, n] = [sizes.get(name), shape[axis] as number];
      if (known !== 1 && n !== 1 && known !== n) fail(`${said(name)} is ${known} long, and ${n} in ${show(shape)}`);
      sizes.set(name, known === 1 ? n : known);
    });
  });
  const [first, ...rest] = inputs.map((axes, i) => diagonal({ x: operands[i] as Tensor, axes })) as [Term, ...Term[]];
  const whole = rest.reduce((left, right, i) => {
    const later = new Set([...output, ...rest.slice(i + 1).flatMap(({ axes }) => axes)]);
    return product(squeezed(left, right, sizes), squeezed(right, left, sizes), later);
  }, first);
  const { x, axes } = summed(whole, (name) => output.includes(name));
  const ordered = permute(
    x,
    output.map((name) => axes.indexOf(name)),
  );
  return saying("einsum", [equation, ...operands], ordered);
}

/** Names of the axes of all operands and of the output; those that "..." stands for are called "0", "1", ... from the last. */
function parsed(equation: string, operands: readonly Tensor[], fail: (message: string) => never) {
  const [left = "", right, ...more] = equation.replaceAll(" ", "").split("->");
  const terms = left.split(",");
  if (more.length > 0 || !/^[a-zA-Z.,]*$/.test(left) || !/^[a-zA-Z.]*$/.test(right ?? "")) {
    fail('is not of the form "ij,jk->ik"');
  }
  if (terms.length !== operands.length) fail(`names ${terms.length} operands, and ${operands.length} are given`);
  let most = 0;
  const inputs = terms.map((term, i) => {
    const { rank, shape } = operands[i] as Tensor;
    const [before = "", after, ...others] = term.split("...");
    if (others.length > 0 || /\./.test(before + (after ?? ""))) fail(`"${term}" has dots that are not one "..."`);
    const dots = rank - before.length - (after ?? "").length;
    if (after === undefined ? dots !== 0 : dots < 0) fail(`"${term}" does not name the axes of ${show(shape)}`);
    most = Math.max(most, dots);
    return [...before, ...ellipsis(dots), ...(after ?? "")];
  });
  if (right === undefined) {
    const counts = new Map<string, number>();
    for (const name of inputs.flat()) counts.set(name, (counts.get(name) ?? 0) + 1);
    const once = [...counts.keys()].filter((name) => /[a-z]/i.test(name) && counts.get(name) === 1).sort();
    return { inputs, output: [...ellipsis(most), ...once] };
  }
  const [before = "", after, ...others] = right.split("...");
  if (others.length > 0 || right.replace("...", "").includes(".")) fail(`"${right}" has dots that are not one "..."`);
  const output = [...before, ...(after === undefined ? [] : ellipsis(most)), ...(after ?? "")];
  for (const name of output) {
    if (!/\d/.test(name) && !inputs.flat().includes(name)) fail(`no operand has ${said(name)}`);
    if (output.indexOf(name) !== output.lastIndexOf(name)) fail(`the output has ${said(name)} twice`);
  }
  return { inputs, output };
}

const ellipsis = (count: number): string[] => Array.from({ length: count }, (_, i) => String(count - 1 - i));
const said = (name: string): string => (/\d/.test(name) ? 'an axis of "..."' : `"${name}"`);

/** A letter that stands for two axes keeps their diagonal. */
function diagonal({ x, axes }: Term): Term {
  const second = axes.findIndex((name, axis) => axes.indexOf(name) < axis);
  if (second < 0) return { x, axes };
  const first = axes.indexOf(axes[second] as string);
  if (x.shape[first] !== x.shape[second]) {
    throw new ShapeError(`einsum: "${axes[second]}" stands for axes of ${show(x.shape)} that differ`);
  }
  const on = equal(iota(x.shape, first), iota(x.shape, second));
  return diagonal({ x: sum(select(on, x, 0), second), axes: axes.toSpliced(second, 1) });
}

/** Without the axes of length 1 that are longer in the other term: those broadcast. */
function squeezed(term: Term, other: Term, sizes: ReadonlyMap<string, number>): Term {
  const keep =
    ({ axes }: Term, { shape }: Tensor) =>
    (name: string, axis: number) =>
      !(shape[axis] === 1 && sizes.get(name) !== 1 && axes.includes(name));
  const kept = term.axes.filter(keep(other, term.x));
  return {
    x: reshape(
      term.x,
      kept.map((name) => term.x.shape[term.axes.indexOf(name)] as number),
    ),
    axes: kept,
  };
}

/** The product of two terms, summed over what neither the output nor a later operand has. */
function product(left: Term, right: Term, later: ReadonlySet<string>): Term {
  const needed = (other: Term) => (name: string) => later.has(name) || other.axes.includes(name);
  const [a, b] = [summed(left, needed(right)), summed(right, needed(left))];
  const both = a.axes.filter((name) => b.axes.includes(name));
  const k = both.filter((name) => !later.has(name));
  const batch = both.filter((name) => later.has(name));
  const m = a.axes.filter((name) => !both.includes(name));
  const n = b.axes.filter((name) => !both.includes(name));
  const [x, y] = [ordered(a, [...batch, ...m, ...k]), ordered(b, [...batch, ...k, ...n])];
  const axes = [...batch, ...m, ...n];
  if (k.length > 0) return { x: apply("contract", [x, y], { batch: batch.length, m: m.length, k: k.length }), axes };
  const wide = reshape(x, [...x.shape, ...n.map(() => 1)]);
  const narrow = reshape(y, [...y.shape.slice(0, batch.length), ...m.map(() => 1), ...y.shape.slice(batch.length)]);
  return { x: mul(wide, narrow), axes };
}

const ordered = ({ x, axes }: Term, order: readonly string[]): Tensor =>
  permute(
    x,
    order.map((name) => axes.indexOf(name)),
  );

/** Summed over the axes that are not to be kept. */
function summed({ x, axes }: Term, keep: (name: string) => boolean): Term {
  const gone = axes.flatMap((name, axis) => (keep(name) ? [] : [axis]));
  return gone.length === 0 ? { x, axes } : { x: sum(x, gone), axes: axes.filter(keep) };
}
