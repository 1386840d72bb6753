import { setFlagsFromString } from "node:v8";

/**
 * WebAssembly has vectors of 128 bits; V8 can make ones of 256 bits from pairs of neighbours, an optimization that has to
 * be asked for. It is in builds for x64 only, and does nothing on a processor without AVX2. Tests compare its bits with
 * those of narrow vectors, on Node 24: older ones are not asked. A backend looks at its products before it uses them
 * (check.ts).
 */
const WIDEN = "--experimental-wasm-revectorize";

/** Whether this runtime can widen. */
export function canWiden(): boolean {
  const variables = process.config.variables as { v8_enable_wasm_simd256_revec?: number };
  const [major = 0] = process.versions.node.split(".").map(Number);
  return process.arch === "x64" && major >= 24 && variables.v8_enable_wasm_simd256_revec === 1;
}

/** Compiles at once, with the optimizing compiler, which reads its flags when it runs, and pairs vectors. */
export function compileWide(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  const flags = [WIDEN, "--no-liftoff", "--no-wasm-lazy-compilation"];
  const before = ["--no-experimental-wasm-revectorize", "--liftoff", "--wasm-lazy-compilation"];
  for (const flag of flags) setFlagsFromString(flag);
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    for (const flag of before) setFlagsFromString(flag);
  }
}
