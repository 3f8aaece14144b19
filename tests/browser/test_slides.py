"""The slides as they are shown: 1280 x 720 pixels, without the internet."""

import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]

DECKS = ["01_plain_autoencoder", "02_l1_sparsity", "03_kl_sparsity"]

# Goes through a deck, and says of each slide what of it is out of the picture, and the
# smallest letters on it.
LOOK = """async () => {
  const slides = [];
  for (let i = 0; i < Reveal.getTotalSlides(); i++) {
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
    Reveal.next();
  }
  return slides;
}"""


@pytest.fixture(scope="module")
def decks(convert):
    """The folder of the decks, built as `make slides` builds it."""
    folder = convert("slides")
    shutil.copytree(ROOT / "docs" / "vendor", folder / "vendor")
    return folder


@pytest.mark.parametrize("name", DECKS)
def test_no_slide_overflows(page, decks, troubles, name):
    page.goto((decks / f"{name}.slides.html").as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    slides = page.evaluate(LOOK)
    assert len(slides) > 20
    assert sum(slide["figures"] for slide in slides) >= 5
    assert [s for s in slides if s["bottom"] > 720 or s["right"] > 1280] == []
    assert [s for s in slides if s["smallest"] < 18] == []
    assert troubles == []


@pytest.mark.parametrize("name", DECKS)
def test_formulas_are_set(page, decks, name):
    page.goto((decks / f"{name}.slides.html").as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    assert page.locator("mjx-container").count() > 3
    assert page.locator("mjx-merror, [data-mjx-error]").count() == 0


def test_one_deck_leads_to_the_next(page, decks):
    page.goto((decks / f"{DECKS[0]}.slides.html").as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    page.get_by_role("link", name="2. Sparsity by an L1 penalty").first.click()
    page.wait_for_function("window.Reveal && Reveal.isReady()")

    assert "2. Sparsity" in page.locator("section.present h1").inner_text()
