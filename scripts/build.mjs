// Bundles the programs into dist/. Run directly, or as a vitest global set-up (`setup`).
import { copyFileSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { root } from "./setup.mjs";
import { writeTypes } from "./types.mjs";

const node = { platform: "node", format: "esm", target: "node20", external: ["webgpu"] };
const page = { platform: "browser", format: "esm", target: "es2022" };
// bundled CommonJS packages may call require()
const withRequire = {
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
};

const bundles = [
  {
    entry: "src/extension.ts",
    out: "extension.cjs",
    platform: "node",
    format: "cjs",
    target: "node20",
    external: ["vscode"],
  },
  { entry: "src/cli/main.ts", out: "cli.mjs", ...node, ...withRequire },
  { entry: "engine/kernel/main.ts", out: "kernel.mjs", ...node, ...withRequire },
  { entry: "engine/kernel/doorman.ts", out: "doorman.mjs", ...node },
  { entry: "engine/backends/wasm/worker.ts", out: "wasm-worker.mjs", ...node },
  { entry: "engine/plots/recorded/index.ts", out: "plots.mjs", ...node },
  { entry: "src/report/index.ts", out: "report.mjs", ...node, ...withRequire },
  { entry: "media/report/index.ts", out: "report-page.js", ...page },
  {
    entry: "src/tsplugin/main.ts",
    out: "tsplugin/index.cjs",
    platform: "node",
    format: "cjs",
    target: "node20",
    // a plugin is what its module is
    footer: { js: "module.exports = module.exports.default;" },
  },
  { entry: "media/renderer/index.ts", out: "renderer.js", ...page },
  { entry: "media/panel/index.ts", out: "panel.js", ...page },
];

/** The reference cases' program, with what the backends look for beside it. */
const conformance = [
  { entry: "test/conformance/main.ts", out: "conformance.mjs", ...node, ...withRequire },
  ...bundles.filter(({ out }) => out === "wasm-worker.mjs"),
];

/** The benchmark's own engine and its kernels, likewise. */
const bench = [
  { entry: "bench/engines/kernels.ts", out: "bench-kernels.mjs", ...node, ...withRequire },
  { entry: "bench/engines/ours.ts", out: "bench-ours.mjs", ...node, ...withRequire },
  ...bundles.filter(({ out }) => out === "wasm-worker.mjs"),
];

export async function setup() {
  await Promise.all([build(bundles), writeTypes()]);
}
export const setupConformance = () => build(conformance);
export const setupBench = () => build(bench);

async function build(bundles) {
  const esbuild = await import("esbuild");
  mkdirSync(`${root}/dist`, { recursive: true });
  await Promise.all(
    bundles.map(({ entry, out, ...options }) =>
      esbuild.build({
        absWorkingDir: root,
        entryPoints: [entry],
        outfile: `dist/${out}`,
        bundle: true,
        sourcemap: "linked",
        sourcesContent: false,
        minifySyntax: true,
        // pages load as the user waits; programs keep readable stacks
        minifyWhitespace: options.platform === "browser",
        minifyIdentifiers: options.platform === "browser",
        keepNames: options.platform !== "browser",
        loader: { ".wgsl": "text" },
        logLevel: "warning",
        // a cell's import() takes its options at run time
        logOverride: { "unsupported-dynamic-import": "silent" },
        ...options,
      }),
    ),
  );
  // the software Vulkan driver for Linux x64, found beside the kernel
  copyFileSync(`${root}/node_modules/@sparticuz/chromium/bin/swiftshader.tar.br`, `${root}/dist/swiftshader.tar.br`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await setup();
