import { type Launch, MAX_STEPS_PER_SUBMIT, type PlanBuffer } from "../backends/launch.ts";
import { topological } from "../ops/order.ts";
import { within } from "../ops/part.ts";
import { Tensor } from "../ops/tensor.ts";
import { sizeOf } from "../tensor/index.ts";
import { squeeze } from "./aligned.ts";
import { type Draft, draftLaunches, type StageRoots, type Target } from "./drafts.ts";
import { emitDraft, type Surroundings } from "./emit.ts";
import type { Location } from "./emitter.ts";
import { withFreshInputs } from "./fresh.ts";
import { clashes } from "./hazards.ts";
import { renumber, type Scratch, shareBuffers } from "./memory.ts";
import type { BuiltPlan, PlanRequest } from "./request.ts";
import { rewrite } from "./rewrite.ts";
import { chooseStored } from "./stored.ts";

/**
 * Turns the values of a step into a plan: rewrite, choose what is stored, group into launches, emit their code, share
 * scratch memory. Same request, same plan, to the last number.
 */
export function buildPlan(given: PlanRequest): Omit<BuiltPlan, "structure" | "literals"> {
  const request = { ...given, stages: withFreshInputs(given) };
  const names = Object.keys(request.buffers);
  const numberOf = (buffer: string): number => {
    const i = names.indexOf(buffer);
    if (i < 0) throw new Error(`plan ${request.label}: no buffer "${buffer}"`);
    return i;
  };
  const rows = placeRows(request.stages.flatMap((s) => [...(s.rows ?? [])]));
  const rewritten = rewrite(
    request.stages.flatMap((s) => [...(s.stores ?? []), ...(s.rows ?? [])].map((r) => r.value)),
  );
  const now = (t: Tensor): Tensor => rewritten.get(t) as Tensor;
  let row = 0;
  const stages: StageRoots[] = request.stages.map((stage) => ({
    roots: [
      ...(stage.rows ?? []).map((r) => ({
        node: flatSource(now(r.value)),
        target: { kind: "row", word: rows.places[row++]?.offset } as Target,
      })),
      ...(stage.stores ?? []).map((s) => ({
        node: s.pitch === undefined ? flatSource(now(s.value)) : now(s.value),
        target: { ...placeOf(s), kind: "buffer", buffer: numberOf(s.buffer) } as Target,
      })),
    ],
  }));
  const rootNodes = stages.flatMap((s) => s.roots.map((r) => r.node));
  const launchOf = new Map(
    stages.flatMap(({ roots }, i) => roots.map(({ node }) => [node, `stage ${i}, ${squeeze(node.shape)}`] as const)),
  );
  const { stored, costs } = chooseStored(launchOf, request.maxBuffersPerLaunch);

  const scalars: { name: string; slot: number; dtype: Tensor["dtype"]; attrs: Tensor["attrs"] }[] = [];
  const slots = new Map<string, number>();
  for (const t of topological(rootNodes)) {
    if (!t.attrs.scalar) continue;
    const name = t.attrs.name as string;
    if (slots.has(name)) continue;
    slots.set(name, scalars.length + 1);
    scalars.push({ name, slot: scalars.length + 1, dtype: t.dtype, attrs: t.attrs });
  }
  const inputAt = (t: Tensor): Location => {
    const name = t.attrs.name as string;
    const bound = request.inputs[name];
    if (!bound) throw new Error(`plan ${request.label}: input "${name}" is not bound to a buffer`);
    return { buffer: numberOf(bound.buffer), offset: bound.offset };
  };

  const firstScratch = names.length + 1;
  const ring = { buffer: names.length, words: rows.words };
  const made = emitStages(stages, stored, costs, request, inputAt, slots, ring, firstScratch);

  const { slotOf, words } = shareBuffers(made.launches, made.scratch);
  const hasRows = rows.words > 0;
  const base = names.length + (hasRows ? 1 : 0);
  const to = (b: number): number => (b < firstScratch ? b : base + (slotOf.get(b) as number));
  const buffers: PlanBuffer[] = names.map((name) => ({ name, words: request.buffers[name] as number }));
  if (hasRows) buffers.push({ words: rows.words * (request.maxSteps ?? MAX_STEPS_PER_SUBMIT) });
  for (const w of words) buffers.push({ words: w });
  return {
    plan: {
      label: request.label,
      buffers,
      launches: made.launches.map((l) => renumber(l, to)),
      scalarWords: scalars.length + 1,
      rowWords: rows.words,
      rows: hasRows ? names.length : -1,
    },
    scalars,
    rows: rows.places,
  };
}

