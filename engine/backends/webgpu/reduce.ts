import { type DType, sizeOf } from "../../tensor/index.ts";
import { simplify } from "../axes.ts";
import type { Phase, ReduceLaunch, View } from "../launch.ts";
import { type Address, type Place, type Value, widen, writeCode, writeStores } from "./code.ts";
import { type Extras, type Kernel, KernelBuilder, loadWord, storeWord, type Target, typeName } from "./kernel.ts";
import { indexInstructions, isVector, laneStep, type Strided, splitPosition, walk } from "./place.ts";

/** Serial: an invocation folds a whole output when there are so many outputs or so few elements per output. */
const SERIAL = {
  cpu: { outputs: 8, elements: 64, workgroup: 16 },
  gpu: { outputs: 16384, elements: 32, workgroup: 64 },
};
/** Else a workgroup folds one as a tree, and several workgroups when there are many elements per workgroup. */
const TREE = { cpu: { workgroup: 32, elements: 16384 }, gpu: { workgroup: 256, elements: 16384 } };

/** What a kernel does with its share of the elements. */
type Stage = "whole" | "partial" | "combine";

/** The kernels of a plain fold (see `isPlainFold`): one, or two when an output is shared by several workgroups. */
export function reduceKernels(launch: ReduceLaunch, target: Target, scalarWords: number, extras: Extras): Kernel[] {
  const outputs = sizeOf(launch.outer);
  const elements = sizeOf(launch.inner);
  if (outputs === 0) return [];
  const serial = outputs >= SERIAL[target].outputs || elements <= SERIAL[target].elements;
  const shares = serial ? 1 : Math.ceil(elements / TREE[target].elements);
  if (shares === 1) return [write(launch, target, scalarWords, serial, "whole", 1, elements, -1)];
  const share = Math.ceil(elements / shares / 4) * 4;
  const scratch = extras.scratch(outputs * shares * stateWords(launch));
  return [
    write(launch, target, scalarWords, false, "partial", shares, share, scratch),
    write(launch, target, scalarWords, false, "combine", shares, shares, scratch),
  ];
}

const stateWords = (launch: ReduceLaunch) =>
  onlyPhase(launch).accumulators.reduce((n, { fn }) => n + (fn === "argmax" ? 2 : 1), 0);

const onlyPhase = ({ phases }: ReduceLaunch): Phase => phases[0] as Phase;

/** An accumulator's state in the kernel: a value, and a position for argmax. */
interface State {
  readonly fn: "sum" | "max" | "argmax";
  readonly value: string;
  readonly position: string;
  readonly dtype: DType;
}

