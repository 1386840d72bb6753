// Small drawings of what the library's entries do, for hovers and pickers: computed by the engine, as points of a field of 480 x 160.

const [WIDTH, HEIGHT] = [480, 160];
/** Base rate, epochs and steps of an epoch of the run that schedules are drawn for. */
const RUN = { lr: 0.1, epochs: 90, stepsPerEpoch: 100 };

/** Calls that show more than those with which a snippet begins; the rest are drawn as the snippet has them. */
const telling = {
  "schedule.chain": 'schedule.chain([schedule.linear({ totalIters: 10 }), schedule.cosine({ per: "epoch" })])',
  "schedule.concat":
    'schedule.concat([schedule.linear({ totalIters: 10 }), schedule.cosine({ per: "epoch" })], { milestones: [10] })',
  "schedule.constant": "schedule.constant({ factor: 1 / 3, totalIters: 10 })",
  "schedule.cyclic": "schedule.cyclic({ baseLr: 0.001, maxLr: 0.1, stepSizeUp: 1000 })",
  "schedule.inverseSqrt": "schedule.inverseSqrt({ warmup: 1000 })",
  "schedule.lambda": 'schedule.lambda((t) => 0.65 ** Math.floor(t / 10), { per: "epoch" })',
  "schedule.linear": "schedule.linear({ totalIters: 10 })",
  "schedule.linearTo": "schedule.linearTo({ tau: 60 })",
  "schedule.oneCycle": "schedule.oneCycle({ maxLr: 0.1 })",
  "schedule.polynomial": "schedule.polynomial({ totalIters: 90, power: 2 })",
  "schedule.step": "schedule.step({ stepSize: 30 })",
  "schedule.warmRestarts": "schedule.warmRestarts({ t0: 1000, tMult: 2 })",
  "schedule.warmup": "schedule.warmup(1000, schedule.cosine())",
  "init.constant": "init.constant(0.5)",
  "init.kaimingNormal": 'init.kaimingNormal({ nonlinearity: "relu" })',
};

/** Rates at which optimizers cross the ravine in 40 steps: their defaults are for networks. */
const rates = {
  adadelta: 100,
  adagrad: 1,
  adam: 0.4,
  adamax: 0.4,
  adamw: 0.4,
  asgd: 0.15,
  lion: 0.15,
  nadam: 0.3,
  radam: 0.05,
  rmsprop: 0.15,
  rprop: 0.3,
  sgd: 0.06,
};

/**
 * Drawings by name. `engine` is the modules that compute them, `callOf` the call that a snippet puts there, `evaluateCall` its
 * value. What cannot be drawn has none.
 */
export function thumbnailsOf({ engine, callOf, evaluateCall }) {
  const drawings = {};
  const add = (name, draw) => {
    const call = telling[name] ?? callOf(name);
    drawings[name] = draw(evaluateCall(call), call);
  };
  for (const name of Object.keys(engine.schedules)) add(`schedule.${name}`, (one, call) => schedule(engine, one, call));
  for (const name of Object.keys(engine.initializers)) add(`init.${name}`, (one, call) => weights(engine, one, call));
  for (const [name, definition] of Object.entries(engine.layers)) {
    if (Object.values(definition.params).some(({ required }) => required) || definition.container) continue;
    const drawing = activation(engine, `nn.${name}`, evaluateCall(`nn.${name}()`));
    if (drawing) drawings[`nn.${name}`] = drawing;
  }
  for (const [name, definition] of Object.entries(engine.losses)) {
    if (Object.values(definition.params).some(({ required }) => required)) continue;
    const drawing = lossCurve(engine, evaluateCall(`loss.${name}()`));
    if (drawing) drawings[`loss.${name}`] = drawing;
  }
  for (const name of Object.keys(engine.optimizers)) {
    const lr = rates[name] ?? 0.1;
    const momentum = name === "sgd" ? ", momentum: 0.8" : "";
    const call = `optim.${name}({ lr: ${lr}${momentum} })`;
    drawings[`optim.${name}`] = walk(engine, evaluateCall(call), call);
  }
  return drawings;
}

const short = (x) =>
  x === 0 ? "0" : Math.abs(x) < 1e-3 || Math.abs(x) >= 1e4 ? x.toExponential(0) : String(Number(x.toPrecision(2)));

/** Points of a line in the field, as text: "0,160 4,158 ..."; those that lie as good as on a straight line between others are left out. */
function line(points, [left, right], [low, high], whole = false) {
  const placed = points.map(([x, y]) => [
    (WIDTH * (x - left)) / (right - left),
    HEIGHT - (HEIGHT * (Math.min(Math.max(y, low), high) - low)) / (high - low || 1),
  ]);
  return (whole ? placed : simplified(placed)).map((point) => point.map(Math.round).join()).join(" ");
}

/** Ramer, Douglas and Peucker: what is farther from the line between the ends than this stays. */
const TOLERANCE = 0.8;

function simplified(points) {
  const [[x0, y0], [x1, y1]] = [points[0], points.at(-1)];
  const length = Math.hypot(x1 - x0, y1 - y0);
  const distances = points.map(([x, y]) =>
    length === 0 ? Math.hypot(x - x0, y - y0) : Math.abs((x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)) / length,
  );
  const farthest = distances.indexOf(Math.max(...distances));
  if (points.length < 3 || distances[farthest] <= TOLERANCE) return [points[0], points.at(-1)];
  return [...simplified(points.slice(0, farthest + 1)), ...simplified(points.slice(farthest)).slice(1)];
}

const spread = (from, to, count) => Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

