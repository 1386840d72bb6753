#!/usr/bin/env node
// The command line, on the pinned Node where it is installed and the running one is older.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const cli = at("dist/cli.mjs");
if (!existsSync(cli)) {
  console.error("dlnb: dist/cli.mjs is not built; run npm start or npm run build first");
  process.exit(1);
}
const pinned = at(`node_modules/node/bin/node${process.platform === "win32" ? ".exe" : ""}`);
if (Number.parseInt(process.versions.node, 10) < 24 && existsSync(pinned)) {
  // Ctrl+C reaches the program itself, which ends in its own way; we wait for it
  process.on("SIGINT", () => {});
  const { status, signal } = spawnSync(pinned, [cli, ...process.argv.slice(2)], { stdio: "inherit" });
  process.exit(status ?? (signal === "SIGINT" ? 130 : 1));
}
process.argv[1] = cli;
await import(cli);
