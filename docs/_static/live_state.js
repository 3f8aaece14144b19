// What the reader has chosen in the live page, told to whoever listens, and written as the
// hash of an address, so that a link restores it.

window.liveState = (function () {
  "use strict";

  const UNITS = 64;
  const IMAGES = 250;
  const MODELS = ["plain", "l1", "kl"];

  // `image` counts from 0 and is null while the drawing is shown. `strokes` are lists of
  // points from 0 to 1. `off` and `pinned` hold units, counted from 0, by model.
  const chosen = {
    image: 30,
    strokes: [],
    keep: 4,
    look: "kl",
    off: { plain: new Set(), l1: new Set(), kl: new Set() },
    pinned: { plain: null, l1: null, kl: null },
  };
  const listeners = [];

  function listen(listener) {
    listeners.push(listener);
  }

  function change(some) {
    Object.assign(chosen, some);
    listeners.forEach((listener) => listener(chosen));
  }

  // --- a drawing as text: three letters per point, a dot between strokes ---

  const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const GRID = 511; // a point lies on one of 512 x 512 places
  const NEAR = 0.012; // points closer than this to the last one are left out

  function toText(strokes) {
    return strokes.map((stroke) => thinned(stroke).map(pointToText).join("")).join(".");
  }

  function thinned(stroke) {
    const kept = [];
    stroke.forEach((point, i) => {
      const last = kept[kept.length - 1];
      const far = !last || Math.hypot(point.x - last.x, point.y - last.y) > NEAR;
      if (far || i === stroke.length - 1) kept.push(point);
    });
    return kept;
  }

  function pointToText({ x, y }) {
    const [column, row] = [x, y].map((each) =>
      Math.round(GRID * Math.min(Math.max(each, 0), 1)),
    );
    const both = column * (GRID + 1) + row;
    return LETTERS[both >> 12] + LETTERS[(both >> 6) & 63] + LETTERS[both & 63];
  }

  function toStrokes(text) {
    return (text.match(/[\w-]+/g) ?? [])
      .map((stroke) =>
        (stroke.match(/.../g) ?? []).map((three) => {
          const both = [...three].reduce((sum, letter) => 64 * sum + LETTERS.indexOf(letter), 0);
          return { x: Math.floor(both / (GRID + 1)) / GRID, y: (both % (GRID + 1)) / GRID };
        }),
      )
      .filter((stroke) => stroke.length > 0);
  }

  // --- the hash ---

  function toHash() {
    const { image, strokes, keep, look, off, pinned } = chosen;
    const parts = image === null ? [`drawing=${toText(strokes)}`] : [`image=${image + 1}`];
    parts.push(`keep=${keep}`, `look=${look}`);
    if (pinned[look] !== null) parts.push(`unit=${pinned[look] + 1}`);
    for (const model of MODELS) {
      const units = [...off[model]].sort((a, b) => a - b).map((unit) => unit + 1);
      if (units.length > 0) parts.push(`off-${model}=${units.join(".")}`);
    }
    return `#${parts.join("&")}`;
  }

  // Take over what a hash says; what it does not say is as at the start, but all 64 units
  // are kept. Return whether the hash is one of ours.
  function restore(hash) {
    const said = new URLSearchParams(hash.replace(/^#/, ""));
    if (!said.has("image") && !said.has("drawing")) return false;
    const image = whole(said.get("image"), IMAGES);
    const look = MODELS.includes(said.get("look")) ? said.get("look") : "kl";
    const pinned = { plain: null, l1: null, kl: null };
    const unit = whole(said.get("unit"), UNITS);
    if (unit) pinned[look] = unit - 1;
    const off = {};
    for (const model of MODELS) {
      const units = (said.get(`off-${model}`) ?? "").split(".").map((each) => whole(each, UNITS));
      off[model] = new Set(units.filter(Boolean).map((each) => each - 1));
    }
    change({
      image: image ? image - 1 : null,
      strokes: image ? [] : toStrokes(said.get("drawing") ?? ""),
      keep: whole(said.get("keep"), UNITS) || UNITS,
      look,
      pinned,
      off,
    });
    return true;
  }

  // A whole number from 1 to a largest one, or 0.
  function whole(text, largest) {
    const number = /^\d{1,3}$/.test(text ?? "") ? Number(text) : 0;
    return number <= largest ? number : 0;
  }

  return { chosen, listen, change, toHash, restore };
})();
