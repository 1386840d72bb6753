import type { HostTensor } from "./hostTensor.ts";
import { show } from "./shape.ts";

/** Above this many values only the first and last few of each axis are shown, as in PyTorch. */
const SUMMARY_SIZE = 1000;
const EDGE = 3;
const LINE_WIDTH = 80;

/**
 * The numbers in brackets, aligned, then shape and dtype:
 *
 *   tensor([[1., 2.],
 *           [3., 4.]], [2, 2] f32)
 *
 * Decimals as PyTorch's `print`: none when all are whole, else 4; powers of ten when they span more than 1000 to 1.
 */
export function print(t: HostTensor): string {
  const shown = (length: number): (number | null)[] =>
    t.size <= SUMMARY_SIZE || length <= 2 * EDGE
      ? Array.from({ length }, (_, i) => i)
      : [0, 1, 2, null, length - 3, length - 2, length - 1];
  const words: number[] = [];
  const collect = (axis: number, at: number): void => {
    if (axis === t.rank) words.push(at);
    else
      for (const i of shown(t.shape[axis] as number))
        if (i !== null) collect(axis + 1, at * (t.shape[axis] as number) + i);
  };
  collect(0, 0);
  const format = formatter(
    words.map((w) => t.value(w)),
    t.dtype,
  );
  const texts = new Map(words.map((w) => [w, format(t.value(w))]));
  const width = Math.max(0, ...[...texts.values()].map((s) => s.length));

  const nest = (axis: number, at: number, indent: number): string => {
    if (axis === t.rank) return (texts.get(at) as string).padStart(t.rank ? width : 0);
    const length = t.shape[axis] as number;
    const items = shown(length).map((i) => (i === null ? "..." : nest(axis + 1, at * length + i, indent + 1)));
    if (axis < t.rank - 1) return `[${items.join(`,${"\n".repeat(t.rank - 1 - axis)}${" ".repeat(indent + 1)}`)}]`;
    const perLine = Math.max(1, Math.floor((LINE_WIDTH - indent) / (width + 2)));
    const lines = [];
    for (let i = 0; i < items.length; i += perLine) lines.push(items.slice(i, i + perLine).join(", "));
    return `[${lines.join(`,\n${" ".repeat(indent + 1)}`)}]`;
  };
  return `tensor(${nest(0, 0, "tensor(".length)}, ${show(t.shape)} ${t.dtype})`;
}

function formatter(values: readonly number[], dtype: HostTensor["dtype"]): (x: number) => string {
  if (dtype === "bool") return (x) => (x ? "true" : "false");
  if (dtype !== "f32") return String;
  const finite = values.filter(Number.isFinite);
  const sizes = finite.map(Math.abs).filter((x) => x > 0);
  const largest = Math.max(0, ...sizes);
  const smallest = Math.min(Infinity, ...sizes);
  const special = (text: (x: number) => string) => (x: number) => {
    if (Number.isNaN(x)) return "nan";
    return Number.isFinite(x) ? text(x) : x > 0 ? "inf" : "-inf";
  };
  const powers = (x: number) => {
    const [digits, power] = x.toExponential(4).split("e") as [string, string];
    return `${digits}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  };
  if (finite.every(Number.isInteger)) return special(largest >= 1e8 ? powers : (x) => `${x.toFixed(0)}.`);
  return special(largest / smallest > 1000 || largest > 1e8 || smallest < 1e-4 ? powers : (x) => x.toFixed(4));
}
