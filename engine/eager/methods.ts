import { methods, type Operands, type Tensor } from "../ops/index.ts";
import { HostTensor } from "../tensor/hostTensor.ts";
import { eagerly } from "./compute.ts";

/** A pick, so that editors find the words of the functions. */
type Functions = Pick<typeof methods, Exclude<keyof typeof methods, "reshape">>;

/** Every function of tensors as a method of a tensor with numbers: `x.add(y).sum(0)`. */
type EagerMethods = {
  [K in keyof Functions]: Functions[K] extends (x: never, ...rest: infer R) => infer T
    ? (...rest: Operands<R>) => Eager<T>
    : never;
};

/** A result with numbers: a tensor, or several in a list or by name. */
type Eager<T> = T extends Tensor ? HostTensor : { [I in keyof T]: T[I] extends Tensor ? HostTensor : T[I] };

declare module "../tensor/hostTensor.ts" {
  interface HostTensor extends EagerMethods {}
}

for (const [name, f] of Object.entries(methods)) {
  if (name in HostTensor.prototype) continue;
  const call = f as (x: Tensor, ...rest: unknown[]) => unknown;
  Object.defineProperty(HostTensor.prototype, name, {
    value(this: HostTensor, ...rest: unknown[]) {
      return eagerly(call, [this, ...rest]);
    },
  });
}
