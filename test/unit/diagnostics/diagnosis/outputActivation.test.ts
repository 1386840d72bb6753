import { expect, test } from "vitest";
import { data } from "../../../../engine/data/index.ts";
import { outputActivation } from "../../../../engine/diagnostics/diagnosis/rules/outputActivation.ts";
import { globals } from "../../../../engine/library.ts";
import { Experiment } from "../../../../engine/session/index.ts";
import { HostTensor } from "../../../../engine/tensor/index.ts";

const { nn, loss, optim } = globals;
const N = 8;
const x = new HostTensor(
  [N, 2],
  "f32",
  Float32Array.from({ length: 2 * N }, (_, i) => i / N),
);
const y = new HostTensor(
  [N],
  "i32",
  Int32Array.from({ length: N }, (_, i) => i % 2),
);

/** What the rule says of a last layer before a loss of yes or no. */
function said(last: ReturnType<typeof nn.sigmoid> | null, own: ReturnType<typeof loss.bce>): string | undefined {
  const model = last ? nn.sequential(nn.linear(1), last) : nn.sequential(nn.linear(1));
  const experiment = new Experiment({
    data: data.tensors({ x, y }),
    model,
    loss: own,
    optimizer: optim.sgd({ lr: 0.1 }),
    batchSize: 4,
  });
  return outputActivation.judge({ experiment, ran: false } as never)?.saw;
}

test("a sigmoid before a loss that applies one is found, with the least that it costs by hand: log(1 + e^0)", () => {
  expect(said(nn.sigmoid(), loss.bceWithLogits() as never)).toBe(
    "the last layer is sigmoid, with outputs from 0 to 1; loss.bceWithLogits() applies a sigmoid of its own: a yes or a no costs at least 0.693, however sure the network is",
  );
  expect(said(null, loss.bceWithLogits() as never)).toBeUndefined();
});

test("a loss of probabilities without them is found", () => {
  expect(said(null, loss.bce())).toContain("loss.bce() takes what nn.sigmoid() gives");
  expect(said(nn.tanh() as never, loss.bce())).toContain("the last layer is tanh");
  expect(said(nn.sigmoid(), loss.bce())).toBeUndefined();
});
