import { afterAll, beforeAll, describe, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { cases, check } from "./cases.ts";

const open = (threads: number) => wasmProvider.open({ threads, log: () => {} });

describe("wasm runs launches as the interpreter does", () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open(2);
  });
  afterAll(() => backend.close());
  test.each(cases)("$name", (c) => check(backend, c));
});
