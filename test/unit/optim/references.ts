/*
 * Every update rule once more, as plain f64 arithmetic for one coordinate, written from the algorithms of PyTorch's
 * documentation (Lion: from its paper) and not from ours. `step(p, g, t, lr)` gives the next p; t counts from 1.
 */

export interface Reference {
  step(p: number, g: number, t: number, lr: number): number;
}

// biome-ignore lint/suspicious/noExplicitAny: options of any rule
type Options = any;

export const references: Readonly<Record<string, (o: Options) => Reference>> = {
  sgd: ({ momentum, dampening, nesterov, weightDecay, maximize, form }) => {
    let b = 0;
    return {
      step(p, grad, t, lr) {
        let g = maximize ? -grad : grad;
        if (weightDecay !== 0) g += weightDecay * p;
        if (momentum === 0) return p - lr * g;
        if (form === "classic") {
          const fresh = lr * (t > 1 ? (1 - dampening) * g : g);
          b = momentum * b - fresh;
          return nesterov ? p + momentum * b - lr * g : p + b;
        }
        b = t > 1 ? momentum * b + (1 - dampening) * g : g;
        g = nesterov ? g + momentum * b : b;
        return p - lr * g;
      },
    };
  },
  adagrad: ({ lrDecay, weightDecay, initialAccumulatorValue, eps, maximize }) => {
    let sum = initialAccumulatorValue;
    return {
      step(p, grad, t, lr) {
        let g = maximize ? -grad : grad;
        const rate = lr / (1 + (t - 1) * lrDecay);
        g += weightDecay * p;
        sum += g ** 2;
        return p - (rate * g) / (Math.sqrt(sum) + eps);
      },
    };
  },
  rmsprop: ({ alpha, weightDecay, momentum, centered, eps, maximize }) => {
    let [v, b, mean] = [0, 0, 0];
    return {
      step(p, grad, _, lr) {
        let g = maximize ? -grad : grad;
        g += weightDecay * p;
        v = alpha * v + (1 - alpha) * g ** 2;
        let tilde = v;
        if (centered) {
          mean = mean * alpha + (1 - alpha) * g;
          tilde = v - mean ** 2;
        }
        if (momentum === 0) return p - (lr * g) / (Math.sqrt(tilde) + eps);
        b = momentum * b + g / (Math.sqrt(tilde) + eps);
        return p - lr * b;
      },
    };
  },
  adadelta: ({ rho, weightDecay, eps, maximize }) => {
    let [v, u] = [0, 0];
    return {
      step(p, grad, _, lr) {
        let g = maximize ? -grad : grad;
        g += weightDecay * p;
        v = v * rho + g ** 2 * (1 - rho);
        const dx = (Math.sqrt(u + eps) / Math.sqrt(v + eps)) * g;
        u = u * rho + dx ** 2 * (1 - rho);
        return p - lr * dx;
      },
    };
  },
  adam: (o) => adam(o, false),
  adamw: (o) => adam(o, true),
  nadam: ({ betas: [b1, b2], eps, weightDecay, momentumDecay, decoupledWeightDecay, maximize }) => {
    let [m, v, product] = [0, 0, 1];
    return {
      step(theta, grad, t, lr) {
        let g = maximize ? -grad : grad;
        let p = theta;
        if (decoupledWeightDecay) p -= lr * weightDecay * p;
        else g += weightDecay * p;
        const mu = b1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));
        const next = b1 * (1 - 0.5 * 0.96 ** ((t + 1) * momentumDecay));
        product *= mu;
        m = b1 * m + (1 - b1) * g;
        v = b2 * v + (1 - b2) * g ** 2;
        const mHat = (next * m) / (1 - product * next) + ((1 - mu) * g) / (1 - product);
        return p - (lr * mHat) / (Math.sqrt(v / (1 - b2 ** t)) + eps);
      },
    };
  },
  radam: ({ betas: [b1, b2], eps, weightDecay, decoupledWeightDecay, maximize }) => {
    let [m, v] = [0, 0];
    return {
      step(theta, grad, t, lr) {
        let g = maximize ? -grad : grad;
        let p = theta;
        if (decoupledWeightDecay) p -= lr * weightDecay * p;
        else g += weightDecay * p;
        m = b1 * m + (1 - b1) * g;
        v = b2 * v + (1 - b2) * g ** 2;
        const mHat = m / (1 - b1 ** t);
        const limit = 2 / (1 - b2) - 1;
        const rho = limit - (2 * t * b2 ** t) / (1 - b2 ** t);
        if (rho <= 5) return p - lr * mHat;
        const l = Math.sqrt(1 - b2 ** t) / (Math.sqrt(v) + eps);
        const r = Math.sqrt(((rho - 4) * (rho - 2) * limit) / ((limit - 4) * (limit - 2) * rho));
        return p - lr * mHat * r * l;
      },
    };
  },
  adamax: ({ betas: [b1, b2], eps, weightDecay, maximize }) => {
    let [m, u] = [0, 0];
    return {
      step(p, grad, t, lr) {
        const g = (maximize ? -grad : grad) + weightDecay * p;
        m = b1 * m + (1 - b1) * g;
        u = Math.max(b2 * u, Math.abs(g) + eps);
        return p - (lr * m) / ((1 - b1 ** t) * u);
      },
    };
  },
  asgd: ({ lr: first, lambd, alpha, weightDecay, maximize }) => {
    let eta = first;
    return {
      step(p, grad, t, lr) {
        const g = (maximize ? -grad : grad) + weightDecay * p;
        const next = p * (1 - lambd * eta) - eta * g;
        eta = lr / (1 + lambd * lr * t) ** alpha;
        return next;
      },
    };
  },
  rprop: ({ lr: first, etas: [minus, plus], stepSizes: [low, high], maximize }) => {
    let [before, size] = [0, first];
    return {
      step(p, grad) {
        let g = maximize ? -grad : grad;
        if (before * g > 0) size = Math.min(size * plus, high);
        else if (before * g < 0) {
          size = Math.max(size * minus, low);
          g = 0;
        }
        before = g;
        return p - Math.sign(g) * size;
      },
    };
  },
  lion: ({ betas: [b1, b2], weightDecay, maximize }) => {
    let m = 0;
    return {
      step(p, grad, _, lr) {
        const g = maximize ? -grad : grad;
        const c = b1 * m + (1 - b1) * g;
        m = b2 * m + (1 - b2) * g;
        return p - lr * (Math.sign(c) + weightDecay * p);
      },
    };
  },
};

function adam({ betas: [b1, b2], eps, weightDecay, amsgrad, maximize, biasCorrection = true }: Options, w: boolean) {
  let [m, v, largest] = [0, 0, 0];
  return {
    step(theta: number, grad: number, t: number, lr: number) {
      let g = maximize ? -grad : grad;
      let p = theta;
      if (w) p -= lr * weightDecay * p;
      else g += weightDecay * p;
      m = b1 * m + (1 - b1) * g;
      v = b2 * v + (1 - b2) * g ** 2;
      largest = Math.max(largest, v);
      const mHat = biasCorrection ? m / (1 - b1 ** t) : m;
      const vHat = (amsgrad ? largest : v) / (biasCorrection ? 1 - b2 ** t : 1);
      return p - (lr * mHat) / (Math.sqrt(vHat) + eps);
    },
  };
}
