import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const folder = here("../.cache/bench");

/**
 * The folder in which the packages of package-lock.json beside this file are installed, which is done when they are not there
 * yet. They are no part of the project's own dependencies. Returns the reason when npm cannot install them.
 */
export function peersFolder(say: (text: string) => void): string | Error {
  if (isInstalled()) return folder;
  say("installing jax-js and TensorFlow.js into .cache/bench ...");
  mkdirSync(folder, { recursive: true });
  for (const name of ["package.json", "package-lock.json"]) copyFileSync(here(name), join(folder, name));
  const npm = process.env.npm_execpath;
  const args = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  const options = { cwd: folder, encoding: "utf8" } as const;
  const { status, stderr, error } = npm?.endsWith(".js")
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync("npm", args, { ...options, shell: true });
  if (status === 0) return folder;
  return new Error(`npm could not install it: ${(error?.message ?? stderr).trim().split("\n")[0]}`);
}

/** Whether what npm noted of its last installation is what the lockfile says. */
function isInstalled(): boolean {
  const noted = join(folder, "node_modules/.package-lock.json");
  if (!existsSync(noted)) return false;
  const versions = (path: string) => {
    const { packages } = JSON.parse(readFileSync(path, "utf8")) as { packages: Record<string, { version?: string }> };
    return Object.entries(packages).filter(([at]) => at !== "");
  };
  const have = new Map(versions(noted));
  return versions(here("package-lock.json")).every(([at, { version }]) => have.get(at)?.version === version);
}
