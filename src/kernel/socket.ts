import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type Hello, LISTENING, type ListenOn, type Welcome } from "../../engine/protocol/index.ts";
import type { Channel, KernelEnd } from "./channel.ts";
import { howEnded, KernelExited } from "./errors.ts";
import type { KernelFiles, Runtime } from "./locate.ts";
import { LogFile } from "./logFile.ts";

/** Where a kernel listens, and what it wants to hear. */
export interface Place extends ListenOn {
  /** Absolute path of the file that its stderr goes to. */
  log: string;
}

/** A kernel in its place. */
export interface Process extends Place {
  pid: number;
  runtime: Runtime;
}

/** A kernel that could not be joined: it is gone, does not answer, or another client has it. */
export class KernelRefused extends Error {
  override name = "KernelRefused";
  readonly why: "gone" | "silent" | "busy";

  constructor(why: KernelRefused["why"], message: string) {
    super(message);
    this.why = why;
  }
}

/** Unix socket paths end at 104 bytes on some systems. */
const MOST_PATH = 100;
const [START_MS, CONNECT_MS, GONE_MS, LOOK_MS] = [30_000, 5000, 10_000, 50];
const FOLDER = "dlnb-";

/** A fresh place: a socket in a folder that only this user can enter, or a pipe with a random name, and a random token. */
export function newPlace(log: string): Place {
  const token = randomBytes(32).toString("hex");
  if (process.platform === "win32")
    return { address: `\\\\.\\pipe\\${FOLDER}${randomBytes(16).toString("hex")}`, token, log };
  const bases = [process.env.XDG_RUNTIME_DIR ?? "", tmpdir(), "/tmp"];
  const fits = bases.filter((base) => base !== "" && join(base, `${FOLDER}XXXXXX`, "k").length <= MOST_PATH);
  for (const base of fits) {
    try {
      if (statSync(base).isDirectory()) return { address: join(mkdtempSync(join(base, FOLDER)), "k"), token, log };
    } catch {
      // not there or not ours to write: the next one
    }
  }
  throw new KernelExited(`no folder for the kernel's socket: ${fits.join(", ")} cannot be written`);
}

/** Removes what a kernel that was killed left of its place. */
export function clearPlace({ address, log }: Pick<Place, "address" | "log">): void {
  const folder = dirname(address);
  // nothing but what we make: descriptors are private, but a folder is removed here
  if (process.platform !== "win32" && basename(address) === "k" && /^dlnb-\w{6}$/.test(basename(folder)))
    rmSync(folder, { recursive: true, force: true });
  rmSync(log, { force: true });
}

/** Starts a kernel that goes on without us, and connects to it. */
export async function launch(
  { node, kernel, env, runtime }: KernelFiles,
  place: Place,
  keepAliveSeconds: number,
  onLog: (line: string) => void,
): Promise<Channel> {
  const log = openSync(place.log, "a", 0o600);
  let child: ChildProcess;
  try {
    // a session of its own: neither a closed terminal nor the end of the window's processes is meant for it
    child = spawn(node, [kernel, "--listen"], {
      stdio: ["pipe", "pipe", log],
      detached: true,
      windowsHide: true,
      env: { ...process.env, ...env },
    });
  } finally {
    closeSync(log);
  }
  const file = new LogFile(place.log, onLog);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`could not be started (${error.message})`));
    child.once("exit", (code, signal) => resolve(howEnded(code, signal)));
  });
  child.stdin?.on("error", () => {});
  child.stdin?.end(`${JSON.stringify({ address: place.address, token: place.token } satisfies ListenOn)}\n`);
  const failed = ended.then((how): never => {
    file.end();
    throw new KernelExited(`kernel ${how}${String(file) === "" ? "" : "; its last output is below"}`, String(file));
  });
  failed.catch(() => {});
  try {
    await Promise.race([failed, listening(child)]);
    const socket = await Promise.race([failed, enter(place, { take: false, keepAliveSeconds })]);
    child.stdout?.destroy();
    child.unref();
    return channel(socket, { ...place, pid: child.pid as number, runtime }, ended, file);
  } catch (error) {
    child.kill("SIGKILL");
    clearPlace(place);
    throw error;
  }
}

