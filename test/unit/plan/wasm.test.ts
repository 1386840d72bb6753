import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { planLaws } from "./laws.ts";

planLaws("wasm", () => wasmProvider.open({ threads: 2, log: () => {} }));
