import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { KernelExited } from "../kernel/index.ts";
import { HELP, readCommand } from "./args.ts";
import { doctor } from "./doctor.ts";
import { CommandError, UsageError } from "./errors.ts";
import { runNotebook } from "./run.ts";

/** Folder of package.json: this file is bundled to dist/cli.mjs. */
const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as { version: string };

async function main(argv: readonly string[]): Promise<number> {
  const given = readCommand(argv);
  const program = { root, version };
  switch (given.command) {
    case "help":
      process.stdout.write(HELP);
      return 0;
    case "version":
      process.stdout.write(`dlnb ${version}\n`);
      return 0;
    case "doctor":
      return doctor(program, given.json);
    case "run":
    case "profile":
      return runNotebook(program, given.options);
    default:
      return given satisfies never;
  }
}

// whoever read our output has seen enough; the kernel ends with us
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 141 : 1));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`dlnb: ${error.message}\nSee dlnb --help\n`);
    process.exitCode = 2;
  } else if (error instanceof CommandError || error instanceof KernelExited) {
    const last = error instanceof KernelExited && error.lastOutput ? `\n${error.lastOutput}` : "";
    process.stderr.write(`dlnb: ${error.message}${last}\n`);
    process.exitCode = 1;
  } else throw error;
}
