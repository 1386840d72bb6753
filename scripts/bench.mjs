// npm run bench -- [options]: trains the same networks with dlnb and with its peers; see bench/main.ts.
import { setupBench } from "./build.mjs";
import { ready, root, run } from "./setup.mjs";

ready();

await setupBench();
process.exit(run(process.execPath, [`${root}/bench/main.ts`, ...process.argv.slice(2)], { cwd: process.cwd() }));
