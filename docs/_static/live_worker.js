// What runs beside the page while a network learns: it takes one step after the other and
// reports now and then. It gets the arithmetic of live_learner.js, and talks to
// live_train.js by messages.

window.liveWorker = function (learner) {
  "use strict";

  const { UNITS, PIXELS } = learner;
  const BATCH = 50;
  const SEED = 1; // each start is the same, so that only what the reader changes differs

  let images = [];
  let network = null;
  let uniform = null;
  let order = []; // the images that are left of this pass
  let strength = 0;
  let running = false;
  let pause = 100; // milliseconds from report to report
  let since = null; // sums over the steps since the last report
  let lastPass = []; // lowest and highest contribution of each unit, for each step

  self.onmessage = ({ data }) => {
    if (data.pixels) images = cut(data.pixels);
    if (data.pause) pause = data.pause;
    if (data.strength !== undefined) strength = data.strength;
    if (data.kind) start(data.kind);
    if (data.steps) take(data.steps);
    if (data.running !== undefined) {
      const waiting = !running && data.running;
      running = data.running;
      if (waiting) keepOn();
    }
  };

  function cut(pixels) {
    const n = pixels.length / PIXELS;
    return Array.from({ length: n }, (_, i) => pixels.subarray(i * PIXELS, (i + 1) * PIXELS));
  }

  function start(kind) {
    uniform = learner.generator(SEED);
    network = learner.create(kind, uniform);
    order = [];
    lastPass = [];
    since = { steps: 0, error: 0, n90: 0 };
    report();
  }

  function take(steps) {
    for (let i = 0; i < steps; i++) step();
    report();
  }

  function keepOn() {
    if (!running) return;
    const end = performance.now() + pause;
    do step();
    while (performance.now() < end);
    report();
    setTimeout(keepOn); // messages are read in between
  }

  function step() {
    if (order.length === 0) order = learner.shuffled(images.length, uniform);
    const batch = order.splice(0, BATCH).map((i) => images[i]);
    const { error, codes } = learner.learn(network, batch, strength);
    const lengths = learner.rowLengths(network);
    const lowest = new Float32Array(UNITS).fill(Infinity);
    const highest = new Float32Array(UNITS);
    let n90 = 0;
    for (const code of codes) {
      const contributions = code.map((activation, u) => activation * lengths[u]);
      n90 += learner.n90(contributions) / codes.length;
      contributions.forEach((each, u) => {
        lowest[u] = Math.min(lowest[u], each);
        highest[u] = Math.max(highest[u], each);
      });
    }
    since.steps += 1;
    since.error += error;
    since.n90 += n90;
    lastPass.push({ lowest, highest });
    if (lastPass.length > images.length / BATCH) lastPass.shift();
  }

  function report() {
    const filters = network.weights.decoder.slice();
    const message = { step: network.step, strength, filters, dead: dead() };
    if (since.steps > 0) {
      message.error = since.error / since.steps;
      message.n90 = since.n90 / since.steps;
    }
    since = { steps: 0, error: 0, n90: 0 };
    self.postMessage(message, [filters.buffer]);
  }

  // Before the first step nothing is known of any unit.
  function dead() {
    if (lastPass.length === 0) return Array(UNITS).fill(false);
    const over = (choose, name) =>
      Float32Array.from({ length: UNITS }, (_, u) =>
        choose(...lastPass.map((step) => step[name][u])),
      );
    return learner.deadUnits(network.kind, over(Math.min, "lowest"), over(Math.max, "highest"));
  }
};
