import { count, significant } from "../../plots/format.ts";
import { type KernelTime, type PartTime, rated, type StepProfile, type Work } from "./stepProfile.ts";

/** Rows of a table at most; what is left is one row more. */
const MOST_ROWS = 24;
/** Shares below this are not worth words. */
const WORTH_SAYING = 0.01;

/** What bounds the step, in a sentence. */
export function boundBy({ kinds, total, peaks, threads }: StepProfile): string {
  const products = kinds.filter(({ kind }) => kind === "matmul" || kind === "convolution");
  const others = kinds.filter(({ kind }) => kind === "map" || kind === "reduction");
  const sum = (of: readonly Work[], key: "ms" | "flops" | "bytes") => of.reduce((n, work) => n + work[key], 0);
  const time = total.ms + total.waitMs;
  const parts = [
    {
      share: sum(products, "ms") / time,
      text: `in ${products.map(({ kind }) => (kind === "matmul" ? "matrix products" : "convolutions")).join(" and ")} at ${whole(sum(products, "flops") / (1e6 * sum(products, "ms")) / peaks.gflops)} of this machine's peak`,
    },
    {
      share: sum(others, "ms") / time,
      text: `moving memory at ${significant(sum(others, "bytes") / (1e6 * sum(others, "ms")))} GB/s, where a copy reaches ${significant(peaks.copyGBs)}`,
    },
    { share: total.waitMs / time, text: `waiting for the other ${threads === 2 ? "thread" : "threads"}` },
  ];
  return parts
    .filter(({ share }) => share >= WORTH_SAYING)
    .sort((a, b) => b.share - a.share)
    .map(({ share, text }) => `${whole(share)} ${text}`)
    .join("; ");
}

/** The profile as tables of text, at most 88 characters wide. */
export function tables(profile: StepProfile): string {
  const { name, backend, threads, batchSize, stepMs, stepsPerSecond, total, peaks, kinds, parts, kernels } = profile;
  const ofPeak = (work: Work & { kind: string }) =>
    work.kind === "matmul" || work.kind === "convolution"
      ? whole(work.gflops / peaks.gflops)
      : whole(work.gbPerSecond / peaks.copyGBs);
  return [
    `${name}: ${significant(stepMs)} ms per step of ${batchSize}, ${significant(stepsPerSecond)} steps/s on ${backend}${threads > 0 ? `, ${count(threads, "thread")} at work` : ""}`,
    `${total.launches} launches in ${significant(total.ms + total.waitMs)} ms, ${significant(total.flops / 1e6)} MFLOP, ${significant(total.bytes / 1e6)} MB; at best ${significant(peaks.gflops)} GFLOP/s, and ${significant(peaks.copyGBs)} GB/s for a copy`,
    boundBy(profile),
    "",
    ...table(
      ["share", "ms", "waiting", "GFLOP/s", "GB/s", "of peak", "launches", "kind"],
      kinds.map((k) => [...timeOf(k), fixed(k.waitMs), ...ratesOf(k), ofPeak(k), String(k.launches), k.kind]),
    ),
    "",
    ...table(
      ["share", "ms", "forward", "backward", "MFLOP", "MB", "launches", "layer or part"],
      mostOf(parts, "part").map((p) => [
        ...timeOf(p),
        fixed(p.forwardMs),
        fixed(p.backwardMs),
        significant(p.flops / 1e6),
        significant(p.bytes / 1e6),
        String(p.launches),
        p.part,
      ]),
    ),
    "",
    ...table(
      ["share", "ms", "GFLOP/s", "GB/s", "of peak", "launch"],
      mostOf(kernels, "label").map((k) => [...timeOf(k), ...ratesOf(k), k.shape === "" ? "" : ofPeak(k), clipped(k)]),
    ),
  ].join("\n");
}

const whole = (share: number): string => `${Math.round(100 * share)} %`;
const fixed = (ms: number): string => ms.toFixed(3);
const timeOf = (work: Work): [string, string] => [`${(100 * work.share).toFixed(1)} %`, fixed(work.ms + work.waitMs)];
const ratesOf = (work: Work): [string, string] => [work.gflops.toFixed(1), work.gbPerSecond.toFixed(1)];
/** The label, shortened so that the shape behind it fits. */
function clipped({ label, shape }: KernelTime): string {
  const room = 47 - shape.length;
  return `${label.length > room ? `${label.slice(0, room - 3)}...` : label}  ${shape}`.trimEnd();
}

/**
 * Rows that a reader can take in. Where there are more than `most`, those that differ only in their layer become one, and
 * then the smallest; `name` is what such a row is called by.
 */
export function mostOf<T extends KernelTime | PartTime>(
  rows: readonly T[],
  name: keyof T & ("label" | "part"),
  most = MOST_ROWS,
): readonly T[] {
  if (rows.length <= most) return rows;
  const alike = new Map<string, T[]>();
  for (const row of rows) {
    const key = `${typeOf(row[name] as string)} ${"shape" in row ? row.shape : ""}`;
    alike.set(key, [...(alike.get(key) ?? []), row]);
  }
  const fewer = [...alike.values()]
    .map((own) =>
      together(own, {
        [name]: own.length > 1 ? `${own.length} x ${typeOf(own[0]?.[name] as string)}` : own[0]?.[name],
      } as Partial<T>),
    )
    .sort((a, b) => b.share - a.share);
  if (fewer.length <= most) return fewer;
  const left = fewer.slice(most - 1);
  const rest = { [name]: `${left.length} others`, ...("shape" in (left[0] as T) ? { shape: "" } : {}) } as Partial<T>;
  return [...fewer.slice(0, most - 1), together(left, rest)];
}

/** Without the paths of layers: "3.linear + 4.batchNorm forward" is "linear + batchNorm forward". */
const typeOf = (label: string): string => label.replace(/(?:\w+\.)+(?=\w)/g, "");

/** Rows as one. */
function together<T extends KernelTime | PartTime>(rows: readonly T[], called: Partial<T>): T {
  const sum = (key: "launches" | "ms" | "waitMs" | "share" | "flops" | "bytes" | "forwardMs" | "backwardMs") =>
    rows.reduce((n, row) => n + (key in row ? Number((row as unknown as PartTime)[key]) : 0), 0);
  const work = rated({
    launches: sum("launches"),
    ms: sum("ms"),
    waitMs: sum("waitMs"),
    share: sum("share"),
    flops: sum("flops"),
    bytes: sum("bytes"),
  });
  return { ...(rows[0] as T), ...work, forwardMs: sum("forwardMs"), backwardMs: sum("backwardMs"), ...called };
}

/** Columns of text: numbers to the right, the last to the left. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] as string).length)));
  return [head, ...rows].map((row) =>
    row
      .map((text, i) => (i === row.length - 1 ? text : text.padStart(widths[i] as number)))
      .join("  ")
      .trimEnd(),
  );
}
