// npm start: set up, build, train the tour, and leave a report to look at.
import { ready, root, run } from "./setup.mjs";

ready();
const { setup: build } = await import("./build.mjs");
await build();
const [file = "examples/tour.dlnb", ...rest] = process.argv.slice(2);
process.exit(
  run(process.execPath, [`${root}/dist/cli.mjs`, "run", file, "--report", "report.html", "--interactive", ...rest]),
);
