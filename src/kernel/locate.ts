import { existsSync } from "node:fs";
import { join } from "node:path";
import { KernelExited } from "./errors.ts";

/** The programs that a kernel is made of. */
export interface KernelFiles {
  /** A real Node, never Electron: WebGPU's buffers cannot be mapped there. */
  node: string;
  /** The bundled kernel. */
  kernel: string;
}

/** First Node that has module hooks for cells' imports. */
const OLDEST = [22, 15] as const;

/**
 * Finds the Node runtime (the one asked for, else DLNB_NODE, else the one installed with us, else our own if it is
 * a Node new enough) and the kernel under `root`, the folder of package.json. Throws KernelExited when one is missing.
 */
export function locateKernel(root: string, nodePath = ""): KernelFiles {
  const kernel = join(root, "dist", "kernel.mjs");
  if (!existsSync(kernel)) throw new KernelExited(`${kernel} is missing; build it with: npm run build`);
  const wanted = nodePath || process.env.DLNB_NODE || "";
  if (wanted !== "") {
    if (existsSync(wanted)) return { node: wanted, kernel };
    throw new KernelExited(`there is no Node.js program at "${wanted}"; correct the setting dlnb.kernel.nodePath`);
  }
  const bundled = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
  if (existsSync(bundled)) return { node: bundled, kernel };
  if (process.versions.electron === undefined && isRecent(process.versions.node))
    return { node: process.execPath, kernel };
  throw new KernelExited(
    `no Node.js ${OLDEST.join(".")} or newer was found; install one and name it in the setting dlnb.kernel.nodePath`,
  );
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}
