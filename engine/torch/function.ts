import { type Tensor, topological } from "../ops/index.ts";
import type { DType, HostTensor, Shape } from "../tensor/index.ts";
import { type Expression, LEVEL } from "./expression.ts";
import { ANY } from "./model.ts";
import { indented } from "./python.ts";
import { type Pair, Writer } from "./writer.ts";

/** An argument of a function of tensors: the shape of one example, or the whole where it has none. */
export interface Argument {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Whether the examples go along a first axis before those. */
  readonly perExample: boolean;
}

export interface FunctionParts {
  readonly name: string;
  readonly args: readonly Argument[];
  /** Names of arguments that stand behind those, which only the caller knows of. */
  readonly doc: string;
  /** The graph over inputs of these shapes; results in the order in which they are returned. */
  readonly trace: (args: readonly Tensor[]) => readonly Tensor[];
  readonly input: (name: string, shape: Shape, dtype: DType) => Tensor;
  readonly table: (host: HostTensor) => string;
  readonly where: string;
}

/** A function of tensors as Python. Throws ConfigError for what PyTorch has no function for. */
export function torchFunction({ name, args, doc, trace, input, table, where }: FunctionParts): string {
  const at = (n: number) =>
    args.map((arg) => input(arg.name, arg.perExample ? [n, ...arg.shape] : arg.shape, arg.dtype));
  const [small, large] = [at(ANY.small), at(ANY.large)];
  const [from, to] = [trace(small), trace(large)];
  const first = args.find(({ perExample }) => perExample)?.name ?? (args[0]?.name as string);
  const sources = new Map<Tensor, Expression>(
    args.map((arg, i) => [
      small[i] as Tensor,
      {
        text: arg.name,
        level: LEVEL.atom,
        shape: [...(arg.perExample ? [{ times: 1, plus: 0 }] : []), ...arg.shape],
        dtype: arg.dtype,
        number: false,
      },
    ]),
  );
  const writer = new Writer({
    ...{ batches: ANY, sources, taken: args.map((arg) => arg.name), table, where },
    ...{ examples: `${first}.shape[0]`, device: `${first}.device` },
  });
  const values = writer.write(from.map((tensor, i): Pair => [tensor, to[i] as Tensor]));
  const used = new Set(topological([...from]));
  const unused = small.every((tensor) => !used.has(tensor));
  const returned = `return ${values.map((value) => value.text).join(", ")}`;
  const body = [...(doc === "" ? [] : [`"""${doc}"""`]), ...(unused ? [] : writer.lines), returned].join("\n");
  return `def ${name}(${args.map((arg) => arg.name).join(", ")}):\n${indented(body)}`;
}
