import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A Python with PyTorch, or undefined where there is none. */
export async function pythonWithTorch(): Promise<string | undefined> {
  for (const python of [process.env.DLNB_TORCH_PYTHON, "python3", "/usr/bin/python3"]) {
    if (!python) continue;
    const found = await run(python, ["-c", "import torch, numpy"]).then(
      () => true,
      () => false,
    );
    if (found) return python;
  }
  return undefined;
}

/** What a program prints. Throws with the end of what it complains of. */
export async function runPython(python: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    const { stdout } = await run(python, [...args], { cwd, maxBuffer: 2 ** 28 });
    return stdout;
  } catch (error) {
    throw new Error(String((error as { stderr?: string }).stderr ?? error).slice(-2000), { cause: error });
  }
}