/** Connects to a kernel that an earlier window left. Rejects with KernelRefused when it is gone or is not to be had. */
export async function rejoin(
  kernel: Process,
  hello: Omit<Hello, "token">,
  onLog: (line: string) => void,
): Promise<Channel> {
  const socket = await enter(kernel, hello);
  const ended = new Promise<string>((resolve) => {
    socket.once("close", () => {
      const since = performance.now();
      const look = setInterval(() => {
        if (isAlive(kernel.pid) && performance.now() - since < GONE_MS) return;
        clearInterval(look);
        // not our child: nobody tells us with which code
        resolve("ended");
      }, LOOK_MS);
    });
  });
  return channel(socket, kernel, ended, new LogFile(kernel.log, onLog));
}

/** Whether a process of this number exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function channel(socket: Socket, kernel: Process, ended: Promise<string>, file: LogFile): Channel {
  const { pid, runtime } = kernel;
  let state: "there" | "left" | "ended" = "there";
  const end = Promise.withResolvers<KernelEnd>();
  const finish = (how: string, taken: boolean) => {
    if (state !== "there") return;
    state = "ended";
    file.end();
    if (!taken) clearPlace(kernel);
    end.resolve({ how, lastOutput: String(file), ...(taken && { taken }) });
    socket.destroy();
  };
  void ended.then((how) => finish(how, false));
  // a kernel whose socket is gone cannot be reached any more, whatever it does
  socket.once("close", () => setTimeout(() => state === "there" && kill(pid), GONE_MS).unref());
  return {
    runtime,
    input: socket,
    output: socket,
    ended: end.promise,
    dead: () => state === "ended" || socket.destroyed,
    lastOutput: () => String(file),
    kill: () => kill(pid),
    taken: () => finish("was taken over by another window", true),
    leave: () => {
      state = "left";
      file.end();
      socket.destroy();
    },
    outlives: true,
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone
  }
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new KernelExited(`kernel did not listen within ${START_MS / 1000} s`));
    const timer = setTimeout(late, START_MS);
    let said = "";
    child.stdout?.setEncoding("utf8");
    child.stdout?.on("data", (text: string) => {
      said += text;
      if (!said.includes(`${LISTENING}\n`)) return;
      clearTimeout(timer);
      resolve();
    });
    child.once("exit", () => clearTimeout(timer));
  });
}

/** A connection that the kernel has welcomed: what follows on it is JSON-RPC. */
function enter({ address, token }: Place, hello: Omit<Hello, "token">): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    const fail = (why: KernelRefused["why"], message: string) => {
      socket.destroy();
      reject(new KernelRefused(why, message));
    };
    socket.setTimeout(CONNECT_MS, () => fail("silent", "the kernel does not answer"));
    socket.once("error", (error) => fail("gone", `the kernel cannot be reached: ${error.message}`));
    socket.once("close", () => fail("gone", "the kernel closed the connection"));
    socket.once("connect", () => socket.write(`${JSON.stringify({ token, ...hello } satisfies Hello)}\n`));
    let said = Buffer.alloc(0);
    const hear = (bytes: Buffer) => {
      said = Buffer.concat([said, bytes]);
      const end = said.indexOf(10);
      if (end < 0) return;
      let welcome: Welcome;
      try {
        welcome = JSON.parse(said.toString("utf8", 0, end)) as Welcome;
      } catch {
        return fail("gone", "what answers is no kernel");
      }
      if (!welcome.ok && welcome.why === "busy") return fail("busy", "another window has the kernel");
      if (!welcome.ok) return fail("gone", "the kernel does not know our token");
      socket.removeAllListeners();
      socket.setTimeout(0);
      socket.pause();
      if (end + 1 < said.length) socket.unshift(said.subarray(end + 1));
      socket.on("error", () => {});
      resolve(socket);
    };
    socket.on("data", hear);
  });
}