function schedule({ rateCurve }, one, call) {
  const { lr, epochs, stepsPerEpoch } = RUN;
  const curve = rateCurve(one, { lr, stepsPerEpoch, steps: epochs * stepsPerEpoch });
  const top = Math.max(...curve.lr);
  const waits = curve.waits.length > 0 ? `; the ${curve.waits} stops falling at epoch 18` : "";
  return {
    kind: "curve",
    call,
    note: `lr over ${epochs} epochs of ${stepsPerEpoch} steps, from ${lr}${waits}`,
    x: ["0", `${epochs} epochs`],
    y: ["0", short(top)],
    paths: [
      line(
        curve.step.map((step, i) => [step, curve.lr[i]]),
        [0, curve.step.at(-1)],
        [0, top],
      ),
    ],
  };
}

function weights({ density }, one, call) {
  const shape = one.type === "dirac" ? [32, 32, 3] : [64, 32];
  const { center, share, std } = density(one, shape);
  const half = (center[1] - center[0]) / 2;
  const edges = center.flatMap((x, i) => [
    [x - half, share[i]],
    [x + half, share[i]],
  ]);
  const [left, right] = [center[0] - half, center.at(-1) + half];
  return {
    kind: "density",
    call,
    note: `weights from ${shape[1]} inputs to ${shape[0]} outputs${shape[2] ? ", kernel 3" : ""}: std ${short(std)}`,
    x: [short(center[0]), short(center.at(-1))],
    y: ["", ""],
    paths: [line([[left, 0], ...edges, [right, 0]], [left, right], [0, Math.max(...share)])],
  };
}

/** An activation, where the layer is a function of each number by itself that changes some of them. */
function activation({ traceModel, evaluate, input, constant, scalar }, name, layer) {
  const apply = (xs) => {
    const x = input("x", [xs.length]);
    const parameters = { weight: constant(0.25, [1]) };
    const key = { seed: scalar("seed", "u32"), step: constant(1, [], "u32") };
    const { output } = traceModel(layer, x, { parameters, buffers: {}, training: false, ...key });
    if (output.shape.join() !== String(xs.length)) return null;
    const given = {
      x: { shape: [xs.length], dtype: "f32", data: Float64Array.from(xs) },
      seed: { shape: [], dtype: "u32", data: Float64Array.of(1) },
    };
    return [...evaluate([output], given)[0].data];
  };
  const xs = spread(-4, 4, 161);
  try {
    const ys = apply(xs);
    const alone = xs.slice(0, 9).map((x) => apply([x])?.[0]);
    if (ys === null || alone.some((y, i) => y !== ys[i])) return null;
    if (name !== "nn.identity" && ys.every((y, i) => y === xs[i])) return null;
    return curve(xs, ys, name === "nn.prelu" ? "y over x, with weight 0.25" : "y over x");
  } catch {
    return null; // a layer that wants other shapes
  }
}

/** A loss of one number against a target, where it has such a form. */
function lossCurve({ evaluate, input, constant }, loss) {
  const { definition, options } = loss;
  const takes = definition.takes(options);
  const gives = definition.gives(options);
  const probability = gives === "probabilities";
  if (!(takes.includes("label") || takes.includes("value"))) return null;
  const xs = probability ? spread(0.02, 0.98, 121) : spread(-3, 3, 121);
  const target = takes.includes("label") ? 1 : 0;
  const settled = "reduction" in options ? { ...options, reduction: "mean" } : options;
  try {
    const ys = xs.map((x) => {
      const output = input("output", [1, 1]);
      const y = definition.compute({ output, target: constant(target, [1, 1]) }, settled);
      const [value] = evaluate([y], { output: { shape: [1, 1], dtype: "f32", data: Float64Array.of(x) } });
      return value.data[0];
    });
    if (ys.some((y) => !Number.isFinite(y)) || new Set(ys).size < 2) return null;
    return curve(xs, ys, `loss over the output${probability ? ", a probability" : ""}, for target ${target}`);
  } catch {
    return null; // a loss of several outputs
  }
}

/** y over x; the field shows 0 where it is near. */
function curve(xs, ys, note) {
  const [low, high] = [Math.min(0, ...ys), Math.max(0, ...ys)];
  const [left, right] = [xs[0], xs.at(-1)];
  return {
    kind: "function",
    note,
    x: [short(left), short(right)],
    y: [short(low), short(high)],
    zero: [Math.round((WIDTH * -left) / (right - left)), Math.round(HEIGHT + (HEIGHT * low) / (high - low))],
    paths: [
      line(
        xs.map((x, i) => [x, ys[i]]),
        [left, right],
        [low, high],
      ),
    ],
  };
}

/** 40 updates on a ravine, over lines of equal loss. */
function walk({ toy, rehearse }, optimizer, call) {
  const surface = toy.surface("ravine");
  const rule = rehearse(optimizer, 2);
  let place = Float64Array.from(surface.start);
  const path = [[...place]];
  for (let step = 0; step < 40; step++) {
    place = rule.step(place, Float64Array.from(surface.gradient([...place])));
    path.push([...place]);
  }
  /** Where the loss reaches a level, all around the minimum: it grows in every direction. */
  const contour = (level) =>
    spread(0, 2 * Math.PI, 41).map((angle) => {
      const at = (radius) => [radius * Math.cos(angle), radius * Math.sin(angle)];
      let [inside, outside] = [0, 20];
      for (let i = 0; i < 24; i++) {
        const middle = (inside + outside) / 2;
        if (surface.loss(at(middle)) < level) inside = middle;
        else outside = middle;
      }
      return at(inside);
    });
  const { x, y } = surface.domain;
  return {
    kind: "walk",
    call,
    note: "40 steps on a ravine, ten times as steep across as along",
    x: ["", ""],
    y: ["", ""],
    paths: [path, ...[1, 5, 14].map(contour)].map((points, i) => line(points, x, y, i === 0)),
  };
}
