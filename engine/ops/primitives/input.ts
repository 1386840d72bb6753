import type { DType, Shape } from "../../tensor/index.ts";
import type { OpRecord } from "../node.ts";

export const input: OpRecord<{ name: string; scalar?: boolean; shape?: Shape; dtype?: DType }> = {
  summary: "A value from outside the graph, by name.",
  infer: (_inputs, { shape = [], dtype = "f32" }) => ({ shape, dtype }),
  batch: (_inputs, _mapped, { name }) => {
    throw new Error(`input "${name}" is mapped by giving it a lane axis, not by a rule`);
  },
  reference: (_inputs, { name }) => {
    throw new Error(`input "${name}" has no value`);
  },
  lower: { kind: "leaf" },
};
