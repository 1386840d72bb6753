import { END, PAD, PairsDataset, START, tokensOf } from "../../data/index.ts";
import { ConfigError } from "../../errors/index.ts";
import { traceModel } from "../../nn/index.ts";
import * as ops from "../../ops/index.ts";
import { int, optional, required, value } from "../../params/index.ts";
import { buildPlan } from "../../plan/index.ts";
import { translationPlot } from "../../plots/translation.ts";
import { evaluationBatch } from "../../session/evaluationBatches.ts";
import { bufferWords, modelInputs, type StepConfig } from "../../session/forward.ts";
import { type HostTensor, show } from "../../tensor/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { onParam, type Part, partOf } from "../evaluation/parts.ts";
import { measured, Progress, showChart } from "../showing.ts";

export interface Translation {
  readonly source: string;
  /** What the model wrote. */
  readonly written: string;
  /** What the data say; null for a source of one's own. */
  readonly target: string | null;
  /** Whether the two are equal; null without a target. */
  readonly right: boolean | null;
}

export interface Translations {
  readonly pairs: readonly Translation[];
  /** Share of the targets that were written without a mistake; null where there are none. */
  readonly accuracy: number | null;
  /** And how many of each length of the source, in tokens; empty where there are no targets. */
  readonly byLength: readonly { readonly length: number; readonly count: number; readonly right: number }[];
}

/** Pairs that are printed at most. */
const SHOWN = 12;

export const translate = defineDiagnostic({
  summary:
    "What an encoder-decoder model writes: it begins with <start> and takes the likeliest token after the other (greedily) until <end>.",
  paper: "Sutskever, Vinyals & Le 2014, arXiv:1409.3215, section 3.2 with a beam of one",
  params: {
    sources: optional(
      value<readonly string[], typeof required>(
        required,
        {
          type: "readonly string[]",
          noun: 'texts, as ["abc", "hello"]',
          accepts: (given) => Array.isArray(given) && given.length > 0 && given.every((s) => typeof s === "string"),
        },
        "What it reads; examples of the data when not given.",
      ),
    ),
    on: onParam,
    examples: int(100, "[1, inf)", "Examples of the data that it reads, evenly over the part."),
  },
  of: ["run", "experiment"],
  inspects: false,
  cost: "a forward pass over all sources for each token of the longest target",
  measure: async (subject, { sources, on, examples }, context): Promise<Translations> => {
    const { train } = subject.experiment.splits;
    if (!(train instanceof PairsDataset)) {
      throw new ConfigError(`translate: ${train.name} has no pairs; train on data.pairs([["abc", "cba"], ...])`);
    }
    const given = sources ? { part: "", texts: sources, targets: undefined } : pairsOf(partOf(subject, on), examples);
    const x = train.encode(given.texts);
    const most = Math.min(given.texts.length, evaluationBatch(subject.config.model));
    const progress = new Progress(context, { total: given.texts.length, unit: "sequences", message: "translating" });
    const written: string[] = [];
    await subject.onDevice(context, async (device) => {
      for (let from = 0; from < given.texts.length && !progress.stopped; from += most) {
        const batch = Math.min(most, given.texts.length - from);
        const program = await device.program(`translate ${batch}`, (max) =>
          nextTokens(subject.config, train, batch, max),
        );
        const next = async (tokens: Int32Array, place: number): Promise<Float64Array> => {
          device.write(bufferOf(batch), tokens);
          const rows = await program.run([{ hyper: { place }, cursor: 0, noiseSeed: 0, noiseStep: 0 }]);
          return rows.next as Float64Array;
        };
        const rows = Array.from({ length: batch }, (_, i) => from + i);
        for (const tokens of await greedy(x.rows(rows), train, next)) written.push(train.decode(tokens));
        progress.at(written.length);
      }
    });
    const pairs = written.map((text, i): Translation => {
      const target = given.targets?.[i] ?? null;
      return {
        source: given.texts[i] as string,
        written: text,
        target,
        right: target === null ? null : target === text,
      };
    });
    const right = pairs.filter((pair) => pair.right).length;
    const accuracy = given.targets && pairs.length ? right / pairs.length : null;
    const values = { pairs, accuracy, byLength: given.targets ? byLength(pairs, train) : [] };
    if (accuracy !== null) {
      showChart(context, translationPlot, { name: subject.name, part: given.part, byLength: values.byLength });
    }
    return measured(values, report(values));
  },
});

