// What a reader expects, kept beside what was measured; and what else needs a script.
"use strict";

for (const form of document.querySelectorAll(".guess")) {
  const measured = form.parentElement.querySelector(".guess + .measured");
  const answer = closestAnswer(form);
  const result = measured.textContent && measured.innerHTML;
  const slider = form.querySelector("input[type=range]");
  const points = form.querySelector(".points");
  const said = () => {
    if (points) return saidOfCurve(points);
    const chosen = form.querySelector("input:checked");
    if (chosen) return chosen.value;
    return slider ? slider.dataset.guess : form.querySelector("input").value.trim();
  };

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", ({ target }) => {
    if (slider) target.dataset.guess = target.value;
    if (points) drawCurve(points, "guessed", guesses(points));
    else if (slider) form.querySelector("output").value = slider.value;
  });
  if (points) letDraw(points);
  answer.addEventListener("toggle", () => {
    form.querySelector("fieldset").disabled = answer.open;
    measured.hidden = !answer.open || !(result || said());
    measured.textContent = said() ? `You said: ${said()}. ` : "";
    measured.insertAdjacentHTML("beforeend", result || "");
    if (points) {
      drawCurve(points, "true", answer.open ? measured.dataset.value.split(" ") : []);
    } else if (slider && said()) {
      measured.append(line(said(), measured.dataset.value, slider));
    }
  });
}

// The fold that follows a form.
function closestAnswer(form) {
  const all = [...document.querySelectorAll("details.answer")];
  const follows = Node.DOCUMENT_POSITION_FOLLOWING;
  return all.find((one) => form.compareDocumentPosition(one) & follows);
}

// Guess and measurement on one line, from the slider's least to its largest value.
function line(guess, value, { min, max }) {
  const span = document.createElement("span");
  span.className = "number-line";
  span.setAttribute("aria-hidden", "true");
  for (const [name, number] of [["guessed", guess], ["true", value]]) {
    const mark = span.appendChild(document.createElement("span"));
    mark.className = name;
    mark.style.left = `${(100 * (number - min)) / (max - min)}%`;
  }
  return span;
}

// --- a curve to draw: a slider for each point ---

function guesses(points) {
  return [...points.querySelectorAll("input")].map((slider) => slider.dataset.guess);
}

// Such as "0.1: 0.9, 0.2: 0.4", of the points that the reader has set.
function saidOfCurve(points) {
  const set = [...points.querySelectorAll("label")].filter(
    (label) => label.querySelector("input").dataset.guess,
  );
  const words = (label) =>
    `${label.textContent.trim()}: ${label.querySelector("input").dataset.guess}`;
  return set.map(words).join(", ");
}

// Join the values that there are by lines, over the middle of their sliders.
function drawCurve(points, name, values) {
  const all = [...points.querySelectorAll("input")];
  const frame = points.getBoundingClientRect();
  let curve = points.querySelector(`.${name}`);
  if (!curve) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("aria-hidden", "true");
    curve = svg.appendChild(document.createElementNS(svg.namespaceURI, "polyline"));
    curve.setAttribute("class", name);
    points.append(svg);
  }
  const corners = all.map((slider, i) => {
    const box = slider.getBoundingClientRect();
    const share = (values[i] - slider.min) / (slider.max - slider.min);
    const y = box.bottom - THUMB / 2 - share * (box.height - THUMB);
    return [box.left + box.width / 2 - frame.left, y - frame.top];
  });
  curve.setAttribute("points", corners.filter((_, i) => values[i]).join(" "));
}

const THUMB = 16; // pixels, as wide as a slider's handle

// Draw by a mouse, a pen, or a finger: the slider below it takes its height.
function letDraw(points) {
  const set = (event) => {
    if (event.buttons === 0 || points.closest("fieldset").disabled) return;
    const across = (slider) => {
      const box = slider.getBoundingClientRect();
      return Math.abs(event.clientX - box.left - box.width / 2);
    };
    const all = [...points.querySelectorAll("input")];
    const slider = all.reduce((a, b) => (across(a) <= across(b) ? a : b));
    const box = slider.getBoundingClientRect();
    const share = (box.bottom - THUMB / 2 - event.clientY) / (box.height - THUMB);
    slider.value = Number(slider.min) + share * (slider.max - slider.min);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  };
  points.addEventListener("pointerdown", (event) => {
    points.setPointerCapture(event.pointerId);
    set(event);
  });
  points.addEventListener("pointermove", set);
}

// On paper nothing can be opened: answers are printed, solutions are left out.
const opened = new Set();
addEventListener("beforeprint", () => {
  for (const one of document.querySelectorAll("details.answer:not([open])")) {
    opened.add(one);
    one.open = true;
  }
});
addEventListener("afterprint", () => {
  opened.forEach((one) => (one.open = false));
  opened.clear();
});

// What scrolls sideways can be reached, and scrolled, by keyboard.
addEventListener("load", () => {
  for (const one of document.querySelectorAll(".cell_output, article pre")) {
    if (one.scrollWidth > one.clientWidth + 1) one.tabIndex = 0;
  }
});
