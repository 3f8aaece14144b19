// From a pen's strokes to an image such as MNIST's. A stroke is a list of points { x, y },
// each from 0 to 1.

window.liveDrawing = (function () {
  "use strict";

  const SIDE = 28;
  const PEN = 2.4; // width of the pen in pixels of MNIST
  const FINE = 10; // the drawing is made this many times finer, then averaged

  // Strokes in black on white; `place` says where on the canvas a point lies.
  function draw(canvas, strokes, width, place) {
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

  function drawOnPaper(canvas, strokes) {
    const place = ({ x, y }) => [x * canvas.width, y * canvas.height];
    draw(canvas, strokes, canvas.width * 0.07, place);
  }

  // As MNIST's images were made: scaled to a box of 20 x 20 pixels, and placed with its
  // center of mass in the center of 28 x 28.
  function asMnist(strokes) {
    if (strokes.length === 0) return new Float32Array(SIDE * SIDE);
    const xs = strokes.flat().map((point) => point.x);
    const ys = strokes.flat().map((point) => point.y);
    const low = { x: Math.min(...xs), y: Math.min(...ys) };
    const high = { x: Math.max(...xs), y: Math.max(...ys) };
    const extent = Math.max(high.x - low.x, high.y - low.y, 0.1);
    const scale = ((20 - PEN) / extent) * FINE;
    const side = SIDE * FINE;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = side;

    function inkAround(center) {
      const place = ({ x, y }) => [
        (x - center.x) * scale + side / 2,
        (y - center.y) * scale + side / 2,
      ];
      const context = draw(canvas, strokes, PEN * FINE, place);
      const { data } = context.getImageData(0, 0, side, side);
      return Float32Array.from({ length: side ** 2 }, (_, i) => 1 - data[4 * i] / 255);
    }

    const middle = { x: (low.x + high.x) / 2, y: (low.y + high.y) / 2 };
    const mass = centerOfMass(inkAround(middle), side);
    const center = {
      x: middle.x + (mass.x - side / 2) / scale,
      y: middle.y + (mass.y - side / 2) / scale,
    };
    return shrink(inkAround(center), side);
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

  // Average square blocks of a large square drawing, so that 28 x 28 pixels are left.
  function shrink(ink, side) {
    const block = side / SIDE;
    const image = new Float32Array(SIDE * SIDE);
    ink.forEach((value, i) => {
      const x = Math.floor((i % side) / block);
      const y = Math.floor(i / side / block);
      image[y * SIDE + x] += value / block ** 2;
    });
    return image;
  }

  // Let a pen, a finger, or the mouse draw. `begin` is called with the first point of a
  // stroke, `go` with each later one.
  function takePen(canvas, begin, go) {
    function point(event) {
      const box = canvas.getBoundingClientRect();
      return {
        x: (event.clientX - box.left) / box.width,
        y: (event.clientY - box.top) / box.height,
      };
    }
    canvas.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary || event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      begin(point(event));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) go(point(event));
    });
  }

  // --- drawings to try, none of them a digit as MNIST knows it ---

  function stroke(...numbers) {
    return Array.from({ length: numbers.length / 2 }, (_, i) => ({
      x: numbers[2 * i] / 100,
      y: numbers[2 * i + 1] / 100,
    }));
  }

  const PRESETS = {
    star: [stroke(50, 12, 73, 84, 12, 38, 88, 38, 27, 84, 50, 12)],
    "letter A": [stroke(20, 88, 50, 12, 80, 88), stroke(32, 60, 68, 60)],
    "two digits": [
      stroke(25, 25, 25, 75),
      stroke(50, 30, 65, 24, 74, 34, 70, 46, 52, 75, 78, 75),
    ],
    "7 upside down": [stroke(72, 82, 30, 82, 62, 15)],
  };

  return { drawOnPaper, asMnist, takePen, PRESETS };
})();
