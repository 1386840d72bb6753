import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { constants, tmpdir, userInfo } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { BackendError } from "../../errors/index.ts";

const ICD = "vk_swiftshader_icd.json";
const LOADER = "libvulkan.so.1";
/** Of the archive's files, those that Vulkan needs. */
const FILES = [LOADER, "libvk_swiftshader.so", ICD];
/** dlopen's flag for a library that stays loaded; node:os does not list it. */
const RTLD_NODELETE = 0x1000;

/**
 * Makes SwiftShader, a Vulkan driver that runs on the CPU, the driver of this process, from the archive of npm's
 * @sparticuz/chromium. Vulkan instances made afterwards use it. Linux x64 only; does nothing when called again.
 * Throws BackendError when the archive is not there or the machine is another one.
 */
export function useSoftwareVulkan(): void {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new BackendError(`webgpu: no software Vulkan driver is included for ${process.platform} ${process.arch}`);
  }
  const folder = unpack(findArchive());
  process.env.VK_ICD_FILENAMES = join(folder, ICD);
  if (!hasVulkanLoader()) preload(join(folder, LOADER));
}

/** Whether the dynamic linker finds a Vulkan loader; asking Dawn instead would print a warning. */
export const hasVulkanLoader = (): boolean => process.platform !== "linux" || preload(LOADER);

/**
 * Loads a shared library into this process for good; a later dlopen of its bare name then finds it, which is how Dawn
 * asks for it. LD_LIBRARY_PATH would have to be set before the process starts.
 */
function preload(library: string): boolean {
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch (error) {
    // it is no Node addon, which Node says only after it has loaded it
    return /self-register/.test(String(error));
  }
  return true;
}

/** The archive lies beside the bundled kernel, or in its package when run from sources. */
function findArchive(): string {
  const candidates = ["./swiftshader.tar.br", "../../../node_modules/@sparticuz/chromium/bin/swiftshader.tar.br"].map(
    (path) => fileURLToPath(new URL(path, import.meta.url)),
  );
  const found = candidates.find((path) => existsSync(path));
  if (!found)
    throw new BackendError("webgpu: the software Vulkan driver (swiftshader.tar.br) is missing from this installation");
  return found;
}

/** Unpacks once per archive and user; processes that do so at the same time do not disturb each other. */
function unpack(archive: string): string {
  const { size, mtimeMs } = statSync(archive);
  const target = join(tmpdir(), `dlnb-swiftshader-${userInfo().uid}-${size}-${Math.floor(mtimeMs)}`);
  if (FILES.every((name) => existsSync(join(target, name)))) return target;
  const fresh = `${target}-${randomUUID()}`;
  mkdirSync(fresh, { mode: 0o700 });
  try {
    for (const { name, data } of tarFiles(brotliDecompressSync(readFileSync(archive)))) {
      if (FILES.includes(basename(name))) writeFileSync(join(fresh, basename(name)), data, { mode: 0o755 });
    }
    renameSync(fresh, target);
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true });
    // another process was first
    if (!FILES.every((name) => existsSync(join(target, name)))) {
      throw new BackendError(`webgpu: cannot unpack the software Vulkan driver to ${target}`, { cause });
    }
  }
  return target;
}

/** Regular files of an uncompressed tar archive: 512-byte headers, name at 0, octal size at 124, type at 156. */
function* tarFiles(tar: Buffer): Generator<{ name: string; data: Buffer }> {
  const text = (from: number, length: number) => tar.toString("latin1", from, from + length).replace(/\0.*$/s, "");
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    if (text(at + 156, 1) === "0") yield { name: text(at, 100), data: tar.subarray(at + 512, at + 512 + size) };
    at += 512 + Math.ceil(size / 512) * 512;
  }
}
