// An autoencoder that learns: 784 pixels, a code of 64 units, 784 pixels. Arithmetic alone,
// without a word about the page. It is one function that needs nothing from outside, so
// that its text can be handed to a worker.
//
// A network is { kind, weights, moments, step }. Its weights are four arrays in Keras'
// order: encoder (784 x 64), encoderBias, decoder (64 x 784), decoderBias. `kind` is
// "plain", "l1", or "kl". The plain and the L1 network have ReLU units, the KL network
// sigmoid units, as in the notebooks.

window.liveLearner = function () {
  "use strict";

  const PIXELS = 784;
  const UNITS = 64;
  const RHO = 0.05; // what the KL penalty wants each unit's mean activation to be
  const SMALLEST = 1e-30; // what logarithms are taken of at least
  const LEARNING_RATES = { plain: 4e-3, l1: 4e-3, kl: 16e-3 };

  // --- random numbers that are the same on every machine ---

  function generator(seed) {
    let state = seed >>> 0;
    // From 0 to 1 (the generator is called mulberry32).
    return function uniform() {
      state = (state + 0x6d2b79f5) >>> 0;
      let bits = Math.imul(state ^ (state >>> 15), state | 1);
      bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
      return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  function normal(uniform) {
    return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  }

  function shuffled(n, uniform) {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(uniform() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  // --- the network ---

  // It starts as those of sae_utils.models do: the encoder as Keras does by default, the
  // decoder near zero, so that what a filter shows was learned.
  function create(kind, uniform) {
    const limit = Math.sqrt(6 / (PIXELS + UNITS));
    const weights = {
      encoder: new Float32Array(PIXELS * UNITS).map(() => limit * (2 * uniform() - 1)),
      encoderBias: new Float32Array(UNITS),
      decoder: new Float32Array(UNITS * PIXELS).map(() => 1e-3 * normal(uniform)),
      decoderBias: new Float32Array(PIXELS),
    };
    return { kind, weights, moments: { first: zeros(weights), second: zeros(weights) }, step: 0 };
  }

  function zeros(weights) {
    return Object.fromEntries(
      Object.entries(weights).map(([name, array]) => [name, new Float32Array(array.length)]),
    );
  }

  function sigmoid(z) {
    return 1 / (1 + Math.exp(-z));
  }

  // The code of one image, written into `code`. Most pixels are blank and cost nothing.
  function encode({ kind, weights }, image, code) {
    code.set(weights.encoderBias);
    for (let i = 0; i < PIXELS; i++) {
      const ink = image[i];
      if (ink === 0) continue;
      for (let u = 0, w = i * UNITS; u < UNITS; u++, w++) code[u] += ink * weights.encoder[w];
    }
    for (let u = 0; u < UNITS; u++)
      code[u] = kind === "kl" ? sigmoid(code[u]) : Math.max(code[u], 0);
  }

  function decode({ weights }, code, picture) {
    picture.set(weights.decoderBias);
    for (let u = 0; u < UNITS; u++) {
      const activation = code[u];
      if (activation === 0) continue;
      for (let i = 0, w = u * PIXELS; i < PIXELS; i++, w++)
        picture[i] += activation * weights.decoder[w];
    }
    for (let i = 0; i < PIXELS; i++) picture[i] = sigmoid(picture[i]);
  }

  // --- loss and gradients ---

  // The loss of a batch, split in two, its codes, and the gradient of each weight.
  function gradients(network, batch, strength) {
    const { kind, weights } = network;
    const gradient = zeros(weights);
    const codes = batch.map((image) => {
      const code = new Float32Array(UNITS);
      encode(network, image, code);
      return code;
    });
    const { penalty, slopes } = penalize(kind, codes, strength);
    const picture = new Float32Array(PIXELS);
    const outputSlope = new Float32Array(PIXELS);
    const unitSlope = new Float32Array(UNITS);
    let error = 0;
    batch.forEach((image, sample) => {
      const code = codes[sample];
      decode(network, code, picture);
      for (let i = 0; i < PIXELS; i++) {
        const difference = picture[i] - image[i];
        error += difference ** 2 / PIXELS / batch.length;
        outputSlope[i] =
          ((2 * difference) / PIXELS / batch.length) * picture[i] * (1 - picture[i]);
        gradient.decoderBias[i] += outputSlope[i];
      }
      for (let u = 0; u < UNITS; u++) {
        const activation = code[u];
        unitSlope[u] = 0;
        if (activation === 0) continue; // of ReLU: no slope on either side
        let slope = slopes[u];
        for (let i = 0, w = u * PIXELS; i < PIXELS; i++, w++) {
          slope += outputSlope[i] * weights.decoder[w];
          gradient.decoder[w] += outputSlope[i] * activation;
        }
        unitSlope[u] = kind === "kl" ? slope * activation * (1 - activation) : slope;
        gradient.encoderBias[u] += unitSlope[u];
      }
      for (let i = 0; i < PIXELS; i++) {
        const ink = image[i];
        if (ink === 0) continue;
        for (let u = 0, w = i * UNITS; u < UNITS; u++, w++)
          gradient.encoder[w] += ink * unitSlope[u];
      }
    });
    return { error, penalty, codes, gradient };
  }

  // The penalty of a batch of codes, and its slope with respect to an activation of each
  // unit, which is the same for all samples.
  function penalize(kind, codes, strength) {
    const n = codes.length;
    const means = new Float64Array(UNITS);
    for (const code of codes) for (let u = 0; u < UNITS; u++) means[u] += code[u] / n;
    let penalty = 0;
    const slopes = means.map((mean) => {
      if (kind !== "kl") {
        penalty += strength * mean;
        return strength / n;
      }
      const on = Math.max(mean, SMALLEST);
      const off = Math.max(1 - mean, SMALLEST);
      penalty += strength * (RHO * Math.log(RHO / on) + (1 - RHO) * Math.log((1 - RHO) / off));
      return (strength * ((1 - RHO) / off - RHO / on)) / n;
    });
    return { penalty, slopes };
  }

  // One step of Adam, as Keras takes it.
  function learn(network, batch, strength) {
    const result = gradients(network, batch, strength);
    const { first, second } = network.moments;
    network.step += 1;
    const size =
      (LEARNING_RATES[network.kind] * Math.sqrt(1 - 0.999 ** network.step)) /
      (1 - 0.9 ** network.step);
    for (const [name, weights] of Object.entries(network.weights)) {
      const gradient = result.gradient[name];
      const m = first[name];
      const v = second[name];
      for (let i = 0; i < weights.length; i++) {
        m[i] += 0.1 * (gradient[i] - m[i]);
        v[i] += 0.001 * (gradient[i] ** 2 - v[i]);
        weights[i] -= (size * m[i]) / (Math.sqrt(v[i]) + 1e-7);
      }
    }
    return result;
  }

  // --- what is measured, as sae_utils.metrics does ---

  function rowLengths({ weights }) {
    return Float32Array.from({ length: UNITS }, (_, u) => {
      let sum = 0;
      for (let i = u * PIXELS; i < (u + 1) * PIXELS; i++) sum += weights.decoder[i] ** 2;
      return Math.sqrt(sum);
    });
  }

  // The fewest units that carry 90% of an image's contributions.
  function n90(contributions) {
    const ascending = contributions.slice().sort();
    const sum = ascending.reduce((total, each) => total + each, 0);
    let units = 0;
    for (let carried = 0; carried < (0.9 - 1e-6) * sum; units++)
      carried += ascending[UNITS - 1 - units];
    return units;
  }

  // A unit of ReLU is dead if it is never on. A sigmoid unit is, if its contributions range
  // over less than 1% of the widest range.
  function deadUnits(kind, lowest, highest) {
    const ranges = highest.map((high, u) => high - lowest[u]);
    const widest = Math.max(...ranges);
    return Array.from(highest, (high, u) =>
      kind === "kl" ? ranges[u] <= 0.01 * widest : high === 0,
    );
  }

  return {
    PIXELS,
    UNITS,
    RHO,
    LEARNING_RATES,
    generator,
    shuffled,
    create,
    zeros,
    gradients,
    learn,
    rowLengths,
    n90,
    deadUnits,
  };
};
