// The part of the live page in which a network learns. The arithmetic is in
// live_learner.js and runs in a worker, see live_worker.js; the digits are loaded when the
// reader wants the first step.

document.addEventListener("DOMContentLoaded", function () {
  "use strict";

  const page = document.getElementById("live-train");
  const find = (name) => page.querySelector(`[data-train="${name}"]`);
  const learner = window.liveLearner();
  const { SIDE } = window.livePaint;

  // The strengths that the slider stops at: zero, then a logarithmic scale.
  const STRENGTHS = {
    plain: [0],
    l1: [0, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2],
    kl: [0, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 1e-1],
  };
  const SPEAK_EVERY = 5000; // milliseconds
  const REPORT_EVERY = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1000 : 100;
  const LARGEST_ERROR = 0.1; // where its line ends; the first steps lie above
  const SHORTEST = 200; // steps that the lines have room for at first
  const MOST_POINTS = 500;

  let worker = null;
  let running = false;
  let latest = null; // the worker's last report
  let points = []; // what the lines show: step, strength, error, n90, dead

  const kind = () => page.querySelector("input[name='live-kind']:checked").value;
  const strength = () => STRENGTHS[kind()][Number(find("strength").value)] ?? 0;

  // --- the worker ---

  // Two pixels of 16 gray levels in each byte.
  async function digits() {
    await window.liveLoad("live_digits.js");
    const packed = Uint8Array.from(atob(window.liveDigits), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    const pixels = new Float32Array(2 * bytes.length);
    bytes.forEach((both, i) => {
      pixels[2 * i] = (both >> 4) / 15;
      pixels[2 * i + 1] = (both & 15) / 15;
    });
    return pixels;
  }

  // A worker made of text, since a page from a folder may start no other one.
  let ready = null;
  function getReady() {
    ready ??= (async () => {
      say("Loading 2,000 digits.");
      const pixels = await digits();
      const text = `(${window.liveWorker})((${window.liveLearner})())`;
      const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
      worker = new Worker(address);
      worker.onmessage = ({ data }) => receive(data);
      worker.onerror = (event) => say(`The worker stopped: ${event.message}`);
      tell({ pixels, pause: REPORT_EVERY, strength: strength(), kind: kind() });
    })();
    ready.catch((error) => {
      ready = null;
      setRunning(false);
      say(`The digits could not be loaded: ${error.message}.`);
    });
    return ready;
  }

  function tell(message) {
    worker?.postMessage(message);
  }

  function receive(report) {
    if (report.step === 0) points = [];
    else if (report.error !== undefined) addPoint(report);
    latest = report;
    show();
  }

  function addPoint({ step, strength, error, n90, dead }) {
    points.push({ step, strength, error, n90, dead: count(dead) });
    if (points.length > MOST_POINTS) points = points.filter((_, i) => i % 2 === 1);
  }

  function count(dead) {
    return dead.filter(Boolean).length;
  }

  // --- what the reader does ---

  let speaking = null;
  function setRunning(now) {
    running = now;
    tell({ running });
    find("play").textContent = running ? "Pause" : "Play";
    find("step").disabled = running;
    clearInterval(speaking);
    if (running) speaking = setInterval(speak, SPEAK_EVERY);
  }

  find("play").addEventListener("click", async () => {
    const wanted = !running;
    setRunning(wanted);
    await getReady();
    tell({ running });
    if (!wanted) speak();
  });
  find("step").addEventListener("click", async () => {
    await getReady();
    tell({ steps: 1 });
  });
  find("restart").addEventListener("click", restart);
  page.querySelectorAll("input[name='live-kind']").forEach((radio) =>
    radio.addEventListener("change", () => {
      find("strength").value = 0;
      restart();
    }),
  );
  find("strength").addEventListener("input", () => {
    tell({ strength: strength() });
    showStrength();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && running) setRunning(false);
  });

  // A link such as #train=kl&strength=0.001 starts with that code and that penalty.
  function goTo() {
    const said = new URLSearchParams(location.hash.replace(/^#/, ""));
    const wanted = said.get("train");
    if (!Object.hasOwn(STRENGTHS, wanted)) return;
    page.querySelector(`input[name='live-kind'][value='${wanted}']`).checked = true;
    const place = STRENGTHS[wanted].indexOf(Number(said.get("strength")));
    find("strength").value = Math.max(place, 0);
    restart();
    page.scrollIntoView();
  }
  addEventListener("hashchange", goTo);

  function restart() {
    points = [];
    latest = null;
    tell({ strength: strength(), kind: kind() });
    if (!worker) showStart();
    showStrength();
  }

  // --- what the reader sees and hears ---

  function say(text) {
    find("status").textContent = text;
  }

  function speak() {
    if (!latest?.step || points.length === 0) return;
    const { step, error, n90, dead } = points[points.length - 1];
    say(
      `Step ${step}: error ${error.toFixed(4)}, ${n90.toFixed(0)} units carry 90%, ${dead} dead.`,
    );
  }

  function showStart() {
    const { weights } = learner.create(kind(), learner.generator(1));
    latest = { step: 0, filters: weights.decoder, dead: Array(learner.UNITS).fill(false) };
    show();
  }

  function showStrength() {
    const name = { plain: "No penalty", l1: "L1 penalty λ", kl: "KL penalty β" }[kind()];
    const steps = STRENGTHS[kind()];
    find("strength").disabled = steps.length === 1;
    find("strength").setAttribute("aria-valuetext", String(strength()));
    find("strength-name").textContent = name;
    find("strength-value").textContent = steps.length === 1 ? "" : `= ${strength()}`;
  }

  function show() {
    showWall();
    const last = points[points.length - 1];
    find("error").textContent = last ? last.error.toFixed(4) : "–";
    find("n90").textContent = last ? last.n90.toFixed(1) : "–";
    find("dead").textContent = last ? last.dead : "–";
    find("steps").textContent = `Step ${latest.step}`;
    const all = STRENGTHS[kind()].length - 1;
    const place = (each) => STRENGTHS[kind()].indexOf(each.strength) / Math.max(all, 1);
    line("strength-line", place, true);
    line("error-line", (each) => Math.min(each.error / LARGEST_ERROR, 1));
    line("n90-line", (each) => each.n90 / learner.UNITS);
    line("dead-line", (each) => each.dead / learner.UNITS);
  }

  // A line from the first step to the last one, in a box of 1000 x 100. With `level` it
  // goes by steps instead of slopes.
  function line(name, height, level = false) {
    const end = Math.max(latest.step, SHORTEST);
    let corners = "";
    let y = null;
    for (const each of points) {
      const x = ((1000 * each.step) / end).toFixed(1);
      if (level && y !== null) corners += `${x},${y} `;
      y = (100 * (1 - height(each))).toFixed(1);
      corners += `${x},${y} `;
    }
    find(name).setAttribute("points", corners);
  }

  // 64 filters in eight rows. What a dead unit shows is crossed out.
  const COLUMNS = 8;
  const GAP = 2;
  function showWall() {
    const wall = find("wall");
    const context = wall.getContext("2d");
    const { filters, dead } = latest;
    dead.forEach((isDead, unit) => {
      const left = (unit % COLUMNS) * (SIDE + GAP);
      const top = Math.floor(unit / COLUMNS) * (SIDE + GAP);
      const pixels = learner.PIXELS;
      const filter = filters.subarray(unit * pixels, (unit + 1) * pixels);
      window.livePaint.weights(wall, filter, left, top);
      if (!isDead) return;
      context.fillStyle = "rgb(255 255 255 / 55%)";
      context.fillRect(left, top, SIDE, SIDE);
      context.strokeStyle = "rgb(90 90 90)";
      context.beginPath();
      context.moveTo(left, top);
      context.lineTo(left + SIDE, top + SIDE);
      context.stroke();
    });
    wall.setAttribute(
      "aria-label",
      `The filters of 64 units after ${latest.step} steps; ${count(dead)} units are dead`,
    );
  }

  page.hidden = false;
  showStart();
  showStrength();
  goTo();
});
