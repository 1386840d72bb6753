// Packages the extension for this platform, or the one named: node scripts/package.mjs [--target linux-x64] [--no-node] [--out dlnb.vsix]
// A .vsix holds the bundles, this platform's WebGPU binary and, unless left out, a Node runtime (this platform only).
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ready, root, run } from "./setup.mjs";

ready();

/** A download that nobody waits for. */
const MOST_MEGABYTES = 60;

const here = `${process.platform}-${process.arch}`;
const { values } = parseArgs({
  options: { target: { type: "string", default: here }, "no-node": { type: "boolean" }, out: { type: "string" } },
});
const out = values.out ?? `${root}/dlnb-${values.target}.vsix`;
const [platform] = values.target.split("-");
const dawn = platform === "darwin" ? "darwin-universal" : values.target;

const { setup: build } = await import("./build.mjs");
await build();

const stage = `${root}/dist/vsix`;
rmSync(stage, { recursive: true, force: true });
const copy = (path, to = path) => {
  if (!existsSync(`${root}/${path}`)) throw new Error(`package: ${path} is missing`);
  cpSync(`${root}/${path}`, `${stage}/${to}`, { recursive: true, dereference: true });
};

for (const path of ["LICENSE", "README.md", "CHANGELOG.md", "package.nls.json"]) copy(path);
for (const path of ["media/icons", "media/templates", "snippets", "syntaxes"]) copy(path);
// all examples but the one whose pictures are larger than everything else of them together
for (const name of readdirSync(`${root}/examples`)) if (/^(?!images\.).*\.dlnb$/.test(name)) copy(`examples/${name}`);
for (const name of readdirSync(`${root}/examples/data`)) if (name !== "fashion") copy(`examples/data/${name}`);
if (existsSync(`${root}/docs/images`)) copy("docs/images");
for (const name of [
  "extension.cjs",
  "kernel.mjs",
  "doorman.mjs",
  "wasm-worker.mjs",
  "cli.mjs",
  "renderer.js",
  "panel.js",
])
  copy(`dist/${name}`);
if (values.target === "linux-x64") copy("dist/swiftshader.tar.br");
mkdirSync(`${stage}/node_modules`, { recursive: true });
copy("node_modules/webgpu/index.js");
copy("node_modules/webgpu/LICENSE.md");
copy(`node_modules/webgpu/dist/${dawn}`);
// index.js needs none of the packages that its manifest asks for
const webgpu = JSON.parse(readFileSync(`${root}/node_modules/webgpu/package.json`, "utf8"));
writeFileSync(
  `${stage}/node_modules/webgpu/package.json`,
  JSON.stringify({
    name: "webgpu",
    version: webgpu.version,
    type: "module",
    main: "index.js",
    license: webgpu.license,
  }),
);
const dependencies = { webgpu: webgpu.version };

const manifest = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
for (const { name } of manifest.contributes?.typescriptServerPlugins ?? []) {
  copy(`node_modules/${name}`);
  dependencies[name] = JSON.parse(readFileSync(`${stage}/node_modules/${name}/package.json`, "utf8")).version;
}
if (!values["no-node"]) {
  if (values.target !== here)
    throw new Error(`package: the Node runtime here is ${here}'s; add --no-node for ${values.target}`);
  const binary = `node_modules/node/bin/node${platform === "win32" ? ".exe" : ""}`;
  copy(binary);
  writeFileSync(
    `${stage}/node_modules/node/package.json`,
    JSON.stringify({ name: "node", version: manifest.dependencies.node, license: "MIT" }),
  );
  dependencies.node = manifest.dependencies.node;
}
const { scripts, devDependencies, allowScripts, bin, private: _private, ...published } = manifest;
writeFileSync(`${stage}/package.json`, JSON.stringify({ ...published, dependencies }, null, 2));

writeFileSync(`${stage}/.vscodeignore`, "**/*.map\n");
const vsce = `${root}/node_modules/@vscode/vsce/vsce`;
const flags = ["--target", values.target, "--out", out, "--allow-missing-repository", "--no-rewrite-relative-links"];
const code = run(process.execPath, [vsce, "package", ...flags], {
  cwd: stage,
  stdio: ["ignore", "inherit", "inherit"],
});
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
