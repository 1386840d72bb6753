import { type Case, type Numbers, type Tolerance, Unsupported } from "./case.ts";

/** What the library gave for each output of a case. */
export type Given = Readonly<Record<string, ArrayLike<number>>>;

/** What is wrong with the outputs given for a case: nothing, or one line for each output that is. */
export function problems(c: Case, given: Given): string[] {
  if (c.compare === "property") return []; // the group's own runner has looked
  if (c.compare === "statistics") return statistics(c, given.sample ?? []);
  const missing = Object.keys(c.outputs).filter((name) => !(name in given));
  if (missing.length) throw new Unsupported(`output ${missing.join(", ")}`);
  const { per_output: own = {}, ...tolerance } = c.tolerance;
  return Object.entries(c.outputs).flatMap(([name, want]) => {
    const got = given[name] as ArrayLike<number>;
    const rule = own[name] ?? tolerance;
    const pair =
      c.compare === "set" ? ([sorted(got), { ...want, data: sorted(want.data) }] as const) : ([got, want] as const);
    const line = difference(pair[0], pair[1], rule);
    return line === undefined ? [] : [`${name}: ${line}`];
  });
}

/** |got - want| <= atol + rtol |want| for every element that counts; the worst that is not, in words. */
function difference(got: ArrayLike<number>, want: Numbers, { rtol, atol, first }: Tolerance): string | undefined {
  const count = first === undefined ? want.data.length : Math.min(first, want.data.length);
  if (got.length < count || (first === undefined && got.length !== count)) return `${got.length} values, not ${count}`;
  let worst = -1;
  let excess = 1;
  for (let i = 0; i < count; i++) {
    const g = got[i] as number;
    const w = want.data[i] as number;
    if (g === w || (Number.isNaN(g) && Number.isNaN(w))) continue;
    const allowed = Number.isFinite(w) ? atol + rtol * Math.abs(w) : 0;
    const off = Number.isNaN(g - w) ? Infinity : Math.abs(g - w) / allowed;
    if (off > excess || (Number.isNaN(off) && excess < Infinity)) {
      worst = i;
      excess = off;
    }
  }
  if (worst < 0) return undefined;
  const w = want.data[worst] as number;
  return `[${worst}] is ${got[worst]}, not ${w}; ${Math.abs((got[worst] as number) - w).toPrecision(3)} apart where ${(atol + rtol * Math.abs(w)).toPrecision(3)} is allowed`;
}

/** Mean and deviation (of the population or of the sample) of one drawn tensor, and its bounds. */
function statistics({ outputs }: Case, sample: ArrayLike<number>): string[] {
  const n = sample.length;
  const values = Array.from(sample);
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const std = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / n);
  const within = (x: number, name: string) => {
    const [low = -Infinity, high = Infinity] = outputs[name]?.data ?? [];
    return x >= low && x <= high;
  };
  const wrong: string[] = [];
  if (!within(mean, "accept_mean")) wrong.push(`mean ${mean} is outside [${outputs.accept_mean?.data.join(", ")}]`);
  if (!within(std, "accept_std") && !within(std * Math.sqrt(n / (n - 1)), "accept_std")) {
    wrong.push(`standard deviation ${std} is outside [${outputs.accept_std?.data.join(", ")}]`);
  }
  const [low = -Infinity, high = Infinity] = outputs.bounds?.data ?? [];
  const slack = 1e-6 * Math.max(Math.abs(low), Math.abs(high)); // the bound in f32 may lie just beyond that in f64
  const outside = values.find((x) => x < low - slack || x > high + slack);
  if (outside !== undefined) wrong.push(`${outside} is outside [${low}, ${high}]`);
  return wrong;
}

const sorted = (values: ArrayLike<number>): Float64Array => Float64Array.from(values).sort();
