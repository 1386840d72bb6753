import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const bundle = fileURLToPath(new URL("../../dist/extension.cjs", import.meta.url));

/**
 * Loads the bundle and activates it in a process of its own, with an editor that takes every call. Prints milliseconds
 * of its thread on a processor, which other programs hardly lengthen.
 */
const PROGRAM = `
const Module = require("node:module");
const anything = () => new Proxy(function () {}, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => "" : name === "then" ? undefined : anything()),
  set: () => true,
  apply: anything,
  construct: anything,
});
const names = require("node:fs").readFileSync(process.argv[1], "utf8").match(/(?<=\\bvscode\\d*\\.)\\w+/g);
const editor = Object.fromEntries(names.map((name) => [name, anything()]));
const load = Module._load;
Module._load = (request, ...rest) => (request === "vscode" ? editor : load(request, ...rest));
const began = process.threadCpuUsage();
require(process.argv[1]).activate({
  extension: { id: "dlnb.dlnb", packageJSON: { version: "1" }, extensionUri: {} },
  extensionPath: "",
  subscriptions: [],
});
const took = process.threadCpuUsage(began);
console.log((took.user + took.system) / 1000);
process.exit(0);
`;

test("the extension activates in less than 50 ms", () => {
  const times = Array.from({ length: 5 }, () =>
    Number.parseFloat(execFileSync(process.execPath, ["--eval", PROGRAM, bundle], { encoding: "utf8" })),
  );
  // 8 to 20 ms; the best of five, because caches may be cold
  expect(Math.min(...times)).toBeLessThan(50);
});
