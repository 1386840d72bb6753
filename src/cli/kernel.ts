import type { KernelEvent } from "../../engine/protocol/index.ts";
import { KernelProcess, locateKernel } from "../kernel/index.ts";
import type { RunOptions } from "./args.ts";

export interface Program {
  /** Folder of package.json. */
  root: string;
  version: string;
}

/** A kernel for a notebook at an absolute path, or for none. */
export function startKernel(
  program: Program,
  notebook: string | null,
  options: Pick<RunOptions, "backend" | "threads" | "overrides" | "profile">,
  on: { event(event: KernelEvent): void; log?(line: string): void },
): Promise<KernelProcess> {
  return KernelProcess.start({
    ...locateKernel(program.root),
    client: { name: "dlnb run", version: program.version },
    notebook,
    folder: process.cwd(),
    ...options,
    onEvent: on.event,
    onLog: on.log ?? (() => {}),
  });
}
