// One image, and what three autoencoders make of it while only their strongest units are
// kept. The landing page and the live page both open with it. The models are loaded when
// the browser is idle; until then the page shows what they make of one image.

window.liveCompare = (function () {
  "use strict";

  const { chosen, listen, change } = window.liveState;
  const page = document.getElementById("live");
  const find = (name, parent = page) => parent.querySelector(`[data-live="${name}"]`);

  let images = [];
  let labels = "";
  const cards = {}; // by a model's name: the model, its codes, and its part of the page
  const whenReady = []; // functions that want the cards
  const afterwards = []; // functions that show more of what an update has computed

  // --- loading ---

  function whenIdle(work) {
    if (window.requestIdleCallback) requestIdleCallback(work, { timeout: 1000 });
    else setTimeout(work, 200);
  }

  async function begin() {
    await window.liveLoad("live_models.js");
    images = window.liveModel.unpackImages(window.liveModels.images);
    labels = window.liveModels.labels;
    for (const [name, packed] of Object.entries(window.liveModels.models)) {
      const model = window.liveModel.unpackModel(packed);
      cards[name] = { name, model, element: document.getElementById(`live-${name}`) };
    }
    window.liveState.restore(location.hash);
    connect();
    listen(updateSoon);
    whenReady.forEach((work) => work(cards, images, labels));
    update();
    page.dataset.ready = "yes"; // for the style sheet
  }

  // --- what the reader does ---

  function connect() {
    window.liveDrawing.takePen(
      find("drawing"),
      (point) => change({ image: null, strokes: [...chosen.strokes, [point]] }),
      (point) => {
        chosen.strokes[chosen.strokes.length - 1].push(point);
        change({});
      },
    );
    const next = (by) => show((chosen.image ?? (by > 0 ? -1 : 0)) + by);
    find("previous").addEventListener("click", () => next(-1));
    find("next").addEventListener("click", () => next(1));
    find("random").addEventListener("click", () =>
      show(Math.floor(Math.random() * images.length)),
    );
    find("clear").addEventListener("click", () => change({ image: null, strokes: [] }));
    for (const [name, strokes] of Object.entries(window.liveDrawing.PRESETS)) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.addEventListener("click", () => change({ image: null, strokes }));
      find("presets").append(button);
    }
    find("keep").addEventListener("input", (event) =>
      change({ keep: Number(event.target.value) }),
    );
    find("link").addEventListener("click", copyLink);
    find("picture").addEventListener("click", savePicture);
    // What was drawn here goes along to the page that looks inside.
    for (const link of document.querySelectorAll("a[data-keeps-state]"))
      link.addEventListener("click", () => (link.hash = window.liveState.toHash()));
    addEventListener("hashchange", goTo);
    // A link to the state that the address names already changes no hash.
    document.addEventListener("click", (event) => {
      const hash = event.target.closest("a")?.getAttribute("href");
      if (hash && hash === location.hash) dispatchEvent(new HashChangeEvent("hashchange"));
    });
  }

  function goTo() {
    if (window.liveState.restore(location.hash)) page.parentElement.scrollIntoView();
  }

  function show(index) {
    change({ image: (index + images.length) % images.length, strokes: [] });
  }

  async function copyLink() {
    history.replaceState(null, "", window.liveState.toHash());
    clearTimeout(quiet); // what it was about to say
    try {
      await navigator.clipboard.writeText(location.href);
      confirmLink("Copied");
      say("The link is copied. It opens the page as you see it now.");
    } catch {
      confirmLink("See the address bar");
      say("The browser does not let a page copy. The link is in the address bar.");
    }
  }

  // Say on the button itself, for a while, what has become of the link.
  function confirmLink(text) {
    find("link").textContent = text;
    setTimeout(() => (find("link").textContent = "Copy link"), 4000);
  }

  // --- what the reader sees ---

  function what() {
    if (chosen.image !== null)
      return `Test image ${chosen.image + 1} of ${images.length}, a ${labels[chosen.image]}`;
    const { PRESETS } = window.liveDrawing;
    const preset = Object.keys(PRESETS).find((name) => PRESETS[name] === chosen.strokes);
    if (preset) return `Drawing: ${preset}`;
    return chosen.strokes.length > 0 ? "Your drawing" : "Blank paper";
  }

  function update() {
    const { image, strokes, keep } = chosen;
    const input = image === null ? window.liveDrawing.asMnist(strokes) : images[image];
    window.liveDrawing.drawOnPaper(find("drawing"), strokes);
    find("hint").hidden = strokes.length > 0;
    window.livePaint.image(find("input"), input);
    find("caption").textContent = what();
    find("input").setAttribute("aria-label", `What the models see: ${what()}`);
    find("keep").value = keep;
    find("keep-value").textContent = keep === 64 ? "all 64" : keep;
    find("keep").setAttribute("aria-valuetext", keep === 64 ? "all 64" : `${keep} of 64`);
    for (const card of Object.values(cards)) updateCard(card, input);
    afterwards.forEach((work) => work());
    announce();
  }

  function updateCard(card, input) {
    const live = window.liveModel;
    const { model, element, name } = card;
    card.full = live.encode(model, input);
    card.order = live.strongestFirst(model, card.full);
    card.kept = live.keepStrongest(model, card.full, chosen.keep);
    card.code = live.switchOff(card.kept, chosen.off[name]);
    card.reconstruction = live.decode(model, card.code);
    card.error = live.squaredError(input, card.reconstruction);
    card.n90 = live.n90(model, card.full);
    const canvas = find("reconstruction", element);
    window.livePaint.image(canvas, card.reconstruction);
    canvas.setAttribute("aria-label", `Reconstruction by the ${model.title} code`);
    find("error", element).textContent = card.error.toFixed(3);
    find("n90", element).textContent = card.n90;
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
      const errors = Object.values(cards).map(
        ({ model, error }) => `${model.title} ${error.toFixed(3)}`,
      );
      const kept = chosen.keep === 64 ? "all units" : `${chosen.keep} units`;
      const said = [what(), `${kept} kept`, ...removals()].join(", ");
      say(`${said}. Squared error: ${errors.join(", ")}.`);
    }, 800);
  }

  // Such as "L1 unit 9 removed", for each model of which units are off.
  function removals() {
    return Object.values(cards)
      .filter(({ name }) => chosen.off[name].size > 0)
      .map(({ name, model }) => {
        const units = [...chosen.off[name]].sort((a, b) => a - b).map((unit) => unit + 1);
        return `${model.title} unit${units.length > 1 ? "s" : ""} ${units.join(", ")} removed`;
      });
  }

  function say(text) {
    find("status").textContent = text;
  }

  // --- a picture to keep ---

  function savePicture() {
    const SCALE = 8;
    const side = 28 * SCALE;
    const parts = [[what(), find("input")]];
    for (const { model, element } of Object.values(cards))
      parts.push([model.title, find("reconstruction", element)]);
    const picture = document.createElement("canvas");
    picture.width = parts.length * (side + 24) + 24;
    picture.height = side + 96;
    const context = picture.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, picture.width, picture.height);
    context.imageSmoothingEnabled = false;
    context.fillStyle = "black";
    context.font = "16px sans-serif";
    parts.forEach(([title, canvas], i) => {
      const left = 24 + i * (side + 24);
      context.fillText(title, left, 32, side);
      context.drawImage(canvas, left, 44, side, side);
      context.strokeRect(left - 0.5, 43.5, side + 1, side + 1);
    });
    const kept = chosen.keep === 64 ? "all 64 units" : `the ${chosen.keep} strongest of 64 units`;
    context.fillText(`Rebuilt from ${kept}. Sparse Autoencoders, step by step`, 24, side + 74);
    picture.toBlob((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = "sparse-autoencoders.png";
      link.click();
      URL.revokeObjectURL(link.href);
    });
  }

  // Not before all scripts of the page have said what they want.
  document.addEventListener("DOMContentLoaded", () =>
    whenIdle(() =>
      begin().catch((error) => say(`The models could not be loaded: ${error.message}.`)),
    ),
  );

  return {
    ready: (work) => whenReady.push(work),
    updated: (work) => afterwards.push(work),
  };
})();
