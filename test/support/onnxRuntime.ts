import * as ort from "onnxruntime-web";
import { HostTensor } from "../../engine/tensor/index.ts";

ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

/** What ONNX Runtime makes of an input by a model's bytes. */
export async function runOnnx(bytes: Uint8Array, { shape, dtype, data }: HostTensor): Promise<HostTensor> {
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
  try {
    const [type, values] =
      dtype === "f32" ? (["float32", Float32Array.from(data)] as const) : (["int32", Int32Array.from(data)] as const);
    const { output } = await session.run({ input: new ort.Tensor(type, values, shape) });
    if (!output) throw new Error("no output");
    return new HostTensor(output.dims, "f32", Float32Array.from(output.data as Float32Array));
  } finally {
    await session.release();
  }
}
