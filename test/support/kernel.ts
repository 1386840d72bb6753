import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { CellResult, InitializeParams, KernelEvent } from "../../engine/protocol/index.ts";
import { KernelProcess, locateKernel } from "../../src/kernel/index.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface TestKernel {
  readonly process: KernelProcess;
  readonly folder: string;
  readonly events: KernelEvent[];
  /** Runs a cell; `id` defaults to one per call. */
  run(text: string, id?: string): Promise<CellResult>;
  /** Runs a cell that must succeed and gives the text/plain of its last output. */
  value(text: string): Promise<string | undefined>;
  /** What cells printed so far, both streams. */
  printed(): string;
  /** Resolves when an event fits. */
  seen(fits: (event: KernelEvent) => boolean): Promise<KernelEvent>;
}

/** A folder that is gone after the test, with files in it. */
export function testFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "dlnb-kernel-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** A kernel of the bundle for a notebook in a folder of its own; it ends with the test. */
export async function testKernel(options: Partial<InitializeParams> & { files?: Record<string, string> } = {}) {
  const { files = {}, ...params } = options;
  const folder = testFolder(files);
  const events: KernelEvent[] = [];
  const waiting = new Set<(event: KernelEvent) => void>();
  const process = await KernelProcess.start({
    ...locateKernel(root),
    client: { name: "test", version: "1" },
    notebook: join(folder, "test.dlnb"),
    folder,
    backend: "wasm",
    threads: 1,
    overrides: {},
    ...params,
    onLog: () => {},
    onEvent: (event) => {
      events.push(event);
      for (const look of waiting) look(event);
    },
  });
  onTestFinished(() => process.dispose());
  let cells = 0;
  const run = (text: string, id?: string) => {
    cells++;
    return process.request("run", { cell: id ?? `cell${cells}`, index: cells, text });
  };
  const kernel: TestKernel = {
    process,
    folder,
    events,
    run,
    value: async (text) => {
      const from = events.length;
      const result = await run(text);
      if (!result.ok) throw new Error(`${result.error?.name}: ${result.error?.message}`);
      const outputs = events.slice(from).flatMap((e) => (e.event === "output" ? [e.output] : []));
      const item = outputs.at(-1)?.items.find(({ mime }) => mime === "text/plain");
      return item === undefined ? undefined : String(item.data);
    },
    printed: () => events.flatMap((e) => (e.event === "text" ? [e.text] : [])).join(""),
    seen: (fits) =>
      new Promise((resolve) => {
        const look = (event: KernelEvent) => {
          if (!fits(event)) return;
          waiting.delete(look);
          resolve(event);
        };
        waiting.add(look);
        const before = events.find(fits);
        if (before) look(before);
      }),
  };
  return kernel;
}

/** A kernel's process alone, for bytes that no client would write. */
export function rawKernel() {
  const { node, kernel } = locateKernel(root);
  const child: ChildProcess = spawn(node, [kernel], { stdio: "pipe" });
  onTestFinished(() => void child.kill("SIGKILL"));
  let received = "";
  const messages: Record<string, unknown>[] = [];
  const waiting: (() => void)[] = [];
  child.stdout?.setEncoding("latin1");
  child.stdout?.on("data", (text: string) => {
    received += text;
    for (;;) {
      const [head, length] = /^Content-Length: (\d+)\r\n\r\n/.exec(received) ?? [];
      if (head === undefined || received.length < head.length + Number(length)) break;
      const body = received.slice(head.length, head.length + Number(length));
      received = received.slice(head.length + body.length);
      messages.push(JSON.parse(Buffer.from(body, "latin1").toString("utf8")));
    }
    for (const look of waiting.splice(0)) look();
  });
  return {
    child,
    messages,
    write: (bytes: string) => void child.stdin?.write(bytes),
    send: (message: unknown) => {
      const body = JSON.stringify(message);
      child.stdin?.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    },
    /** The first message that fits, whenever it comes. */
    receive: async (fits: (message: Record<string, unknown>) => boolean) => {
      for (;;) {
        const found = messages.find(fits);
        if (found) return found;
        await new Promise<void>((next) => waiting.push(next));
      }
    },
    ended: new Promise<number | null>((resolve) => child.once("exit", resolve)),
  };
}
