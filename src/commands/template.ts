/** What a new notebook holds: something that trains as it stands. */
export const template = {
  prose: `# A new experiment

Describe the data, the model and how it is trained in one cell, then train it in the next.
The learning curve moves while it trains; the stop button stops within a step.`,

  definition: `const xs = Array.from({ length: 512 }, (_, i) => (i / 512) * 6 - 3);
const wave = data.tensors({ x: tensor(xs.map((x) => [x])), y: tensor(xs.map((x) => Math.sin(2 * x))) });
const exp = experiment({
  data: wave.split({ valid: 0.2, seed: 1 }),
  model: nn.sequential(nn.linear(32), nn.tanh(), nn.linear(32), nn.tanh(), nn.linear(1)),
  loss: loss.mse(),
  optimizer: optim.adam({ lr: 1e-2 }),
  batchSize: 32, seed: 1,
});`,

  training: "const run = await exp.fit({ epochs: 60 });",
};