const bufferOf = (batch: number): string => `translated ${batch}`;

/** Sources and targets of so many examples, evenly over the set. Throws ConfigError for other data than pairs. */
function pairsOf({ name: part, set }: Part, examples: number): { part: string; texts: string[]; targets: string[] } {
  if (!(set instanceof PairsDataset)) throw new ConfigError("translate: on must be pairs, as from data.pairs([...])");
  const count = Math.min(examples, set.size);
  const pairs = Array.from({ length: count }, (_, i) => set.pair(Math.floor((i * set.size) / count)));
  return { part, texts: pairs.map(([source]) => source), targets: pairs.map(([, target]) => target) };
}

/** Tokens of every row up to <end>, one place after the other. */
async function greedy(
  x: HostTensor,
  { sourceLength, targetLength }: PairsDataset,
  next: (tokens: Int32Array, place: number) => Promise<Float64Array>,
): Promise<number[][]> {
  const [count, width] = x.shape as [number, number];
  const tokens = Int32Array.from(x.data);
  const written = Array.from({ length: count }, (): number[] => []);
  const done = new Set<number>();
  for (let place = 0; place < targetLength && done.size < count; place++) {
    const found = await next(tokens, place);
    for (const [i, row] of written.entries()) {
      if (done.has(i)) continue;
      row.push(found[i] as number);
      if (found[i] === END) done.add(i);
      else if (place + 1 < targetLength) tokens[i * width + sourceLength + place + 1] = found[i] as number;
    }
  }
  return written;
}

/** The likeliest token of every example at one place of the target; <pad> and <start> are never written. */
function nextTokens(config: StepConfig, data: PairsDataset, batch: number, maxBuffersPerLaunch: number) {
  const { parameters, buffers, places } = modelInputs(config);
  const { sourceLength, targetLength, vocabulary } = data;
  const width = sourceLength + targetLength;
  places.example = { buffer: bufferOf(batch), offset: 0 };
  const zero = ops.constant(0, [], "u32");
  const { output } = traceModel(config.model.layer, ops.input("example", [batch, width], "i32"), {
    ...{ parameters, buffers },
    ...{ training: false, seed: zero, step: zero },
  });
  const classes = vocabulary.tokens.length;
  if (output.rank !== 3 || output.shape[1] !== targetLength || (output.shape[2] as number) < classes) {
    throw new ConfigError(
      `translate: the model gives ${show(output.shape)}, not [${batch}, ${targetLength}, ${classes}]: scores of the next token at every place of the target`,
    );
  }
  const least = Math.max(PAD, START) + 1;
  const scores = ops.gather(ops.permute(output, [1, 0, 2]), ops.scalar("place", "i32"));
  return buildPlan({
    label: "likeliest next token",
    buffers: { ...bufferWords(config), [bufferOf(batch)]: batch * width },
    inputs: places,
    stages: [{ rows: [{ name: "next", value: ops.add(ops.argmax(ops.slice(scores, 1, least, classes), 1), least) }] }],
    maxBuffersPerLaunch,
  });
}

function byLength(pairs: readonly Translation[], { vocabulary }: PairsDataset): Translations["byLength"] {
  const lengths = new Map<number, { length: number; count: number; right: number }>();
  for (const { source, right } of pairs) {
    const length = tokensOf(source, vocabulary.unit).length;
    const entry = lengths.get(length) ?? { length, count: 0, right: 0 };
    lengths.set(length, { length, count: entry.count + 1, right: entry.right + Number(right) });
  }
  return [...lengths.values()].sort((a, b) => a.length - b.length);
}

function report({ pairs, accuracy }: Pick<Translations, "pairs" | "accuracy">): string {
  const wide = (of: (pair: Translation) => string) => Math.max(...pairs.slice(0, SHOWN).map((pair) => of(pair).length));
  const [source, written] = [wide((p) => p.source), wide((p) => p.written)];
  const lines = pairs.slice(0, SHOWN).map((p) => {
    const verdict = p.right === null ? "" : p.right ? "   right" : `   wrong: ${p.target}`;
    return `  ${p.source.padEnd(source)}  ->  ${p.written.padEnd(written)}${verdict}`.trimEnd();
  });
  const share =
    accuracy === null ? [] : [`${(100 * accuracy).toFixed(1)} % of ${pairs.length} written without a mistake`];
  return [...share, ...lines].join("\n");
}
