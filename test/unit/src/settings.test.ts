import { afterEach, expect, test, vi } from "vitest";
import { readSettings } from "../../../src/settings.ts";

const given: Record<string, unknown> = {};
vi.mock("vscode", () => ({
  workspace: { getConfiguration: () => ({ get: (name: string) => given[name] }) },
}));
afterEach(() => {
  for (const name of Object.keys(given)) delete given[name];
});

test("settings are taken as they are", () => {
  Object.assign(given, { backend: "wasm", threads: 3, "kernel.nodePath": " /opt/node ", "kernel.keepAlive": 0 });
  const taken = { backend: "wasm", threads: 3, nodePath: "/opt/node", keepAliveSeconds: 0, mistakes: [] };
  expect(readSettings()).toEqual(taken);
});

test("what is not said is auto, the machine's threads, our own Node and ten minutes", () => {
  const usual = { backend: "auto", threads: 0, nodePath: "", keepAliveSeconds: 600, mistakes: [] };
  expect(readSettings()).toEqual(usual);
});

test.each([-1, 2.5, 257, "four", null])("dlnb.threads = %j counts as 0 and is told", (threads) => {
  Object.assign(given, { threads });
  const settings = readSettings();
  expect(settings.threads).toBe(0);
  expect(settings.mistakes).toEqual([
    `dlnb.threads = ${JSON.stringify(threads)} is no whole number from 0 to 256; 0 counts instead`,
  ]);
});

test("an unknown backend counts as auto and is told", () => {
  Object.assign(given, { backend: "cuda" });
  expect(readSettings()).toMatchObject({
    backend: "auto",
    mistakes: ['dlnb.backend = "cuda" is no backend (auto, webgpu, wasm); "auto" counts instead'],
  });
});

test.each([-1, 100_000, "long", Number.NaN])(
  "dlnb.kernel.keepAlive = %s counts as ten minutes and is told",
  (seconds) => {
    Object.assign(given, { "kernel.keepAlive": seconds });
    const { keepAliveSeconds, mistakes } = readSettings();
    expect(keepAliveSeconds).toBe(600);
    expect(mistakes[0]).toMatch(/no number of seconds from 0 to 86400; 600 counts instead$/);
  },
);
