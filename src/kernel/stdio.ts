import { spawn } from "node:child_process";
import { type Channel, LogLines } from "./channel.ts";
import { howEnded } from "./errors.ts";
import type { KernelFiles } from "./locate.ts";

/** A kernel on stdin and stdout, which ends with us. */
export function openStdio({ node, kernel, env, runtime }: KernelFiles, onLog: (line: string) => void): Channel {
  // no shell, and nothing inherited but the environment; the notebook's folder is the kernel's own business
  const child = spawn(node, [kernel], { stdio: "pipe", windowsHide: true, env: { ...process.env, ...env } });
  const log = new LogLines(onLog);
  child.stdin.on("error", () => {});
  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (text: string) => log.push(text));
  child.stderr.on("end", () => log.end());
  return {
    runtime,
    input: child.stdin,
    output: child.stdout,
    ended: new Promise((resolve) => {
      const finish = (how: string) => resolve({ how, lastOutput: String(log) });
      child.once("error", (error) => finish(`could not be started (${error.message})`));
      child.once("close", (code, signal) => finish(howEnded(code, signal)));
    }),
    dead: () => child.exitCode !== null || child.signalCode !== null,
    lastOutput: () => String(log),
    kill: () => void child.kill("SIGKILL"),
    taken: () => {},
    leave: () => void child.stdin.end(),
    outlives: false,
  };
}