/** Rows one after the other; those of several words start and end on multiples of four, so that vectors never straddle. */
function placeRows(rows: readonly { name: string; value: Tensor }[]): { places: BuiltPlan["rows"]; words: number } {
  let words = 0;
  const upTo4 = (n: number) => Math.ceil(n / 4) * 4;
  const places = rows.map(({ name, value: { dtype, size } }) => {
    const offset = size > 1 ? upTo4(words) : words;
    words = offset + (size > 1 ? upTo4(size) : size);
    return { name, dtype, offset, size };
  });
  return { places, words: places.some(({ size }) => size > 1) ? upTo4(words) : words };
}

const placeOf = ({ offset, pitch }: { readonly offset: number; readonly pitch?: number }) =>
  pitch === undefined ? { offset } : { offset, pitch };

/** What is stored row-major is the same words in every shape. */
function flatSource(t: Tensor): Tensor {
  let source = t;
  while (source.op === "reshape") source = source.inputs[0] as Tensor;
  return source;
}

/**
 * Emits all stages. A value that overwrites what its stage still reads goes to scratch memory first and is copied at
 * the end of the stage: the stages are emitted again until no write clashes.
 */
function emitStages(
  stages: readonly StageRoots[],
  stored: ReadonlySet<Tensor>,
  costs: ReadonlyMap<Tensor, number>,
  request: PlanRequest,
  inputAt: (t: Tensor) => Location,
  slots: ReadonlyMap<string, number>,
  rows: Surroundings["rows"],
  firstScratch: number,
): { launches: Launch[]; scratch: Scratch[] } {
  const late = new Set<Target>();
  for (;;) {
    const drafts = draftLaunches(
      stages.flatMap((stage) => deferred(stage, late)),
      new Set([...stored, ...stages.flatMap((s) => deferred(s, late)[0].computes)]),
      (t) => inputAt(t).buffer,
      request.maxBuffersPerLaunch,
    );
    const { launches, scratch, ranges } = emitDrafts(
      ...([drafts, costs, inputAt, slots, rows, firstScratch] as const),
      request.maxBuffersPerLaunch,
    );
    const clashing = clashes(launches, ranges, drafts, rows.buffer);
    if (clashing.every((t) => late.has(t))) return { launches, scratch };
    for (const t of clashing) late.add(t);
  }
}

/** A stage as two: values that are written late are computed in the first and copied in the second. */
function deferred(stage: StageRoots, late: ReadonlySet<Target>) {
  const isLate = (r: StageRoots["roots"][number]) => late.has(r.target);
  const copied = stage.roots.filter(isLate).map((r) => ({ ...r, node: ownValue(r.node) }));
  return [
    { roots: stage.roots.filter((r) => !isLate(r)), computes: copied.map((r) => r.node) },
    { roots: copied, computes: [] },
  ] as const;
}

const copies = new WeakMap<Tensor, Tensor>();

/** An input that must outlive the words it lies in gets a value of its own. */
function ownValue(node: Tensor): Tensor {
  if (node.op !== "input") return node;
  const make = () => new Tensor("reshape", [node], { shape: node.shape }, node.shape, node.dtype);
  const copy = copies.get(node) ?? within(node.part, make);
  copies.set(node, copy);
  return copy;
}

/** Cost (see stored.ts) of an element up to which a later phase of a launch rather computes it again than loads it. */
const CHEAP = 4;

/** Code for every draft; `ranges[i]` are the launches of draft i. */
function emitDrafts(
  drafts: readonly Draft[],
  costs: ReadonlyMap<Tensor, number>,
  inputAt: (t: Tensor) => Location,
  slots: ReadonlyMap<string, number>,
  rows: Surroundings["rows"],
  firstScratch: number,
  maxBuffers: number,
): { launches: Launch[]; scratch: Scratch[]; ranges: { from: number; to: number }[] } {
  const home = new Map<Tensor, Draft>();
  for (const d of drafts) for (const t of d.computed.keys()) if (!home.has(t)) home.set(t, d);
  const readAgain = new Set<Tensor>();
  for (const d of drafts) {
    for (const t of d.reads) if (home.get(t) !== d) readAgain.add(t);
    for (const t of d.revisited) if ((costs.get(t) ?? 0) > CHEAP) readAgain.add(t);
  }
  const scratch: Scratch[] = [];
  const memory = new Map<Tensor, Location>();
  for (const t of readAgain) {
    if (t.op === "input") continue;
    const id = firstScratch + scratch.length;
    scratch.push({ id, words: Math.max(1, sizeOf(t.shape)) });
    memory.set(t, { buffer: id, offset: 0 });
  }
  const launches: Launch[] = [];
  const ranges = drafts.map((draft) => {
    const from = launches.length;
    launches.push(
      ...emitDraft(draft, {
        locate: (t) => {
          if (t.op !== "input") return memory.get(t);
          return t.attrs.scalar ? { slot: slots.get(t.attrs.name as string) as number } : inputAt(t);
        },
        scratch: (t) => (home.get(t) === draft ? memory.get(t) : undefined),
        rows,
        maxBuffers,
      }),
    );
    return { from, to: launches.length };
  });
  return { launches, scratch, ranges };
}
