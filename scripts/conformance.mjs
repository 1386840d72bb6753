// npm run conformance -- DIR [--backend wasm|webgpu] [--json out.json]: runs reference cases; see test/conformance/main.ts.
import { setupConformance } from "./build.mjs";
import { ready, root, run } from "./setup.mjs";

ready();

await setupConformance();
process.exit(run(process.execPath, [`${root}/dist/conformance.mjs`, ...process.argv.slice(2)], { cwd: process.cwd() }));
