import { TextDataset } from "../../data/index.ts";
import { ConfigError } from "../../errors/index.ts";
import { traceModel } from "../../nn/index.ts";
import * as ops from "../../ops/index.ts";
import { int, num, optional, required, text } from "../../params/index.ts";
import { buildPlan } from "../../plan/index.ts";
import { uniform } from "../../random/index.ts";
import { bufferWords, modelInputs, type StepConfig } from "../../session/forward.ts";
import { show } from "../../tensor/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, Progress } from "../showing.ts";

export interface Generated {
  readonly prompt: string;
  /** What the model wrote after the prompt. */
  readonly text: string;
}

/** Stream of the draws, apart from those of training. */
const STREAM = 0x5eed0003;

export const generate = defineDiagnostic({
  summary:
    "Text from a model of characters: each is drawn from what the model says may follow, and read with the next.",
  params: {
    prompt: text(
      "",
      "What the text begins with; a line break when empty, or the first character of the data where it has none.",
    ),
    length: int(300, "[1, 100000]", "Characters to write."),
    temperature: num(
      1,
      "[0, inf)",
      "Scores are divided by it: below 1 likely characters get likelier, at 0 the likeliest is taken.",
    ),
    topK: optional(int(required, "[1, inf)", "Only so many of the likeliest characters are drawn from.")),
    seed: int(0, "[0, 4294967295]", "Draws the characters."),
  },
  of: ["run", "experiment"],
  inspects: false,
  cost: "a forward pass of one example for each character",
  measure: async (subject, { prompt: given, length, temperature, topK, seed }, context): Promise<Generated> => {
    const { train } = subject.experiment.splits;
    if (!(train instanceof TextDataset)) {
      throw new ConfigError(`generate: ${train.name} is no text; train on data.text("poems.txt", { context: 64 })`);
    }
    const { classes = [], context: places } = train;
    const prompt = given || (classes.includes("\n") ? "\n" : (classes[0] as string));
    const tokens = [...train.encode(prompt).data];
    const begins = tokens.length;
    const draws = uniform(seed, STREAM, length);
    const progress = new Progress(context, { total: length, unit: "characters", message: "writing" });
    await subject.onDevice(context, async (device) => {
      const program = await device.program("generate", (max) =>
        lastScores(subject.config, places, classes.length, max),
      );
      for (let i = 0; i < length && !progress.stopped; i++) {
        const seen = tokens.slice(-places);
        // what follows the last place is not looked at by a causal model
        device.write(
          EXAMPLE,
          Int32Array.from({ length: places }, (_, t) => seen[t] ?? 0),
        );
        const rows = await program.run([{ hyper: { place: seen.length - 1 }, cursor: 0, noiseSeed: 0, noiseStep: 0 }]);
        const scores = (rows.scores as Float64Array).subarray(0, classes.length);
        tokens.push(drawn(scores, temperature, topK ?? classes.length, draws[i] as number));
        progress.at(i + 1);
      }
    });
    const written = train.decode(tokens.slice(begins));
    return measured({ prompt, text: written }, `${given}${written}`);
  },
});

const EXAMPLE = "generate example";

/** The model's scores at one place of one example. */
function lastScores(config: StepConfig, places: number, classes: number, maxBuffersPerLaunch: number) {
  const { parameters, buffers, places: at } = modelInputs(config);
  at.example = { buffer: EXAMPLE, offset: 0 };
  const zero = ops.constant(0, [], "u32");
  const { output } = traceModel(config.model.layer, ops.input("example", [1, places], "i32"), {
    ...{ parameters, buffers },
    ...{ training: false, seed: zero, step: zero },
  });
  const { dim = null } = config.loss.options as { readonly dim?: number | null };
  const last = output.rank === 3 && (dim === null || dim === -1 || dim === 2);
  if (!last || output.shape[1] !== places || (output.shape[2] as number) < classes) {
    throw new ConfigError(
      `generate: the model gives ${show(output.shape)}, not [1, ${places}, ${classes}]: scores of the next character at every place`,
    );
  }
  return buildPlan({
    label: "scores of the next character",
    buffers: { ...bufferWords(config), [EXAMPLE]: places },
    inputs: at,
    stages: [
      {
        rows: [
          { name: "scores", value: ops.gather(ops.reshape(output, output.shape.slice(1)), ops.scalar("place", "i32")) },
        ],
      },
    ],
    maxBuffersPerLaunch,
  });
}

/** The class whose share of softmax(scores / temperature), over the `most` likeliest, `u` in [0, 1) falls into. */
function drawn(scores: Float64Array, temperature: number, most: number, u: number): number {
  const order = Array.from(scores, (_, c) => c).sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
  const [top = 0] = order;
  if (temperature === 0) return top;
  const kept = order.slice(0, most);
  const powers = kept.map((c) => Math.exp(((scores[c] as number) - (scores[top] as number)) / temperature));
  let left = u * powers.reduce((a, b) => a + b, 0);
  for (const [i, power] of powers.entries()) {
    left -= power;
    if (left < 0) return kept[i] as number;
  }
  return kept.at(-1) as number;
}
