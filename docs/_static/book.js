// What a reader expects, kept beside what was measured; and what else needs a script.
"use strict";

for (const form of document.querySelectorAll(".guess")) {
  const measured = form.parentElement.querySelector(".guess + .measured");
  const answer = closestAnswer(form);
  const result = measured.textContent && measured.innerHTML;
  const slider = form.querySelector("input[type=range]");
  const said = () => {
    const chosen = form.querySelector("input:checked");
    if (chosen) return chosen.value;
    return slider ? slider.dataset.guess : form.querySelector("input").value.trim();
  };

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    if (slider) {
      slider.dataset.guess = slider.value;
      form.querySelector("output").value = slider.value;
    }
  });
  answer.addEventListener("toggle", () => {
    form.querySelector("fieldset").disabled = answer.open;
    measured.hidden = !answer.open || !(result || said());
    measured.textContent = said() ? `You said: ${said()}. ` : "";
    measured.insertAdjacentHTML("beforeend", result || "");
    if (slider && said()) measured.append(line(said(), measured.dataset.value, slider));
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
