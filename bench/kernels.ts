import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Peaks } from "../engine/backends/peaks.ts";
import { significant } from "../engine/plots/format.ts";
import type { Options } from "./args.ts";
import { type Column, markdownTable, plainTable } from "./table.ts";

/** GFLOP/s of one shape, by what is computed of it. */
export interface KernelFigures {
  readonly name: string;
  readonly gflops: Readonly<Record<string, number>>;
}

/** What dist/bench-kernels.mjs measures. */
export interface KernelsReport {
  readonly adapter: string;
  /** What the machine does at best, with one thread and with all. */
  readonly peaks: readonly (Peaks & { readonly threads: number })[];
  readonly products: readonly KernelFigures[];
  readonly convolutions: readonly KernelFigures[];
}

/** Runs the program; null, said by `say`, when it fails. */
export async function measureKernels(
  { backend, threads }: Options,
  say: (text: string) => void,
): Promise<KernelsReport | null> {
  say("kernels: matrix products and convolutions");
  const program = fileURLToPath(new URL("../dist/bench-kernels.mjs", import.meta.url));
  const child = spawn(process.execPath, ["--no-warnings", program, backend, String(threads)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  let text = "";
  for await (const part of child.stdout) text += part;
  try {
    return JSON.parse(text) as KernelsReport;
  } catch {
    say("kernels: could not be measured");
    return null;
  }
}

/** Speeds with their shares of the peak of all threads. */
export function kernelsText({ adapter, peaks, products, convolutions }: KernelsReport, markdown: boolean): string {
  const peak = peaks.at(-1)?.gflops ?? Number.NaN;
  const cell = (gflops: number) => `${significant(gflops)} (${Math.round((100 * gflops) / peak)} %)`;
  const table = (title: string, figures: readonly KernelFigures[]) => {
    const parts = Object.keys(figures[0]?.gflops ?? {});
    const columns: Column[] = [
      { title, align: "left" },
      ...parts.map((part): Column => ({ title: part, align: "right" })),
    ];
    const rows = figures.map(({ name, gflops }) => [name, ...parts.map((part) => cell(gflops[part] ?? Number.NaN))]);
    return markdown ? markdownTable(columns, rows) : plainTable(columns, rows);
  };
  const found = peaks.map(
    ({ threads, gflops, copyGBs }) =>
      `${significant(gflops)} GFLOP/s and copies at ${significant(copyGBs)} GB/s${peaks.length > 1 ? ` with ${threads} ${threads === 1 ? "thread" : "threads"}` : ""}`,
  );
  const head = `kernels on ${adapter}; its peak, measured by multiply-adds within registers: ${found.join(", ")}`;
  return [
    markdown ? `### ${head.charAt(0).toUpperCase()}${head.slice(1)}` : head,
    table("GFLOP/s (share of the peak)", products),
    table("3x3, padding 1", convolutions),
  ].join("\n\n");
}