function write(
  launch: ReduceLaunch,
  target: Target,
  scalarWords: number,
  serial: boolean,
  stage: Stage,
  shares: number,
  share: number,
  scratch: number,
): Kernel {
  const { stores, epilogue, epilogueViews } = launch;
  const { code, views, accumulators } = onlyPhase(launch);
  const kernel = new KernelBuilder();
  const rank = launch.outer.length;
  const counters = indexInstructions(code);
  const lateCounters = indexInstructions(epilogue);
  const early: readonly Strided[] = [...views, ...counters];
  const late: readonly Strided[] = [...epilogueViews, ...lateCounters, ...stores.map((s) => s.view)];
  const firstStore = epilogueViews.length + lateCounters.length;
  const outer = simplify(launch.outer, [...early.map((t) => t.strides.slice(0, rank)), ...late.map((t) => t.strides)]);
  const inner = simplify(
    launch.inner,
    early.map((t) => t.strides.slice(rank)),
  );
  const outerRank = outer.shape.length;
  const innerRank = inner.shape.length;
  const placedEarly = early.map(
    (t, i): Strided => ({ offset: t.offset, strides: [...(outer.steps[i] ?? []), ...(inner.steps[i] ?? [])] }),
  );
  const placedLate = late.map((t, i): Strided => ({ offset: t.offset, strides: outer.steps[early.length + i] ?? [] }));

  // four lanes are four outputs, or four elements of one output
  const loads = placedEarly.slice(0, views.length);
  const lastOuter = outerRank - 1;
  const lastInner = outerRank + innerRank - 1;
  const onOuter =
    serial &&
    outerRank > 0 &&
    (outer.shape[lastOuter] as number) % 4 === 0 &&
    loads.some((t) => isVector(t, lastOuter));
  const onInner =
    !onOuter &&
    stage !== "combine" &&
    innerRank > 0 &&
    (inner.shape[innerRank - 1] as number) % 4 === 0 &&
    loads.some((t) => isVector(t, lastInner));
  const lanes = onOuter || onInner ? 4 : 1;
  const axis = onOuter ? lastOuter : onInner ? lastInner : -1;

  const outputs = sizeOf(outer.shape);
  const work = serial ? outputs / (onOuter ? 4 : 1) : outputs * (stage === "partial" ? shares : 1);
  const workgroup = serial ? SERIAL[target].workgroup : TREE[target].workgroup;
  const body = [`if (${serial ? "id" : "group"} >= ${kernel.int(work)}) { return; }`];
  const sharesName = stage === "whole" ? "" : kernel.int(shares);
  if (serial) body.push(`let output = id${onOuter ? " * 4" : ""};`);
  else if (stage === "partial")
    body.push(`let output = group / ${sharesName};`, `let part = group - output * ${sharesName};`);
  else body.push("let output = group;");
  body.push(...splitPosition(kernel, "output", outer.shape, "o"));
  const outerNames = outer.shape.map((_, i) => `o${i}`);
  const innerNames = inner.shape.map((_, i) => `i${i}`);

  // accumulators
  const states = accumulators.map(({ fn, value, dtype }, i): State => {
    const of = fn === "argmax" ? (code[value] as { dtype: DType }).dtype : dtype;
    return { fn, value: `s${i}`, position: `q${i}`, dtype: of };
  });
  for (const { fn, value, position, dtype } of states) {
    const lowest = dtype === "f32" ? Number.NEGATIVE_INFINITY : dtype === "i32" ? -(2 ** 31) : 0;
    const type = typeName(dtype, lanes === 4);
    body.push(`var ${value} = ${type}(${kernel.constant(fn === "sum" ? 0 : lowest, dtype)});`);
    if (fn === "argmax") body.push(`var ${position} = ${typeName("i32", lanes === 4)}(0x7fffffff);`);
  }

  if (stage === "combine") {
    const memory = kernel.bind(scratch, "u32");
    body.push(
      `for (var e = lane; e < ${sharesName}; e += ${workgroup}) {`,
      `let base = (output * ${sharesName} + e) * ${stateWords(launch)};`,
      ...loadStates(states, (word, dtype) => loadWord(memory, `base + ${word}`, dtype)),
      ...states.map((s) => fold(s, "n")),
      "}",
    );
  } else {
    const bases = placedEarly.map((thing, i) => {
      body.push(`let a${i} = ${walk(kernel, kernel.int(thing.offset), outerNames, thing.strides)};`);
      return `a${i}`;
    });
    const addresses = placedEarly.map((thing, i): Address => {
      const strides = thing.strides.slice(outerRank);
      const at = walk(kernel, bases[i] as string, innerNames, strides);
      const lane = lanes === 4 ? laneStep(kernel, thing, axis) : "same";
      const moves = strides.some((s) => s !== 0);
      if (lane !== "next") return { at, lane, moves };
      body.push(`let d${i} = a${i} / 4;`);
      const others = strides.map((s, inAxis) => (onInner && inAxis === innerRank - 1 ? 0 : s / 4));
      const along = onInner ? ` + ${innerNames.at(-1)} / 4` : "";
      return { at, lane, vector: `${walk(kernel, `d${i}`, innerNames, others)}${along}`, moves };
    });
    const places = views.map((view, i) => bindAt(kernel, view, addresses[i] as Address, false));
    const indices = new Map(counters.map((instr, i) => [code.indexOf(instr), addresses[views.length + i] as Address]));
    // epilogue views may be in the same buffers, so they are bound before any text refers to a binding
    const text = () => writeCode(kernel, code, { name: "v", lanes, places, indices });
    declareLate(kernel, launch, onOuter ? placedLate : [], lastOuter, stage);
    const { before, body: statements, values } = text();
    body.push(...before);
    const sizes = inner.shape.map((size) => kernel.int(size));
    const stepLast = onInner ? 4 : 1;
    const position = states.some((s) => s.fn === "argmax")
      ? [
          `let at = ${innerNames.length ? innerNames.reduce((sum, name, i) => (i === 0 ? name : `(${sum}) * ${sizes[i]} + ${name}`)) : "0"};`,
        ]
      : [];
    const update = [
      ...statements,
      ...position,
      ...states.flatMap((s, i) => {
        const value = values[(accumulators[i] as { value: number }).value] as Value;
        const raw = lanes === 4 ? widen(value) : value.name;
        const name = value.dtype === s.dtype ? raw : `${typeName(s.dtype, lanes === 4)}(${raw})`;
        const where = onInner ? "vec4i(at) + vec4i(0, 1, 2, 3)" : lanes === 4 ? "vec4i(at)" : "at";
        return [foldInto(s, name, where, lanes)];
      }),
    ];
    if (serial) {
      const heads = innerNames.map(
        (name, i) => `for (var ${name} = 0; ${name} < ${sizes[i]}; ${name} += ${i === innerRank - 1 ? stepLast : 1}) {`,
      );
      body.push(...heads, ...update, ...heads.map(() => "}"));
    } else {
      const elements = kernel.int(sizeOf(inner.shape));
      const first = stage === "partial" ? `part * ${kernel.int(share)}` : "0";
      const end = stage === "partial" ? `min(${elements}, first + ${kernel.int(share)})` : elements;
      body.push(
        `let first = ${first};`,
        `let end = ${end};`,
        `for (var e = first + lane * ${stepLast}; e < end; e += ${workgroup * stepLast}) {`,
        ...splitPosition(kernel, "e", inner.shape, "i"),
        ...update,
        "}",
      );
    }
  }

  // four lanes of one output become one
  if (onInner) {
    for (const s of states) {
      body.push(`var h${s.value} = ${s.value}.x;`);
      if (s.fn === "argmax") body.push(`var h${s.position} = ${s.position}.x;`);
      for (const lane of ["y", "z", "w"]) {
        body.push(
          merge(
            { ...s, value: `h${s.value}`, position: `h${s.position}` },
            `${s.value}.${lane}`,
            `${s.position}.${lane}`,
          ),
        );
      }
    }
  }
  const single = states.map((s): State => (onInner ? { ...s, value: `h${s.value}`, position: `h${s.position}` } : s));
  const globals: string[] = [];
  if (!serial) {
    for (const s of states) {
      globals.push(`var<workgroup> w${s.value}: array<${s.dtype}, ${workgroup}>;`);
      if (s.fn === "argmax") globals.push(`var<workgroup> w${s.position}: array<i32, ${workgroup}>;`);
    }
    const put = states.flatMap((s, i) => [
      `w${s.value}[lane] = ${(single[i] as State).value};`,
      ...(s.fn === "argmax" ? [`w${s.position}[lane] = ${(single[i] as State).position};`] : []),
    ]);
    body.push(
      ...put,
      "workgroupBarrier();",
      `for (var half = ${workgroup / 2}; half > 0; half /= 2) {`,
      "if (lane < half) {",
      ...states.map((s, i) => {
        const own = single[i] as State;
        return merge(own, `w${s.value}[lane + half]`, `w${s.position}[lane + half]`);
      }),
      ...put,
      "}",
      "workgroupBarrier();",
      "}",
      "if (lane != 0) { return; }",
    );
  }
  if (stage === "partial") {
    const memory = kernel.bind(scratch, "u32", { write: true });
    let word = 0;
    body.push(`let to = group * ${stateWords(launch)};`);
    for (const s of single) {
      body.push(storeWord(memory, `to + ${word++}`, s.value, s.dtype));
      if (s.fn === "argmax") body.push(storeWord(memory, `to + ${word++}`, s.position, "i32"));
    }
    return kernel.finish({
      label: launch.label,
      body,
      workgroups: work,
      workgroupSize: workgroup,
      scalarWords,
      globals,
    });
  }

  // epilogue
  const lateLanes = onOuter ? 4 : 1;
  const results = states.map((s, i): Value => {
    const own = single[i] as State;
    if (s.fn !== "argmax") return { name: own.value, dtype: s.dtype, wide: onOuter, moves: false };
    const none = onOuter ? "vec4i(0x7fffffff)" : "0x7fffffff";
    body.push(`let r${i} = select(${own.position}, ${typeName("i32", onOuter)}(0), ${own.position} == ${none});`);
    return { name: `r${i}`, dtype: "i32", wide: onOuter, moves: false };
  });
  const lateAddresses = placedLate.map((thing, i): Address => {
    body.push(`let f${i} = ${walk(kernel, kernel.int(thing.offset), outerNames, thing.strides)};`);
    const lane = onOuter ? laneStep(kernel, thing, lastOuter) : "same";
    return lane === "next"
      ? { at: `f${i}`, lane, vector: `f${i} / 4`, moves: false }
      : { at: `f${i}`, lane, moves: false };
  });
  const latePlaces = epilogueViews.map((view, i) => bindAt(kernel, view, lateAddresses[i] as Address, false));
  const targets = stores.map(({ view }, i) => bindAt(kernel, view, lateAddresses[firstStore + i] as Address, true));
  const lateIndices = new Map(
    lateCounters.map((instr, i) => [epilogue.indexOf(instr), lateAddresses[epilogueViews.length + i] as Address]),
  );
  const end = writeCode(kernel, epilogue, {
    name: "e",
    lanes: lateLanes,
    places: latePlaces,
    indices: lateIndices,
    accumulators: results,
  });
  body.push(...end.before, ...end.body, ...writeStores(kernel, stores, targets, end.values, lateLanes));
  const workgroups = serial ? Math.ceil(work / workgroup) : work;
  return kernel.finish({ label: launch.label, body, workgroups, workgroupSize: workgroup, scalarWords, globals });
}

