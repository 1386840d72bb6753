import { type Fan, fanOf as fanBy, fans, type Initializer, kaimingStd } from "../init/index.ts";
import { numberText } from "./expression.ts";
import { indented, python } from "./python.ts";

interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: Initializer;
  readonly fan?: Fan | undefined;
}

interface Options extends Readonly<Record<string, unknown>> {
  readonly mode: string;
  readonly distribution: string;
}

/** How an initializer fills `p`. */
function fill({ shape, init, fan }: Parameter): string {
  const { type } = init;
  const o = init.options as unknown as Options;
  const of = (name: string) => o[name] as number;
  const { fanIn, fanOut } = fan ?? (shape.length >= 2 ? fans(shape) : { fanIn: 1, fanOut: 1 });
  const fanOf = (mode: string) => fanBy({ fanIn, fanOut } as never, mode as never);
  const normal = (std: number, mean = 0) => `normal_(p, ${numberText(mean)}, ${short(std)})`;
  const uniform = (bound: number) => `uniform_(p, ${short(-bound)}, ${short(bound)})`;
  switch (type) {
    case "constant":
      return `constant_(p, ${python(o.value)})`;
    case "dirac":
      return `dirac_(${["p", ...(o.groups === 1 ? [] : [`groups=${o.groups}`])].join(", ")})`;
    case "eye":
    case "ones":
    case "zeros":
      return `${type}_(p)`;
    case "kaimingNormal":
      return normal(kaimingStd({ fanIn, fanOut } as never, init.options as never));
    case "kaimingUniform":
      return uniform(Math.sqrt(3) * kaimingStd({ fanIn, fanOut } as never, init.options as never));
    case "lecunNormal":
      return normal(Math.sqrt(1 / fanIn));
    case "lecunUniform":
      return uniform(Math.sqrt(3 / fanIn));
    case "normal":
      return normal(of("std"), of("mean"));
    case "orthogonal":
      return `orthogonal_(${["p", ...(o.gain === 1 ? [] : [`gain=${short(of("gain"))}`])].join(", ")})`;
    case "sparse":
      return `sparse_(p, ${o.sparsity}, std=${o.std})`;
    case "truncNormal":
      return `trunc_normal_(p, ${o.mean}, ${o.std}, ${o.low}, ${o.high})`;
    case "uniform":
      return `uniform_(p, ${short(of("low"))}, ${short(of("high"))})`;
    case "varianceScaling": {
      const std = Math.sqrt(of("k") / fanOf(o.mode));
      const wider = std / 0.8796256610342398;
      if (o.distribution === "uniform") return uniform(Math.sqrt(3) * std);
      return o.distribution === "normal"
        ? normal(std)
        : `trunc_normal_(p, 0, ${short(wider)}, ${short(-2 * wider)}, ${short(2 * wider)})`;
    }
    case "xavierNormal":
      return normal(of("gain") / Math.sqrt(fanOf(o.mode)));
    case "xavierUniform":
      return uniform((of("gain") * Math.sqrt(3)) / Math.sqrt(fanOf(o.mode)));
    default:
      throw new RangeError(`no way to write init.${type}`);
  }
}

const short = (value: number): string => numberText(Number(value.toPrecision(6)));

/** A function that draws new first weights as the initializers do. */
export function torchInitial(parameters: readonly Parameter[]): string {
  const groups = new Map<string, { names: string[]; type: string }>();
  for (const parameter of parameters) {
    const line = fill(parameter);
    const key = `${line} ${parameter.init.type}`;
    const group = groups.get(key) ?? { names: [], type: parameter.init.type };
    group.names.push(parameter.name);
    groups.set(key, group);
  }
  const lines = [...groups].flatMap(([key, { names, type }]) => {
    const call = `nn.init.${key.slice(0, -type.length - 1)}`;
    const note = call.includes(type.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)) ? "" : `  # init.${type}`;
    if (names.length === 1) return [`${call.replace("(p", `(named[${python(names[0])}]`)}${note}`];
    return [
      `for name in ${names.length <= 4 ? python(names) : `(\n${indented(names.map((n) => `${python(n)},`).join("\n"))}\n)`}:`,
      `    ${call.replace("(p", "(named[name]")}${note}`,
    ];
  });
  return `def draw_weights():
    """Draws new first weights, as dlnb's initializers do: another seed, another start."""
    named = dict(model.named_parameters())
${indented(lines.join("\n"))}`;
}
