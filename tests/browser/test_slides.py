"""The slides as they are shown: 1280 x 720 pixels, without the internet."""

import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]

DECKS = sorted(path.stem for path in ROOT.glob("notebooks/*.ipynb"))

# Goes through a deck, and says of each step on each slide what is out of the picture, and
# the smallest letters.
LOOK = """async () => {
  const slides = [];
  for (;;) {
    const slide = Reveal.getCurrentSlide();
    const boxes = [...slide.querySelectorAll("*")].filter((one) => one.offsetParent);
    const letters = boxes.filter((one) =>
      [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
    slides.push({
      text: slide.innerText.slice(0, 60),
      bottom: Math.max(...boxes.map((one) => one.getBoundingClientRect().bottom)),
      right: Math.max(...boxes.map((one) => one.getBoundingClientRect().right)),
      smallest: Math.min(
        ...letters.map((one) => parseFloat(getComputedStyle(one).fontSize))),
      figures: slide.querySelectorAll("img").length,
    });
    if (Reveal.isLastSlide() && !Reveal.availableFragments().next) return slides;
    Reveal.next();
  }
}"""

# Goes to each question that the audience answers first, and says whether the measured
# answer is in sight together with it, and after how many steps it is.
PREDICT = """() => [...document.querySelectorAll(".celltag_prediction")].map((answer) => {
  const visible = () => Reveal.getCurrentSlide().contains(answer) &&
    !answer.closest(".fragment:not(.visible)");
  const question = [...document.querySelectorAll(".jp-MarkdownCell")].filter((cell) =>
    cell.textContent.includes("Predict first") &&
    cell.compareDocumentPosition(answer) & Node.DOCUMENT_POSITION_FOLLOWING).at(-1);
  const {h, v} = Reveal.getIndices(question.closest("section"));
  Reveal.slide(h, v, -1);
  if (visible()) return 0;
  for (let steps = 1; steps < 10; steps++) {
    Reveal.next();
    if (visible()) return steps;
  }
})"""


@pytest.fixture(scope="module")
def decks(convert):
    """The folder of the decks, built as `make slides` builds it."""
    folder = convert("slides")
    shutil.copytree(ROOT / "docs" / "vendor", folder / "vendor")
    return folder


def open_deck(page, decks, name):
    page.goto((decks / f"{name}.slides.html").as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")


@pytest.mark.parametrize("name", DECKS)
def test_no_slide_overflows(page, decks, troubles, name):
    open_deck(page, decks, name)
    slides = page.evaluate(LOOK)
    assert len(slides) > 20
    assert sum(slide["figures"] for slide in slides) >= 5
    assert [s for s in slides if s["bottom"] > 720 or s["right"] > 1280] == []
    assert [s for s in slides if s["smallest"] < 18] == []
    assert troubles == []


@pytest.mark.parametrize("name", DECKS)
def test_formulas_are_set(page, decks, name):
    open_deck(page, decks, name)
    assert page.locator("mjx-container").count() > 3
    assert page.locator("mjx-merror, [data-mjx-error]").count() == 0


@pytest.mark.parametrize("name", DECKS)
def test_the_answer_comes_after_the_question(page, decks, name):
    open_deck(page, decks, name)
    steps = page.evaluate(PREDICT)
    assert len(steps) >= 1
    assert all(1 <= each < 10 for each in steps)


@pytest.mark.parametrize("name", DECKS)
def test_solutions_are_on_no_slide(page, decks, name):
    open_deck(page, decks, name)
    assert page.locator(".celltag_exercise").count() >= 2
    assert page.locator(".celltag_solution").count() == 0
    assert page.locator("details").count() == 0


@pytest.mark.parametrize("name", DECKS)
def test_links_lead_to_the_book_beside_the_slides(page, decks, site, name):
    open_deck(page, decks, name)
    links = page.locator("a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    to_book = [href for href in links if href.startswith("../")]
    assert "../site/live.html" in to_book
    for href in to_book:
        file, _, anchor = href.removeprefix("../site/").partition("#")
        text = (site / file).read_text(encoding="utf-8")
        assert not anchor or f'id="{anchor}"' in text


def test_one_deck_leads_to_the_next(page, decks):
    open_deck(page, decks, DECKS[0])
    page.locator(f"a[href='{DECKS[1]}.slides.html']").first.click()
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    assert page.locator("section.present h1").inner_text().startswith("2. ")
