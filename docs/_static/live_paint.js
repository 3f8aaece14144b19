// How images and weights become pixels on a canvas. Paper is white and ink is dark, in the
// dark mode too.

window.livePaint = (function () {
  "use strict";

  const SIDE = 28;
  const ORANGE = [230, 97, 1]; // tells apart from black with any kind of color vision

  // `color` writes the red, green, and blue of a value into three bytes.
  function paint(canvas, values, color, left, top) {
    const data = new ImageData(SIDE, SIDE);
    values.forEach((value, i) => {
      color(value, data.data.subarray(4 * i, 4 * i + 3));
      data.data[4 * i + 3] = 255;
    });
    canvas.getContext("2d").putImageData(data, left, top);
  }

  // Gray levels as in the notebooks: 0 is white paper, 1 is black ink.
  function image(canvas, pixels, left = 0, top = 0) {
    paint(canvas, pixels, (ink, bytes) => bytes.fill(255 * (1 - ink)), left, top);
  }

  // What a unit draws: black where it adds ink, orange where it takes ink away, paper where
  // it does neither. `largest` is the weight whose color is full.
  function weights(canvas, values, left = 0, top = 0, largest = largestOf(values)) {
    function color(weight, bytes) {
      const share = Math.min(Math.abs(weight) / largest, 1) || 0;
      if (weight >= 0) bytes.fill(255 * (1 - share));
      else ORANGE.forEach((full, i) => (bytes[i] = 255 - share * (255 - full)));
    }
    paint(canvas, values, color, left, top);
  }

  function largestOf(values) {
    return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  }

  return { SIDE, image, weights };
})();
