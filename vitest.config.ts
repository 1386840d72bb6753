import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vitest/config";

/** `.wgsl` files are text, as esbuild's `text` loader makes them in the bundles. */
const wgsl: Plugin = {
  name: "wgsl",
  enforce: "pre",
  load: (id) => (id.endsWith(".wgsl") ? `export default ${JSON.stringify(readFileSync(id, "utf8"))}` : undefined),
};

/**
 * Three suites, chosen with `--project`:
 *   unit      everything under test/ that runs inside this process
 *   kernel    test/kernel: a kernel process through its own door, JSON-RPC on stdio
 *   process   test/process: other programs as a user starts them (the command line, conformance)
 * The last two run the bundles, so they build first. test/vscode has its own runner.
 */
export default defineConfig({
  plugins: [wgsl],
  test: {
    alias: { vscode: new URL("./test/fake/vscode.ts", import.meta.url).pathname },
    // vitest leaves one processor idle, which is half of a small machine: many tests only wait for a process or a page
    maxWorkers: "100%",
    silent: "passed-only",
    setupFiles: ["test/support/allclose.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/kernel/**", "test/process/**", "test/vscode/**"],
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "kernel",
          include: ["test/kernel/**/*.test.ts"],
          globalSetup: ["scripts/build.mjs"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "process",
          include: ["test/process/**/*.test.ts"],
          globalSetup: ["scripts/build.mjs"],
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