function bindAt(kernel: KernelBuilder, view: View, address: Address, isWrite: boolean): Place {
  const binding = kernel.bind(view.buffer, view.dtype, { write: isWrite, vector: address.lane === "next" });
  return { ...address, binding, dtype: view.dtype };
}

/** Binds what the end of the kernel will use, so that text before it knows how the buffers are bound. */
function declareLate(
  kernel: KernelBuilder,
  launch: ReduceLaunch,
  placed: readonly Strided[],
  axis: number,
  stage: Stage,
): void {
  if (stage !== "whole") return;
  const { epilogueViews, epilogue, stores } = launch;
  const counters = indexInstructions(epilogue).length;
  const declare = (view: View, i: number, isWrite: boolean) => {
    const thing = placed[i];
    kernel.bind(view.buffer, view.dtype, { write: isWrite, vector: thing !== undefined && isVector(thing, axis) });
  };
  epilogueViews.forEach((view, i) => {
    declare(view, i, false);
  });
  stores.forEach(({ view }, i) => {
    declare(view, epilogueViews.length + counters + i, true);
  });
}

/** Folds an element in; `where` is its position. */
function foldInto(s: State, value: string, where: string, lanes: 1 | 4): string {
  if (s.fn === "sum") return `${s.value} += ${value};`;
  if (s.fn === "max") return `${s.value} = ${greater(s, value, lanes)};`;
  const better = s.dtype === "f32" ? `better_${lanes}(${value}, ${s.value})` : `(${value} > ${s.value})`;
  return `{ let better = ${better}; ${s.value} = select(${s.value}, ${value}, better); ${s.position} = select(${s.position}, ${where}, better); }`;
}

