// A look inside one of the three models: how its units, one after the other, draw the
// image, and what each of them stands for.

window.liveCompare.ready(function (cards, images, labels) {
  "use strict";

  const live = window.liveModel;
  const paint = window.livePaint;
  const { chosen, change } = window.liveState;
  const page = document.getElementById("live-inside");
  const find = (name) => page.querySelector(`[data-live="${name}"]`);

  const UNITS = 64;
  const FRAMES = [0, 1, 2, 3, 4, 5, 6, 8, 12, 16, 32, 64]; // units kept in the film
  const PALEST = 0.25; // how dark the tile of a silent unit is

  // --- what stays as it is while one looks at a model ---

  // Codes of the test images, and where a tile's brightness ends: at the strongest unit of
  // an average image. They are computed at the first look at a model.
  function measured(card) {
    if (card.codes) return card;
    card.codes = images.map((image) => live.encode(card.model, image));
    const largest = card.codes.map((code) => Math.max(...live.strengths(card.model, code)));
    card.brightest = largest.reduce((sum, each) => sum + each) / largest.length;
    return card;
  }

  const looks = [...page.querySelectorAll("input[name='live-look']")];
  looks.forEach((radio) =>
    radio.addEventListener("change", () => change({ look: radio.value })),
  );

  const frames = FRAMES.map((keep) => {
    const button = find("frame").content.cloneNode(true).firstElementChild;
    button.addEventListener("click", () => change({ keep }));
    find("film").append(button);
    // Without a unit there is nothing to keep: the slider begins at 1.
    button.disabled = keep === 0;
    return button;
  });

  // 64 tiles are a list of which one is chosen: one tab stop, and arrow keys.
  const tiles = Array.from({ length: UNITS }, (_, unit) => {
    const tile = document.createElement("div");
    tile.setAttribute("role", "option");
    tile.id = `live-unit-${unit + 1}`;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = paint.SIDE;
    tile.append(canvas);
    tile.addEventListener("click", () => pin(unit));
    return tile;
  });
  find("units").append(...tiles);
  find("units").addEventListener("keydown", (event) => {
    const columns = getComputedStyle(find("units")).gridTemplateColumns.split(" ").length;
    const unit = selected();
    const target = {
      ArrowLeft: unit - 1,
      ArrowRight: unit + 1,
      ArrowUp: unit - columns,
      ArrowDown: unit + columns,
      Home: 0,
      End: UNITS - 1,
    }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    if (target >= 0 && target < UNITS) pin(target);
  });

  // --- which unit ---

  // The strongest one, until the reader chooses another.
  function selected() {
    return chosen.pinned[chosen.look] ?? cards[chosen.look].order[0] ?? 0;
  }

  function pin(unit) {
    change({ pinned: { ...chosen.pinned, [chosen.look]: unit } });
  }

  // A button that has nothing to do stays in the tab order: a reader who has just pressed it
  // keeps the place.
  function allow(button, now) {
    button.setAttribute("aria-disabled", !now);
  }

  function onPress(name, work) {
    const button = find(name);
    button.addEventListener("click", () => {
      if (button.getAttribute("aria-disabled") !== "true") work();
    });
  }

  onPress("follow", () => pin(null));
  find("toggle").addEventListener("click", () => {
    const off = new Set(chosen.off[chosen.look]);
    // The unit stays in sight when it has left the picture.
    const unit = selected();
    if (!off.delete(unit)) off.add(unit);
    change({
      off: { ...chosen.off, [chosen.look]: off },
      pinned: { ...chosen.pinned, [chosen.look]: unit },
    });
  });
  onPress("all-on", () =>
    change({ off: { plain: new Set(), l1: new Set(), kl: new Set() } }),
  );

  // --- painting ---

  let painted = null; // the model whose filters the tiles show
  function update() {
    const card = measured(cards[chosen.look]);
    const off = chosen.off[card.name];
    looks.forEach((radio) => (radio.checked = radio.value === card.name));
    if (painted !== card) {
      tiles.forEach((tile, unit) =>
        paint.weights(tile.firstChild, live.filter(card.model, unit)),
      );
      painted = card;
    }
    find("units").setAttribute("aria-label", `Units of the ${card.model.title} code`);
    const strength = live.strengths(card.model, card.code);
    tiles.forEach((tile, unit) => {
      const share = Math.min(strength[unit] / card.brightest, 1);
      tile.firstChild.style.opacity = PALEST + (1 - PALEST) * share;
      tile.classList.toggle("live-off", off.has(unit));
      tile.setAttribute("aria-label", `Unit ${unit + 1}, ${state(card, unit)}`);
      tile.setAttribute("aria-selected", unit === selected());
      tile.tabIndex = unit === selected() ? 0 : -1;
    });
    // Arrow keys take the focus along.
    if (tiles.includes(document.activeElement)) tiles[selected()].focus();
    const anyOff = Object.values(chosen.off).some((units) => units.size > 0);
    allow(find("all-on"), anyOff);
    updateFilm(card);
    updateUnit(card, selected());
  }

  // In words, what the tile shows.
  function state(card, unit) {
    if (chosen.off[card.name].has(unit)) return "removed";
    if (card.full[unit] === 0) return "silent";
    if (card.kept[unit] === 0) return "not kept";
    return `activation ${card.full[unit].toFixed(2)}`;
  }

  function updateFilm(card) {
    const { model, full, order, name } = card;
    frames.forEach((button, i) => {
      const keep = FRAMES[i];
      const code = live.switchOff(live.keepStrongest(model, full, keep), chosen.off[name]);
      paint.image(button.querySelector("canvas"), live.decode(model, code));
      const before = i > 0 ? FRAMES[i - 1] : 0;
      const added = order[keep - 1];
      let text = `${keep} units`;
      let label = `Keep ${keep} units`;
      if (keep === 0) text = label = "no unit";
      else if (keep === UNITS) text = "all 64";
      else if (keep === before + 1 && added !== undefined) {
        text = `+ ${added + 1}`;
        label += `, which adds unit ${added + 1}`;
      }
      button.querySelector("span").textContent = text;
      button.setAttribute("aria-label", label);
      const now = keep <= chosen.keep && chosen.keep < (FRAMES[i + 1] ?? Infinity);
      if (now) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
  }

  function updateUnit(card, unit) {
    const { model, full, kept, reconstruction } = card;
    const isOff = chosen.off[card.name].has(unit);
    find("unit").textContent = `Unit ${unit + 1}`;
    const rank = card.order.indexOf(unit) + 1;
    const place = rank === 0 ? "silent" : `no. ${rank} by contribution`;
    find("activation").textContent = `${place}, activation ${full[unit].toFixed(2)}`;
    find("toggle").textContent = isOff ? "Put it back" : "Remove this one";
    allow(find("follow"), chosen.pinned[card.name] !== null);
    paint.weights(find("filter"), live.filter(model, unit));
    find("filter").setAttribute("aria-label", `Filter of unit ${unit + 1}, ${model.title}`);

    // What the picture has with the unit, and has not without it.
    find("hole-box").hidden = !isOff;
    if (isOff) {
      const others = live.switchOff(kept, chosen.off[card.name]);
      const withUnit = others.slice();
      withUnit[unit] = kept[unit];
      const whole = live.decode(model, withUnit);
      paint.weights(find("hole"), whole.map((ink, i) => ink - reconstruction[i]), 0, 0, 1);
      const lost = whole.reduce((sum, ink, i) => sum + Math.max(ink - reconstruction[i], 0), 0);
      find("hole").setAttribute(
        "aria-label",
        kept[unit] === 0
          ? "Nothing is missing: the unit was not in the picture"
          : `What is missing without unit ${unit + 1}: ${lost.toFixed(0)} pixels of ink`,
      );
    }
    updateExciting(card, unit);
  }

  function updateExciting({ codes }, unit) {
    const canvas = find("exciting");
    canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
    const step = paint.SIDE + 1;
    const columns = Math.ceil(canvas.width / step);
    const rows = Math.ceil(canvas.height / step);
    const best = live.mostExciting(codes, unit, columns * rows);
    best.forEach((i, place) =>
      paint.image(canvas, images[i], (place % columns) * step, Math.floor(place / columns) * step),
    );
    const digits = best.map((i) => labels[i]).join(", ");
    const text = digits ? `excited most by images of ${digits}` : "excited by no image here";
    canvas.setAttribute("aria-label", `Unit ${unit + 1} is ${text}`);
  }

  window.liveCompare.updated(update);
  page.hidden = false;
});
