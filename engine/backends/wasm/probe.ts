import { fusedProbe, simdProbe } from "./gemm.ts";
import { canWiden } from "./wide.ts";

interface Features {
  readonly simd: boolean;
  readonly relaxed: boolean;
  /** relaxed_madd rounds once: only then is it faster than a product and a sum. */
  readonly fused: boolean;
  /** Vectors of 256 bits. Processors without them that fuse are few, old, and only slower. */
  readonly wide: boolean;
}

/** What WebAssembly can do in this process. */
export function probe(): Features {
  const simd = WebAssembly.validate(simdProbe());
  const relaxed = simd && WebAssembly.validate(fusedProbe());
  if (!relaxed) return { simd, relaxed, fused: false, wide: false };
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true });
  const { f0 } = new WebAssembly.Instance(new WebAssembly.Module(fusedProbe()), { env: { memory } }).exports;
  (f0 as (address: number) => void)(0);
  const fused = new Float32Array(memory.buffer)[0] !== 0;
  return { simd, relaxed, fused, wide: fused && canWiden() };
}
