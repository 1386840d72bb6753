// Makes a clone ready: installs what the lockfile says when it is not there, and moves on to the pinned Node.
// Node builtins only, for Node 20 and later: this runs before anything is installed.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

const pinned = `${root}/node_modules/node/bin/node${process.platform === "win32" ? ".exe" : ""}`;
const read = (file) =>
  existsSync(`${root}/${file}`) ? JSON.parse(readFileSync(`${root}/${file}`, "utf8")).packages : {};

/** Whether node_modules is what package-lock.json says; npm keeps its own record of what it installed. */
function installed() {
  const wanted = read("package-lock.json");
  const have = read("node_modules/.package-lock.json");
  const missing = Object.entries(wanted).some(([at, p]) => at !== "" && !p.optional && have[at]?.version !== p.version);
  const strange = Object.entries(have).some(([at, p]) => wanted[at]?.version !== p.version);
  return existsSync(pinned) && !missing && !strange;
}

/** Runs a program with our terminal; returns its exit code. */
export function run(program, args, options = {}) {
  const { status, signal, error } = spawnSync(program, args, { cwd: root, stdio: "inherit", ...options });
  if (error) console.error(`${program}: ${error.message}`);
  return status ?? (signal === "SIGINT" ? 130 : 1);
}

/**
 * Installs when needed, then continues the calling script on the pinned Node: returns there, and
 * exits with that run's code here. Call it first in a script, with nothing but builtins imported.
 */
export function ready() {
  if (!installed()) {
    console.log("installing the packages of package-lock.json ...");
    const npm = process.env.npm_execpath;
    const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    const code = npm?.endsWith(".js") ? run(process.execPath, [npm, ...args]) : run("npm", args, { shell: true });
    if (code !== 0) process.exit(code);
  }
  const version = JSON.parse(readFileSync(`${root}/package.json`, "utf8")).dependencies.node;
  if (process.versions.node !== version) process.exit(run(pinned, process.argv.slice(1)));
  process.env.PATH = [`${root}/node_modules/.bin`, process.env.PATH].join(process.platform === "win32" ? ";" : ":");
}
