import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Host, locateKernel } from "../../../src/kernel/locate.ts";

let root = "";

/** A file of the extension as installed. */
function add(...path: string[]): string {
  const file = join(root, ...path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, "");
  return file;
}

const server: Host = { platform: "linux", execPath: "/editor/node", versions: { node: "24.21.0" }, env: {} };
const desktop: Host = { ...server, execPath: "/editor/code", versions: { node: "24.21.0", electron: "42.0.0" } };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "dlnb-locate-"));
  add("dist", "kernel.mjs");
});
afterEach(() => rmSync(root, { recursive: true }));

describe("the runtime of kernels", () => {
  test.each([
    ["linux", "node"],
    ["darwin", "node"],
    ["win32", "node.exe"],
  ])("is the packaged Node on %s, on a desktop too: Electron has no WebGPU", (platform, name) => {
    const node = add("node_modules", "node", "bin", name);
    const found = { node, kernel: join(root, "dist", "kernel.mjs"), env: {}, runtime: "packaged" };
    expect(locateKernel(root, "", { ...desktop, platform })).toEqual(found);
    expect(locateKernel(root, "", { ...server, platform })).toEqual(found);
  });

  test("is the editor's own where none is packaged, and Electron is told to be Node", () => {
    expect(locateKernel(root, "", desktop)).toMatchObject({
      node: "/editor/code",
      env: { ELECTRON_RUN_AS_NODE: "1" },
      runtime: "editor",
    });
    expect(locateKernel(root, "", server)).toMatchObject({ node: "/editor/node", env: {}, runtime: "editor" });
  });

  test("is the one that is named before any other", () => {
    add("node_modules", "node", "bin", "node");
    const mine = add("mine");
    const named = { node: mine, env: {}, runtime: "named" };
    expect(locateKernel(root, mine, desktop)).toMatchObject(named);
    expect(locateKernel(root, "", { ...desktop, env: { DLNB_NODE: mine } })).toMatchObject(named);
    expect(() => locateKernel(root, "/nowhere/node", desktop)).toThrow(
      'there is no Node.js program at "/nowhere/node"; correct the setting dlnb.kernel.nodePath',
    );
  });

  test("is not the editor's own when that is too old, which says what to do", () => {
    for (const node of ["20.18.2", "22.14.0"]) {
      expect(() => locateKernel(root, "", { ...desktop, versions: { node, electron: "34.0.0" } })).toThrow(
        `the editor's own runtime is Node.js ${node}, and kernels need 22.15 or newer: update the editor, or install Node.js and name it in the setting dlnb.kernel.nodePath`,
      );
    }
  });

  test("starts nothing without the kernel itself", () => {
    rmSync(join(root, "dist"), { recursive: true });
    expect(() => locateKernel(root, "", server)).toThrow(/kernel\.mjs is missing; build it with: npm run build/);
  });
});
