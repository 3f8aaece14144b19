// Three autoencoders at work in the reader's browser. The first part is arithmetic and
// knows nothing of the page; the second part is the page.

window.live = (function () {
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

  function keepStrongest(model, code, k) {
    const strength = strengths(model, code);
    const strongest = [...code.keys()].sort((a, b) => strength[b] - strength[a]).slice(0, k);
    const kept = new Float32Array(code.length);
    strongest.forEach((unit) => (kept[unit] = code[unit]));
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

  // Average square blocks of a large square drawing, so that 28 x 28 pixels are left.
  function shrink(ink, side) {
    const block = side / SIDE;
    const image = new Float32Array(PIXELS);
    ink.forEach((value, i) => {
      const x = Math.floor((i % side) / block);
      const y = Math.floor(i / side / block);
      image[y * SIDE + x] += value / block ** 2;
    });
    return image;
  }

  function centerOfMass(ink, side) {
    let mass = 0;
    let x = 0;
    let y = 0;
    ink.forEach((value, i) => {
      mass += value;
      x += value * ((i % side) + 0.5);
      y += value * (Math.floor(i / side) + 0.5);
    });
    return { x: x / mass, y: y / mass };
  }

  return {
    SIDE,
    unpackModel,
    unpackImages,
    encode,
    decode,
    filter,
    strengths,
    keepStrongest,
    switchOff,
    n90,
    squaredError,
    mostExciting,
    shrink,
    centerOfMass,
  };
})();

document.addEventListener("DOMContentLoaded", function () {
  "use strict";

  const live = window.live;
  const page = document.getElementById("live");
  const find = (name, parent = page) => parent.querySelector(`[data-live="${name}"]`);

  const images = live.unpackImages(window.liveModels.images);
  const labels = window.liveModels.labels;
  const blank = new Float32Array(live.SIDE ** 2);

  let shown = 0; // the test image, or null while the reader's drawing is shown
  let strokes = []; // of the drawing; points from 0 to 1
  let k = Number(find("k").value);

  // --- one card per model ---

  const cards = Object.entries(window.liveModels.models).map(([name, packed]) => {
    const model = live.unpackModel(packed);
    const element = find("card").content.cloneNode(true).firstElementChild;
    find("cards").append(element);
    element.id = `live-${name}`;
    find("title", element).textContent = model.title;
    find("code", element).setAttribute("aria-label", `Units of the ${model.title} code`);
    const codes = images.map((image) => live.encode(model, image));
    const largest = codes.map((code) => Math.max(...live.strengths(model, code)));
    const card = {
      model,
      element,
      codes,
      // Where the colors end: at the strongest unit of an average image.
      brightest: largest.reduce((sum, each) => sum + each) / largest.length,
      off: new Set(),
      selected: 0,
      units: [...codes[0].keys()].map(() => document.createElement("button")),
    };
    card.units.forEach((button, unit) => {
      button.type = "button";
      button.addEventListener("click", () => select(card, unit));
    });
    find("code", element).append(...card.units);
    find("code", element).addEventListener("keydown", (event) => moveInCode(card, event));
    find("toggle", element).addEventListener("click", () => toggle(card));
    return card;
  });

  function select(card, unit) {
    card.selected = unit;
    card.units[unit].focus();
    update();
  }

  // One tab stop per code; the arrow keys go from unit to unit.
  function moveInCode(card, event) {
    const style = getComputedStyle(find("code", card.element));
    const columns = style.gridTemplateColumns.split(" ").length;
    const last = card.units.length - 1;
    const target = {
      ArrowLeft: card.selected - 1,
      ArrowRight: card.selected + 1,
      ArrowUp: card.selected - columns,
      ArrowDown: card.selected + columns,
      Home: 0,
      End: last,
    }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    if (target >= 0 && target <= last) select(card, target);
  }

  function toggle(card) {
    if (!card.off.delete(card.selected)) card.off.add(card.selected);
    update();
  }

  // --- drawing ---

  const drawing = find("drawing");
  const PEN = 2.4; // width of the pen in pixels of MNIST
  const FINE = 10; // the drawing is made this many times finer, then averaged

  function draw(canvas, width, place) {
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.lineWidth = width;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of strokes) {
      context.beginPath();
      for (const point of stroke) context.lineTo(...place(point));
      context.lineTo(...place(stroke[stroke.length - 1])); // a dot is a stroke too
      context.stroke();
    }
    return context;
  }

  // As MNIST's images were made: scaled to a box of 20 x 20 pixels, and placed with its
  // center of mass in the center of 28 x 28.
  function asMnist() {
    if (strokes.length === 0) return blank;
    const xs = strokes.flat().map((point) => point.x);
    const ys = strokes.flat().map((point) => point.y);
    const low = { x: Math.min(...xs), y: Math.min(...ys) };
    const high = { x: Math.max(...xs), y: Math.max(...ys) };
    const extent = Math.max(high.x - low.x, high.y - low.y, 0.1);
    const scale = ((20 - PEN) / extent) * FINE;
    const side = live.SIDE * FINE;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = side;

    function inkAround(center) {
      const place = ({ x, y }) => [
        (x - center.x) * scale + side / 2,
        (y - center.y) * scale + side / 2,
      ];
      const context = draw(canvas, PEN * FINE, place);
      const { data } = context.getImageData(0, 0, side, side);
      return Float32Array.from({ length: side ** 2 }, (_, i) => 1 - data[4 * i] / 255);
    }

    const middle = { x: (low.x + high.x) / 2, y: (low.y + high.y) / 2 };
    const mass = live.centerOfMass(inkAround(middle), side);
    const center = {
      x: middle.x + (mass.x - side / 2) / scale,
      y: middle.y + (mass.y - side / 2) / scale,
    };
    return live.shrink(inkAround(center), side);
  }

  function pointIn(event) {
    const box = drawing.getBoundingClientRect();
    return {
      x: (event.clientX - box.left) / box.width,
      y: (event.clientY - box.top) / box.height,
    };
  }

  drawing.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    drawing.setPointerCapture(event.pointerId);
    shown = null;
    strokes.push([pointIn(event)]);
    updateSoon();
  });
  drawing.addEventListener("pointermove", (event) => {
    if (!drawing.hasPointerCapture(event.pointerId)) return;
    strokes[strokes.length - 1].push(pointIn(event));
    updateSoon();
  });
  find("clear").addEventListener("click", () => {
    shown = null;
    strokes = [];
    update();
  });

  // --- test images, slider, all on ---

  function show(index) {
    shown = (index + images.length) % images.length;
    strokes = [];
    update();
  }

  find("previous").addEventListener("click", () => show((shown ?? 0) - 1));
  find("next").addEventListener("click", () => show((shown ?? -1) + 1));
  find("random").addEventListener("click", () =>
    show(Math.floor(Math.random() * images.length)),
  );
  find("k").addEventListener("input", (event) => {
    k = Number(event.target.value);
    update();
  });
  find("all-on").addEventListener("click", () => {
    cards.forEach((card) => card.off.clear());
    update();
  });

  // --- painting ---

  // Gray levels as in the notebooks: 0 is white paper, 1 is black ink.
  function paint(canvas, pixels, left = 0, top = 0) {
    const data = new ImageData(live.SIDE, live.SIDE);
    pixels.forEach((pixel, i) => {
      data.data.fill(255 * (1 - pixel), 4 * i, 4 * i + 3);
      data.data[4 * i + 3] = 255;
    });
    canvas.getContext("2d").putImageData(data, left, top);
  }

  // Gray is 0, white the largest positive weight, black the largest negative one.
  function paintFilter(canvas, weights) {
    const largest = Math.max(...weights.map(Math.abs));
    paint(canvas, weights.map((weight) => 0.5 - weight / largest / 2));
  }

  // Matplotlib's viridis at nine points, straight lines between them.
  const VIRIDIS = [
    [68, 1, 84],
    [71, 44, 122],
    [59, 81, 139],
    [44, 113, 142],
    [33, 144, 141],
    [39, 173, 129],
    [92, 200, 99],
    [170, 220, 50],
    [253, 231, 37],
  ];

  function viridis(share) {
    const at = Math.min(Math.max(share, 0), 1) * (VIRIDIS.length - 1);
    const below = Math.min(Math.floor(at), VIRIDIS.length - 2);
    const mixed = VIRIDIS[below].map((low, channel) =>
      Math.round(low + (at - below) * (VIRIDIS[below + 1][channel] - low)),
    );
    return `rgb(${mixed})`;
  }

  function update() {
    const image = shown === null ? asMnist() : images[shown];
    draw(drawing, drawing.width * 0.07, ({ x, y }) => [x * drawing.width, y * drawing.height]);
    find("hint").hidden = strokes.length > 0;
    paint(find("input"), image);
    const what =
      shown === null
        ? strokes.length > 0
          ? "your drawing"
          : "blank paper"
        : `test image ${shown + 1} of ${images.length}, a ${labels[shown]}`;
    find("caption").textContent = what[0].toUpperCase() + what.slice(1);
    find("input").setAttribute("aria-label", `What the models see: ${what}`);
    find("k-value").textContent = k === cards[0].units.length ? `all ${k}` : k;
    cards.forEach((card) => updateCard(card, image));
    announce();
  }

  function updateCard(card, image) {
    const { model, element, units, off, selected } = card;
    const full = live.encode(model, image);
    const code = live.keepStrongest(model, live.switchOff(full, off), k);
    const reconstruction = live.decode(model, code);
    paint(find("reconstruction", element), reconstruction);
    find("reconstruction", element).setAttribute(
      "aria-label",
      `Reconstruction by the ${model.title} code`,
    );
    card.n90 = live.n90(model, code);
    find("n90", element).textContent = card.n90;
    find("error", element).textContent = live.squaredError(image, reconstruction).toFixed(4);

    const strength = live.strengths(model, code);
    units.forEach((button, unit) => {
      const state = off.has(unit) ? "switched off" : `activation ${code[unit].toFixed(2)}`;
      button.setAttribute("aria-label", `Unit ${unit + 1}, ${state}`);
      button.setAttribute("aria-pressed", unit === selected);
      button.tabIndex = unit === selected ? 0 : -1;
      button.classList.toggle("live-off", off.has(unit));
      button.style.backgroundColor = viridis(strength[unit] / card.brightest);
    });

    find("unit", element).textContent = `Unit ${selected + 1}`;
    find("activation", element).textContent = `activation ${full[selected].toFixed(2)}`;
    find("toggle", element).textContent = off.has(selected) ? "Switch on" : "Switch off";
    const filter = find("filter", element);
    paintFilter(filter, live.filter(model, selected));
    filter.setAttribute("aria-label", `Filter of unit ${selected + 1}, ${model.title}`);
    updateExciting(card);
  }

  function updateExciting({ codes, selected, element }) {
    const canvas = find("exciting", element);
    canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
    const step = live.SIDE + 1;
    const columns = Math.ceil(canvas.width / step);
    const best = live.mostExciting(codes, selected, columns * Math.ceil(canvas.height / step));
    best.forEach((i, place) =>
      paint(canvas, images[i], (place % columns) * step, Math.floor(place / columns) * step),
    );
    const digits = best.map((i) => labels[i]).join(", ");
    const text = digits ? `excited most by images of ${digits}` : "excited by no image here";
    canvas.setAttribute("aria-label", `Unit ${selected + 1} is ${text}`);
  }

  let frame = null;
  function updateSoon() {
    frame ??= requestAnimationFrame(() => {
      frame = null;
      update();
    });
  }

  // A screen reader is told once it is quiet, not at every move of a pen.
  let quiet = null;
  function announce() {
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      const counts = cards.map((card) => `${card.model.title} ${card.n90}`);
      find("status").textContent = `Units that carry 90%: ${counts.join(", ")}.`;
    }, 800);
  }

  cards.forEach((card) => {
    const strength = live.strengths(card.model, card.codes[shown]);
    card.selected = strength.indexOf(Math.max(...strength));
  });
  page.hidden = false;
  update();
});
