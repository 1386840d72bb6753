import { distinctWords, launchCost } from "../../backends/cost.ts";
import type { ContractLaunch, Launch, Plan } from "../../backends/launch.ts";
import type { Peaks } from "../../backends/peaks.ts";
import type { LaunchTime, Profile } from "../../backends/profile.ts";
import { sizeOf } from "../../tensor/index.ts";
import { median } from "../../tensor/median.ts";

/** What a launch does: a product of matrices, one whose windows overlap, a sum or maximum, or everything element by element. */
export type KernelKind = "convolution" | "matmul" | "reduction" | "map";

/** Time and work of some launches, per step. */
export interface Work {
  readonly launches: number;
  /** Of the launches' own work. */
  readonly ms: number;
  /** That the first thread then waits for the others. */
  readonly waitMs: number;
  /** Of the time of all launches, waiting included. */
  readonly share: number;
  /** f32 operations; a multiply-add counts 2. */
  readonly flops: number;
  /** Distinct words read and written, times 4: the least traffic there can be. */
  readonly bytes: number;
  /** 1e9 operations, and 1e9 bytes, per second of own work. */
  readonly gflops: number;
  readonly gbPerSecond: number;
}

export interface KernelTime extends Work {
  /** "0.conv2d forward: contract". */
  readonly label: string;
  readonly kind: KernelKind;
  readonly direction: "forward" | "backward" | null;
  /** Lengths of its axes; of a product m x n x k. */
  readonly shape: string;
}

export interface PartTime extends Work {
  /** "0.conv2d", "loss", "optimizer". */
  readonly part: string;
  readonly forwardMs: number;
  readonly backwardMs: number;
}

/** Where the time of a training step goes. Lists are sorted, most time first. */
export interface StepProfile {
  readonly name: string;
  /** "wasm (2 threads, relaxed SIMD)". */
  readonly backend: string;
  /** At work; 0 on a device without threads of ours. */
  readonly threads: number;
  readonly batchSize: number;
  /** Of a step as training runs it; its median over the steps that were not measured. */
  readonly stepMs: number;
  readonly stepsPerSecond: number;
  /** Of a step with the clock around every launch: above `stepMs` by what looking costs. */
  readonly measuredMs: number;
  readonly peaks: Peaks;
  readonly total: Work;
  readonly kinds: readonly (Work & { readonly kind: KernelKind })[];
  readonly parts: readonly PartTime[];
  readonly kernels: readonly KernelTime[];
}

/** Several profiles of one plan as one: medians. */
export function merged(profiles: readonly [Profile, ...Profile[]]): Profile {
  const [first] = profiles;
  const middle = (value: (p: Profile) => number) => median(profiles.map(value));
  return {
    launches: first.launches.map((_, i) => ({
      ms: middle((p) => (p.launches[i] as LaunchTime).ms),
      waitMs: middle((p) => (p.launches[i] as LaunchTime).waitMs),
    })),
    measuredMs: middle((p) => p.measuredMs),
    stepMs: middle((p) => p.stepMs),
    threads: profiles.at(-1)?.threads ?? first.threads,
  };
}

/** Work with its rates. */
export function rated<W extends Omit<Work, "gflops" | "gbPerSecond">>(work: W): W & Work {
  const perSecond = (n: number) => (work.ms > 0 ? n / (1e6 * work.ms) : 0);
  return { ...work, gflops: perSecond(work.flops), gbPerSecond: perSecond(work.bytes) };
}

/** Bytes of the values that a step makes and reads again: what a copy is measured over. */
export const workingBytes = ({ buffers }: Plan): number =>
  buffers.reduce((bytes, { name, words }) => bytes + (name === undefined ? 4 * words : 0), 0);

/** Puts together what a plan does and what it took. */
export function stepProfile(
  about: Pick<StepProfile, "name" | "backend" | "batchSize">,
  plan: Plan,
  profile: Profile,
  peaks: Peaks,
): StepProfile {
  const all = plan.launches.map((launch, i) => {
    const { flops, readBytes, writeBytes } = launchCost(launch, plan.buffers);
    return { launch, ...(profile.launches[i] as LaunchTime), flops, bytes: readBytes + writeBytes };
  });
  type One = (typeof all)[number];
  const sum = (of: readonly One[], value: (one: One) => number) => of.reduce((total, one) => total + value(one), 0);
  const whole = sum(all, (one) => one.ms + one.waitMs);
  const work = (of: readonly One[]): Work => {
    const [ms, waitMs, flops, bytes] = (["ms", "waitMs", "flops", "bytes"] as const).map((key) =>
      sum(of, (one) => one[key]),
    ) as [number, number, number, number];
    return rated({ launches: of.length, ms, waitMs, share: whole > 0 ? (ms + waitMs) / whole : 0, flops, bytes });
  };
  const grouped = <K>(key: (one: One) => K): [K, One[]][] => {
    const groups = new Map<K, One[]>();
    for (const one of all) groups.set(key(one), [...(groups.get(key(one)) ?? []), one]);
    return [...groups];
  };
  const byShare = (a: Work, b: Work) => b.share - a.share;
  const flowing = (of: readonly One[], way: "forward" | "backward") =>
    sum(of, ({ launch, ms, waitMs }) => (launch.part?.direction === way ? ms + waitMs : 0));
  return {
    ...about,
    threads: profile.threads,
    stepMs: profile.stepMs,
    stepsPerSecond: 1000 / profile.stepMs,
    measuredMs: profile.measuredMs,
    peaks,
    total: work(all),
    kinds: grouped(({ launch }) => kindOf(launch))
      .map(([kind, of]) => ({ kind, ...work(of) }))
      .sort(byShare),
    parts: grouped(({ launch }) => launch.part?.name ?? "other")
      .map(([part, of]) => ({
        part,
        forwardMs: flowing(of, "forward"),
        backwardMs: flowing(of, "backward"),
        ...work(of),
      }))
      .sort(byShare),
    kernels: all
      .map((one) => ({
        label: one.launch.label,
        kind: kindOf(one.launch),
        direction: one.launch.part?.direction ?? null,
        shape: shapeOf(one.launch),
        ...work([one]),
      }))
      .sort(byShare),
  };
}

export function kindOf(launch: Launch): KernelKind {
  if (launch.kind !== "contract") return launch.kind === "map" ? "map" : "reduction";
  return windowed(launch) ? "convolution" : "matmul";
}

/** Whether a side of the product reads words again at other coordinates of its own, as overlapping windows do. */
function windowed({ batch, m, n, k, a, b }: ContractLaunch): boolean {
  const overlaps = (strides: readonly number[], shape: readonly number[]) =>
    distinctWords(shape, strides) < sizeOf(shape.filter((_, axis) => strides[axis] !== 0));
  return overlaps(a.strides, [...batch, ...m, ...k]) || overlaps(b.strides, [...batch, ...k, ...n]);
}

function shapeOf(launch: Launch): string {
  if (launch.kind === "map") return lengths(launch.shape);
  if (launch.kind === "reduce") return `${lengths(launch.outer)} over ${lengths(launch.inner)}`;
  const { batch, m, n, k } = launch;
  const [count, product] = [sizeOf(batch), [m, n, k].map((axes) => sizeOf(axes)).join(" x ")];
  return count > 1 ? `${count} of ${product}` : product;
}

const lengths = (shape: readonly number[]): string => shape.filter((n) => n !== 1).join(" x ") || "1";
