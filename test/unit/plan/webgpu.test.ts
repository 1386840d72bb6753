import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import { planLaws } from "./laws.ts";

planLaws("webgpu", () => webgpuProvider.open({ threads: 0, log: () => {} }));
