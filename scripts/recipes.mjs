// Pieces of work that belong to no registry: loops, checks and studies that one writes again and again. Each runs in a cell as it comes.

const moons = `data: data.moons({ n: 400, noise: 0.2, seed: 1 }).split({ valid: 0.2, seed: 1 }),
	model: nn.sequential(nn.linear(16), nn.relu(), nn.linear(2)),
	loss: loss.crossEntropy(), metrics: [metrics.accuracy()],`;

/** By name: what is typed for it, what it is, and the body of the snippet. */
export const recipes = {
  lambdaLoop: [
    ["training-loop", "lambda-lr"],
    "An experiment trained with a rate that a function of the epoch gives: 0.65 times it every ten epochs.",
    `const moons = experiment({
	${moons}
	optimizer: optim.sgd({ lr: \${1:0.1} }), batchSize: 32, seed: 1,
});
const decayed = await moons.fit({
	epochs: \${2:100},
	schedule: schedule.lambda((epoch) => \${3:0.65} ** Math.floor(epoch / \${4:10}), { per: "epoch" }),
});`,
  ],
  earlyStoppingLoop: [
    ["early-stopping-loop"],
    "Early stopping by hand, over tensors: ends when the validation loss has not improved for `patience` epochs, and keeps the best weights.",
    `{
	const { train, valid } = data.friedman({ n: 300, seed: 1 }).split({ valid: 0.3, seed: 1 }).transform(data.standardize());
	let w = tensor.zeros([10, 1]);
	const lossOf = (set: typeof train) => (at: typeof w) => set.x.matmul(at).sub(set.y.reshape([-1, 1])).square().mean();
	const patience = \${1:10};
	let best = { loss: Infinity, epoch: 0, w };
	for (let epoch = 1; epoch - best.epoch <= patience && epoch <= \${2:500}; epoch++) {
		w = w.sub(grad(lossOf(train))(w).mul(\${3:0.05}));
		const validLoss = lossOf(valid)(w).item();
		if (validLoss < best.loss) best = { loss: validLoss, epoch, w };
	}
	console.log("best validation loss", best.loss.toFixed(4), "after epoch", best.epoch);
}`,
  ],
  clipGradNorm: [
    ["clip-grad-norm", "clip_grad_norm_", "gradient-clipping"],
    "Gradients longer than `norm` are scaled down before each update, as clip_grad_norm_.",
    `const clipped = experiment({
	${moons}
	optimizer: optim.sgd({ lr: 0.1, momentum: 0.9 }), batchSize: 32, seed: 1,
	clip: { norm: \${1:1} },
});
const clippedRun = await clipped.fit({ epochs: \${2:5} });`,
  ],
  cifarTransforms: [
    ["transforms", "cifar-transforms", "augment-cifar"],
    "The usual augmentation of CIFAR-10, with the means and deviations of its channels: for `augment:` of an experiment.",
    `const transforms = [
	augment.randomCrop(\${1:32}, { padding: \${2:4} }),
	augment.hflip(),
	augment.normalize({ mean: [0.4914, 0.4822, 0.4465], std: [0.2023, 0.1994, 0.201] }),
];`,
  ],
  initOneLiners: [
    ["init-one-liners", "numpy-init"],
    "NumPy's one-liners for first weights beside the initializers that they are: deviations are equal but for chance.",
    `{
	const [n, m] = [\${1:256}, \${2:256}];
	const rows = [
		{ name: "randn sqrt(1/n)", byHand: tensor.randn([m, n], { seed: 1 }).mul(Math.sqrt(1 / n)), weight: init.lecunNormal() },
		{ name: "randn sqrt(2/n)", byHand: tensor.randn([m, n], { seed: 2 }).mul(Math.sqrt(2 / n)), weight: init.kaimingNormal({ nonlinearity: "relu" }) },
		{ name: "randn sqrt(2/(n+m))", byHand: tensor.randn([m, n], { seed: 3 }).mul(Math.sqrt(2 / (n + m))), weight: init.xavierNormal() },
	];
	const first = (weight: ReturnType<typeof init.normal>) => experiment({
		data: data.tensors({ x: tensor.zeros([2, n]), y: tensor.zeros([2, m]) }),
		model: nn.linear(m, { weight }), loss: loss.mse(), optimizer: optim.sgd({ lr: 0 }), batchSize: 2, seed: 1,
	}).fit({ steps: 1 });
	for (const { name, byHand, weight } of rows) {
		const drawn = Object.values((await first(weight)).stateDict()).find(({ shape }) => shape.length === 2);
		const std = (values: ArrayLike<number>) => Math.hypot(...Array.from(values)) / Math.sqrt(values.length);
		console.log(name, std(byHand.data).toPrecision(3), weight.type, std(drawn?.data ?? []).toPrecision(3));
	}
}`,
  ],
  whitening: [
    ["whitening", "whiten-check"],
    "Features whitened by the training part, and their covariance by tensors: the identity.",
    `{
	const { train } = data.blobs({ n: 300, seed: 1 }).split({ valid: 0.2, seed: 1 }).transform(data.\${1|zca,whiten,pca|}({ eps: \${2:1e-5} }));
	const centred = train.x.sub(train.x.mean(0));
	console.log(centred.transpose(0, 1).matmul(centred).div(train.size));
}`,
  ],
  search: [
    ["hyperparameter-search", "random-search", "halton-search", "tuner"],
    "Rates and decays from Halton's sequence, evenly on a log axis, trained side by side; put Math.random() in its place for a random search.",
    `const halton = (i: number, base: number): number => (i === 0 ? 0 : (i % base) / base + halton(Math.floor(i / base), base) / base);
const between = (share: number, low: number, high: number) => low * (high / low) ** share;
const trials = Array.from({ length: \${1:8} }, (_, i) => ({
	lr: between(halton(i + 1, 2), \${2:1e-4}, \${3:1e-1}),
	weightDecay: between(halton(i + 1, 3), \${4:1e-5}, \${5:1}),
}));
const tuned = experiment({
	${moons}
	optimizer: optim.adamw({ lr: 1e-2 }), batchSize: 32, seed: 1,
});
await tuned.replicas({ vary: trials, epochs: \${6:5} })`,
  ],
  learningRateScheduler: [
    ["learning-rate-scheduler", "lr-scheduler"],
    "A rate that is a function of your own, drawn before anything is trained.",
    `const scheduler = schedule.lambda((epoch) => (epoch < \${1:10} ? 1 : Math.exp(\${2:-0.1} * (epoch - 10))), { per: "epoch" });
schedule.preview(scheduler, { epochs: \${3:40}, stepsPerEpoch: 10, lr: \${4:0.01} })`,
  ],
  zeroFraction: [
    ["zero-fraction", "dead-units"],
    "Share of zeros in a tensor: of activations behind a relu, those that say nothing. Of a network: exp.inspect.activations().",
    `{
	const x = tensor.randn([\${1:100}, \${2:50}], { seed: 1 }).relu();
	console.log("share of zeros", x.equal(0).cast("f32").mean().item());
}`,
  ],
};
