// The arithmetic of three trained autoencoders. It knows nothing of the page.

window.liveModel = (function () {
  "use strict";

  const SIDE = 28;
  const PIXELS = SIDE * SIDE;
  const MOST = 0.9; // as sae_utils.metrics counts
  const ON_SHARE = 0.1;

  function bytes(base64) {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  }

  function floats(base64) {
    return new Float32Array(bytes(base64).buffer);
  }

  // Two numbers from 0 to 15 per byte, the first one in the upper half.
  function halfBytes(base64) {
    return [...bytes(base64)].flatMap((byte) => [byte >> 4, byte & 15]);
  }

  // Weights are whole numbers, times the scale of their row. Where a byte is not enough
  // for one, another half byte follows elsewhere.
  function kernel(packed) {
    const scales = floats(packed.scales);
    let values = new Int8Array(bytes(packed.bytes).buffer);
    if (packed.halfBytes) {
      const low = halfBytes(packed.halfBytes);
      values = low.map((half, i) => 16 * values[i] + half);
    }
    const columns = values.length / scales.length;
    return Float32Array.from(values, (value, i) => value * scales[Math.floor(i / columns)]);
  }

  function row(matrix, i, columns) {
    return matrix.subarray(i * columns, (i + 1) * columns);
  }

  function unpackModel(packed) {
    const decoder = kernel(packed.decoder);
    const encoderBias = floats(packed.encoderBias);
    return {
      title: packed.title,
      activation: packed.activation === "sigmoid" ? sigmoid : relu,
      encoder: kernel(packed.encoder),
      encoderBias,
      decoder,
      decoderBias: floats(packed.decoderBias),
      lengths: encoderBias.map((_, unit) => Math.hypot(...row(decoder, unit, PIXELS))),
    };
  }

  function unpackImages(base64) {
    const pixels = Float32Array.from(halfBytes(base64), (level) => level / 15);
    return Array.from({ length: pixels.length / PIXELS }, (_, i) => row(pixels, i, PIXELS));
  }

  function relu(z) {
    return Math.max(z, 0);
  }

  function sigmoid(z) {
    return 1 / (1 + Math.exp(-z));
  }

  // One dense layer: input times kernel plus bias, then the activation.
  function dense(input, kernel, bias, activation) {
    const z = bias.slice();
    input.forEach((value, i) => {
      if (value === 0) return;
      const weights = row(kernel, i, z.length);
      for (let j = 0; j < z.length; j++) z[j] += value * weights[j];
    });
    return z.map(activation);
  }

  function encode(model, image) {
    return dense(image, model.encoder, model.encoderBias, model.activation);
  }

  function decode(model, code) {
    return dense(code, model.decoder, model.decoderBias, sigmoid);
  }

  // The weights by which a unit draws: its row of the decoder.
  function filter(model, unit) {
    return row(model.decoder, unit, PIXELS);
  }

  // What a unit adds to the picture: a small activation may stand before large weights.
  function strengths(model, code) {
    return code.map((activation, unit) => activation * model.lengths[unit]);
  }

  // The units that are on, those that add most to the picture first.
  function strongestFirst(model, code) {
    const strength = strengths(model, code);
    return [...code.keys()].filter((u) => code[u] > 0).sort((a, b) => strength[b] - strength[a]);
  }

  function keepStrongest(model, code, k) {
    const kept = new Float32Array(code.length);
    strongestFirst(model, code)
      .slice(0, k)
      .forEach((unit) => (kept[unit] = code[unit]));
    return kept;
  }

  function switchOff(code, off) {
    return code.map((activation, unit) => (off.has(unit) ? 0 : activation));
  }

  // The fewest units that carry 90% of what all of them add to the picture.
  function n90(model, code) {
    const largestFirst = [...strengths(model, code)].sort((a, b) => b - a);
    const sum = largestFirst.reduce((total, strength) => total + strength, 0);
    let units = 0;
    // The margin is for rounding: nine of ten equal units carry 90%.
    for (let carried = 0; carried < (MOST - 1e-6) * sum; units++)
      carried += largestFirst[units];
    return units;
  }

  function squaredError(image, reconstruction) {
    return image.reduce((sum, pixel, i) => sum + (pixel - reconstruction[i]) ** 2, 0) / PIXELS;
  }

  // The images that excite a unit most, strongest first; `codes` has one code per image.
  // An image below a tenth of the unit's largest activation does not count.
  function mostExciting(codes, unit, n) {
    const largest = Math.max(...codes.map((code) => code[unit]));
    return [...codes.keys()]
      .filter((i) => codes[i][unit] > ON_SHARE * largest)
      .sort((a, b) => codes[b][unit] - codes[a][unit])
      .slice(0, n);
  }

  return {
    unpackModel,
    unpackImages,
    encode,
    decode,
    filter,
    strengths,
    strongestFirst,
    keepStrongest,
    switchOff,
    n90,
    squaredError,
    mostExciting,
  };
})();
