import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { endAllOf } from "./processes.ts";

const CODE_SERVER = "4.139.1"; // VS Code 1.139.1
const NODE = "24.21.0";
const root = join(import.meta.dirname, "../..");
const cache = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"),
  "dlnb-test",
  `code-server-${CODE_SERVER}-node-${NODE}`,
);
const nodeHome = join(cache, `node/node_modules/node/node_modules/node-${process.platform}-${process.arch}`);
const entry = join(cache, "cs/node_modules/code-server/out/node/entry.js");

/**
 * VS Code as the npm package `code-server`, built once and kept outside of the clone behind a marker file (about two
 * minutes and 800 MB the first time; needs a C++ compiler and libkrb5-dev). Throws with npm's output when it cannot be built.
 */
export function installCodeServer(): void {
  const marker = join(cache, "installed");
  if (existsSync(marker)) return;
  console.log(`installing code-server ${CODE_SERVER} into ${cache} ...`);
  rmSync(cache, { recursive: true, force: true });
  npm("node", { dependencies: { node: NODE }, allowScripts: { node: true } }, {});
  npm(
    "cs",
    { dependencies: { "code-server": CODE_SERVER }, allowScripts: { "code-server": true, argon2: true } },
    { PATH: `${nodeHome}/bin:${process.env.PATH}`, npm_config_nodedir: nodeHome },
  );
  writeFileSync(marker, "");
}

function npm(folder: string, manifest: object, env: NodeJS.ProcessEnv): void {
  const cwd = join(cache, folder);
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, "package.json"), JSON.stringify({ private: true, ...manifest }));
  // npm sets npm_* for its scripts; an inner npm must not take them for its own
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")));
  const { status, stdout, stderr } = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd,
    env: { ...clean, ...env },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`npm install in ${cwd} ended with ${status}:\n${stdout}\n${stderr}`);
}

export interface CodeServer {
  /** host:port */
  readonly authority: string;
  /** The copied folder that is opened. */
  readonly workspace: string;
  /** Where the editor and the extension host write; holds their logs. */
  readonly state: string;
  readonly pid: number;
  /** Starts the same server again on the same state and workspace after `stop`. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Removes state and workspace. */
  dispose(): Promise<void>;
}

export interface CodeServerOptions {
  /** Packaged extension to install first. */
  vsix?: string;
  /** Lets a suite with the `vscode` API run inside (toasts are not shown then). */
  testDriver?: boolean;
  /** Ask before trusting a workspace, as VS Code does by default. */
  workspaceTrust?: boolean;
  /** Folder to copy as the workspace, run logs and all; without it, examples/ as it is in the repository. */
  workspace?: string;
  /** More user settings. */
  settings?: Readonly<Record<string, unknown>>;
}

/** A running server with fresh state and a fresh workspace. Call `installCodeServer` before. */
export async function startCodeServer(options: CodeServerOptions = {}): Promise<CodeServer> {
  const state = mkdtempSync(join(tmpdir(), "dlnb-vscode-"));
  const workspace = join(state, "workspace");
  if (options.workspace) cpSync(options.workspace, workspace, { recursive: true });
  else cpSync(join(root, "examples"), workspace, { recursive: true, filter: (path) => basename(path) !== ".dlnb" });
  writeFileSync(join(state, "config.yaml"), "");
  // those with a scope of "machine" are read from the second
  for (const scope of ["User", "Machine"]) {
    mkdirSync(join(state, "data", scope), { recursive: true });
    const text = JSON.stringify({ ...settings(options), ...options.settings });
    writeFileSync(join(state, "data", scope, "settings.json"), text);
  }
  const port = await freePort();
  const dirs = [
    "--config",
    join(state, "config.yaml"),
    "--user-data-dir",
    join(state, "data"),
    "--extensions-dir",
    join(state, "ext"),
  ];
  const node = join(nodeHome, "bin/node");
  // an extension host that inherits these would start the kernel with them
  const env = Object.fromEntries(Object.entries(process.env).filter(([k]) => !k.startsWith("npm_") && k !== "VITEST"));
  if (options.vsix) {
    const { status, stdout, stderr } = spawnSync(
      node,
      [entry, ...dirs, "--force", "--install-extension", options.vsix],
      {
        env,
        encoding: "utf8",
      },
    );
    if (status !== 0) throw new Error(`installing ${options.vsix} ended with ${status}:\n${stdout}\n${stderr}`);
  }
  const args = [entry, ...dirs, "--auth", "none", "--bind-addr", `127.0.0.1:${port}`, ...fixedArguments];
  if (!options.workspaceTrust) args.push("--disable-workspace-trust");
  if (options.testDriver) args.push("--vscode-option", "enable-smoke-test-driver");
  args.push(workspace);

  let child: ReturnType<typeof spawn> | undefined;
  const server = {
    authority: `127.0.0.1:${port}`,
    workspace,
    state,
    get pid() {
      return child?.pid ?? 0;
    },
    async start() {
      const log = openSync(join(state, "server.log"), "a");
      child = spawn(node, args, { env, stdio: ["ignore", log, log] });
      await ready(`http://127.0.0.1:${port}/healthz`, join(state, "server.log"));
    },
    async stop() {
      const ending = child;
      child = undefined;
      if (!ending || ending.exitCode !== null) return;
      const ended = new Promise((resolve) => ending.once("exit", resolve));
      ending.kill();
      await ended;
    },
    async dispose() {
      await this.stop();
      // kernels outlive their window, and a training would go on behind the next walk
      endAllOf(state);
      rmSync(state, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  await server.start();
  return server;
}

const fixedArguments = [
  "--disable-telemetry",
  "--disable-update-check",
  "--disable-proxy",
  "--disable-getting-started-override",
  "--ignore-last-opened",
  "--reconnection-grace-time",
  "5",
];

/** Settings that keep the editor quiet and predictable. */
const settings = ({ workspaceTrust = false }: CodeServerOptions) => ({
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "workbench.startupEditor": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.enableExperiments": false,
  "workbench.tips.enabled": false,
  "security.workspace.trust.enabled": workspaceTrust,
  "security.workspace.trust.startupPrompt": "never",
  "chat.disableAIFeatures": true,
  "git.enabled": false,
  "window.restoreWindows": "none",
  "files.hotExit": "off",
  // a kernel that a walk leaves training does not train on behind the next ones
  "dlnb.kernel.keepAlive": 60,
  "files.autoSave": "off",
  "editor.autoClosingBrackets": "never",
  "editor.autoClosingQuotes": "never",
  "editor.autoSurround": "never",
  "editor.autoIndent": "none",
  "editor.accessibilitySupport": "off",
});

async function ready(url: string, log: string): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 200) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`code-server did not answer on ${url} within 60 s; its log is ${log}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
