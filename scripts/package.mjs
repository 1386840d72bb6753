// Packages the extension: node scripts/package.mjs [--target linux-x64|...|universal] [--no-node] [--out dlnb.vsix]
// A platform's .vsix holds the bundles, that platform's WebGPU binary and a Node runtime (unless left out); the universal one
// holds neither, and trains with WebAssembly on the editor's own runtime.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { nodeOf, targets } from "./runtimes.mjs";
import { ready, root, run } from "./setup.mjs";

ready();

/** A download that nobody waits for. */
const MOST_MEGABYTES = 60;

const { values } = parseArgs({
  options: {
    target: { type: "string", default: `${process.platform}-${process.arch}` },
    "no-node": { type: "boolean", default: false },
    out: { type: "string" },
  },
});
const { target } = values;
const universal = target === "universal";
if (!universal && !targets.includes(target)) {
  console.error(
    `package: there is no target "${target}"; there are ${targets.join(", ")}, and universal for all others`,
  );
  process.exit(1);
}
const out = values.out ?? `${root}/dlnb-${target}.vsix`;

const { setup: build } = await import("./build.mjs");
await build();

const stage = `${root}/dist/vsix`;
const manifest = read(`${root}/package.json`);
/** What the package says it depends on, and brings along. */
const dependencies = {};
rmSync(stage, { recursive: true, force: true });

for (const path of [
  "LICENSE",
  "README.md",
  "CHANGELOG.md",
  "package.nls.json",
  "media/icons",
  "media/templates",
  "docs/images",
  "snippets",
  "syntaxes",
])
  copy(path);
for (const name of readdirSync(`${root}/l10n`)) if (name.startsWith("bundle.l10n.")) copy(`l10n/${name}`);
// all examples but the one whose pictures are larger than everything else of them together
for (const name of readdirSync(`${root}/examples`))
  if (/^(?!images\.)[^.].*\.dlnb$/.test(name)) copy(`examples/${name}`);
for (const name of readdirSync(`${root}/examples/data`)) if (name !== "fashion") copy(`examples/data/${name}`);
for (const name of [
  "extension.cjs",
  "kernel.mjs",
  "doorman.mjs",
  "wasm-worker.mjs",
  "report.mjs",
  "report-page.js",
  "plots.mjs",
  "renderer.js",
  "panel.js",
])
  copy(`dist/${name}`);
for (const { name } of manifest.contributes?.typescriptServerPlugins ?? []) {
  // loaded by VS Code's TypeScript server, which looks for it there
  copy("dist/tsplugin", `node_modules/${name}`);
  writeFileSync(
    `${stage}/node_modules/${name}/package.json`,
    JSON.stringify({ name, version: manifest.version, main: "index.cjs", license: manifest.license }),
  );
  dependencies[name] = manifest.version;
}
if (!universal) {
  addWebGpu();
  if (!values["no-node"]) addNode();
}

const { scripts, devDependencies, allowScripts, bin, private: _private, ...published } = manifest;
writeFileSync(`${stage}/package.json`, JSON.stringify({ ...published, dependencies }, null, 2));
writeFileSync(`${stage}/.vscodeignore`, "**/*.map\n");
const flags = ["--out", out, "--allow-missing-repository", "--no-rewrite-relative-links"];
const code = run(
  process.execPath,
  [`${root}/node_modules/@vscode/vsce/vsce`, "package", ...(universal ? [] : ["--target", target]), ...flags],
  { cwd: stage, stdio: ["ignore", "inherit", "inherit"] },
);
rmSync(stage, { recursive: true });
if (code !== 0) process.exit(code);
const megabytes = statSync(out).size / 1e6;
if (megabytes > MOST_MEGABYTES) {
  console.error(
    `package: ${out} has ${megabytes.toFixed(1)} MB, and ${MOST_MEGABYTES} MB are the most; see what has come in`,
  );
  process.exit(1);
}
console.log(`${out}: ${megabytes.toFixed(1)} MB of at most ${MOST_MEGABYTES}`);

/** The platform's Dawn, and on Linux x64 the software adapter. */
function addWebGpu() {
  if (target === "linux-x64") copy("dist/swiftshader.tar.br");
  copy("node_modules/webgpu/index.js");
  copy("node_modules/webgpu/LICENSE.md");
  copy(`node_modules/webgpu/dist/${target.startsWith("darwin") ? "darwin-universal" : target}`);
  // index.js needs none of the packages that its manifest asks for
  const { version, license } = read(`${root}/node_modules/webgpu/package.json`);
  write("node_modules/webgpu/package.json", { name: "webgpu", version, type: "module", main: "index.js", license });
  dependencies.webgpu = version;
}

/** The platform's Node, without the symbols that only debuggers of Node itself read. */
function addNode() {
  const { path, version } = nodeOf(target, manifest.dependencies.node);
  const binary = `${stage}/node_modules/node/bin/${target.startsWith("win32") ? "node.exe" : "node"}`;
  cpSync(path, binary, { dereference: true });
  // optional: a machine without binutils makes a package that is 4 MB larger
  if (target === `${process.platform}-${process.arch}` && process.platform === "linux") spawnSync("strip", [binary]);
  write("node_modules/node/package.json", { name: "node", version, license: "MIT" });
  dependencies.node = version;
}

function copy(path, to = path) {
  if (!existsSync(`${root}/${path}`)) throw new Error(`package: ${path} is missing`);
  cpSync(`${root}/${path}`, `${stage}/${to}`, { recursive: true, dereference: true });
}

function read(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

function write(path, value) {
  mkdirSync(`${stage}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
  writeFileSync(`${stage}/${path}`, JSON.stringify(value));
}