const greater = (s: State, value: string, lanes: 1 | 4) =>
  s.dtype === "f32" ? `max_${lanes}(${s.value}, ${value})` : `max(${s.value}, ${value})`;

/** Folds another share's state in, one lane: of equal maxima the earlier position stays. */
function merge(s: State, value: string, position: string): string {
  if (s.fn !== "argmax") return foldInto(s, value, "", 1);
  const better = s.dtype === "f32" ? `better_1(${value}, ${s.value})` : `(${value} > ${s.value})`;
  const worse = s.dtype === "f32" ? `better_1(${s.value}, ${value})` : `(${s.value} > ${value})`;
  return `if (${better} | (!${worse} & (${position} < ${s.position}))) { ${s.value} = ${value}; ${s.position} = ${position}; }`;
}

/** Reads the words of partial states into `n0`, `np0` ... */
function loadStates(states: readonly State[], read: (word: number, dtype: DType) => string): string[] {
  let word = 0;
  return states.flatMap((s, i) => [
    `let n${i} = ${read(word++, s.dtype)};`,
    ...(s.fn === "argmax" ? [`let np${i} = ${read(word++, "i32")};`] : []),
  ]);
}

const fold = (s: State, name: string): string => merge(s, `${name}${s.value.slice(1)}`, `${name}p${s.value.slice(1)}`);
