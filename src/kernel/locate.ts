import { existsSync } from "node:fs";
import { join } from "node:path";
import { KernelExited } from "./errors.ts";

/**
 * Whose runtime a kernel gets: the one that was packaged with us, one that the user or the environment names, or the editor's own.
 * The editor's is Electron on a desktop, where WebGPU's buffers cannot be mapped, and a plain Node on servers.
 */
export type Runtime = "packaged" | "named" | "editor";

/** The programs that a kernel is made of. */
export interface KernelFiles {
  node: string;
  /** The bundled kernel. */
  kernel: string;
  /** What the process's environment needs besides our own. */
  env: Readonly<Record<string, string>>;
  runtime: Runtime;
}

/** The process that starts kernels, as far as the choice depends on it. */
export interface Host {
  readonly platform: string;
  readonly execPath: string;
  readonly versions: { readonly node: string; readonly electron?: string | undefined };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** First Node that has module hooks for cells' imports. */
const OLDEST = [22, 15] as const;

/**
 * Finds the Node runtime (the one asked for, else DLNB_NODE, else the one packaged with us, else the editor's own, Electron as
 * Node included, if it is new enough) and the kernel under `root`, the folder of package.json. Throws KernelExited when one is missing.
 */
export function locateKernel(root: string, nodePath = "", host: Host = process): KernelFiles {
  const kernel = join(root, "dist", "kernel.mjs");
  if (!existsSync(kernel)) throw new KernelExited(`${kernel} is missing; build it with: npm run build`);
  const wanted = nodePath || host.env.DLNB_NODE || "";
  if (wanted !== "") {
    if (existsSync(wanted)) return { node: wanted, kernel, env: {}, runtime: "named" };
    throw new KernelExited(`there is no Node.js program at "${wanted}"; correct the setting dlnb.kernel.nodePath`);
  }
  const packaged = join(root, "node_modules", "node", "bin", host.platform === "win32" ? "node.exe" : "node");
  if (existsSync(packaged)) return { node: packaged, kernel, env: {}, runtime: "packaged" };
  const { node, electron } = host.versions;
  if (isRecent(node)) {
    const env: Record<string, string> = electron === undefined ? {} : { ELECTRON_RUN_AS_NODE: "1" };
    return { node: host.execPath, kernel, env, runtime: "editor" };
  }
  throw new KernelExited(
    `the editor's own runtime is Node.js ${node}, and kernels need ${OLDEST.join(".")} or newer: update the editor, or install Node.js and name it in the setting dlnb.kernel.nodePath`,
  );
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}
