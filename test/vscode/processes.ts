import { readdirSync, readFileSync } from "node:fs";

/** Kernels (processes running kernel.mjs) started by `ancestor` or its descendants, oldest first. Reads Linux's /proc. */
export function kernelsUnder(ancestor: number): number[] {
  const parents = new Map<number, number>();
  const kernels: number[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      // the name in parentheses may hold spaces: count the fields from behind it
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state === "Z") continue;
      parents.set(pid, Number(parent));
      if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("kernel.mjs")) kernels.push(pid);
    } catch {
      // ended while we looked
    }
  }
  const descends = (pid: number): boolean => pid === ancestor || (pid > 1 && descends(parents.get(pid) ?? 0));
  return kernels.filter(descends).sort((a, b) => a - b);
}

/** Ends every process whose command line names `folder`, where Linux's /proc tells. */
export function endAllOf(folder: string): void {
  if (process.platform !== "linux") return;
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder)) process.kill(pid, "SIGKILL");
    } catch {
      // ended while we looked
    }
  }
}

/** Resident memory of a process in bytes. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1] ?? 0) * 1024;
}
