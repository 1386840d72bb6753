import { availableParallelism, cpus, release, totalmem, type } from "node:os";

/** What measured, in words and numbers. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
}

export const machine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? "unknown processor",
  cores: availableParallelism(),
  memoryGb: Math.round(totalmem() / 2 ** 30),
  system: `${type()} ${release().split("-")[0]}`,
  node: process.versions.node,
});

export const machineText = ({ cpu, cores, memoryGb, system, node }: Machine): string =>
  `${cores} ${cores === 1 ? "core" : "cores"} of ${cpu}, ${memoryGb} GB, ${system}, Node ${node}`;
