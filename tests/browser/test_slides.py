"""The slides as they are shown: 1280 x 720 pixels, without the internet."""

import re
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]

DECKS = sorted(path.stem for path in ROOT.glob("notebooks/*.ipynb"))

# Goes through a deck, and says of each slide, with all that appears on it, where its
# contents end, and how large its letters, code and figures are.
LOOK = """async () => {
  const slides = [];
  const box = (one) => one.getBoundingClientRect();
  for (;;) {
    while (Reveal.availableFragments().next) Reveal.next();
    const slide = Reveal.getCurrentSlide();
    const boxes = [...slide.querySelectorAll("*")].filter((one) => one.offsetParent);
    const letters = boxes.filter((one) =>
      [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
    const size = (one) => parseFloat(getComputedStyle(one).fontSize);
    const code = [...slide.querySelectorAll(".code pre")];
    const lines = [...slide.querySelectorAll(".code .line")];
    const parts = [...slide.querySelectorAll(".body > *")].map(box);
    // Where the letters of a line's first row begin, and of the others.
    const rows = (line) => {
      const range = document.createRange();
      range.selectNodeContents(line);
      const lefts = {};
      for (const { left, top, width } of range.getClientRects()) {
        const row = Math.round(top / 10);
        if (width > 0) lefts[row] = Math.min(left, lefts[row] ?? left);
      }
      return Object.values(lefts);
    };
    slides.push({
      kind: slide.className,
      title: slide.querySelector("h1, h2")?.innerText.trim(),
      above: slide.querySelector(".above")?.innerText,
      text: slide.innerText.slice(0, 60),
      bottom: Math.max(...letters.map((one) => box(one).bottom),
        ...[...slide.querySelectorAll("img, svg")].map((one) => box(one).bottom)),
      right: Math.max(...boxes.map((one) => box(one).right)),
      smallest: Math.min(...letters.map(size)),
      code: Math.min(99, ...code.map(size)),
      lines: lines.filter((one) => /\\S/.test(one.textContent) &&
          !/# continued\\s*$/.test(one.textContent))
        .map((one) => box(one).height / (1.35 * size(one))).reduce((a, b) => a + b, 0),
      hangs: lines.map(rows).filter((each) => each.length > 1)
        .every(([first, ...others]) => others.every((left) => left > first + 40)),
      begins: lines[0]?.textContent ?? "",
      ends: lines.at(-1)?.textContent.trim() ?? "",
      height: Math.max(...parts.map((one) => one.bottom))
        - Math.min(...parts.map((one) => one.top)),
      figures: [...slide.querySelectorAll("img")].map((one) => [box(one).width,
        box(one).height, one.naturalWidth / one.naturalHeight, one.alt]),
      notes: slide.querySelector(".notes")?.textContent.trim() || "",
    });
    if (Reveal.isLastSlide()) return slides;
    Reveal.next();
  }
}"""


def open_deck(page, site, name):
    page.goto((site / f"slides/{name}.slides.html").as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")


@pytest.fixture(scope="module")
def looked_at(browser, site):
    """What there is on the slides of each deck, looked at once."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    found = {}
    for name in DECKS:
        open_deck(page, site, name)
        found[name] = page.evaluate(LOOK)
    page.close()
    return found


def figures_of(name):
    """Return what is stored with a notebook's figures."""
    cells = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells
    return [
        output.metadata["image/png"]
        for cell in cells
        if "solution" not in cell.metadata.get("tags", [])
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]


@pytest.mark.parametrize("name", DECKS)
def test_no_slide_overflows(looked_at, name):
    slides = looked_at[name]
    assert len(slides) > 20
    assert [s for s in slides if s["bottom"] > 700 or s["right"] > 1280] == []
    assert [s for s in slides if s["smallest"] < 18] == []


@pytest.mark.parametrize("name", DECKS)
def test_slides_are_filled(looked_at, name):
    """What is centered on a slide may be short, such as one number, but seldom is."""
    slides = looked_at[name]
    assert [s["title"] for s in slides if s["height"] < 55] == []
    low = [(s["title"], s["height"]) for s in slides if s["height"] < 140]
    assert len(low) <= 0.1 * len(slides), low


@pytest.mark.parametrize("name", DECKS)
def test_code_is_cut_where_it_can_be_read(looked_at, name):
    slides = looked_at[name]
    assert [s["title"] for s in slides if s["begins"].startswith(" ")] == []
    assert [s["title"] for s in slides if s["ends"].endswith(":")] == []
    assert [s["title"] for s in slides if not s["hangs"]] == []


@pytest.mark.parametrize("name", DECKS)
def test_every_slide_has_a_title_that_the_notebook_has(looked_at, name):
    cells = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells
    texts = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    written = {*re.findall(r"^#+ (.*)", texts, re.MULTILINE)}
    written |= {*re.findall(r"^\*\*((?:Exercise )?\d+\. .+?)\.?\*\*", texts, re.M)}
    plain = {re.sub(r"[*`]", "", title) for title in written}
    plain |= {about["title"] for about in figures_of(name)}
    titles = [re.sub(r" \(\d of \d\)$", "", s["title"] or "") for s in looked_at[name]]
    assert [title for title in titles if title not in plain and "$" not in title] == []


@pytest.mark.parametrize("name", DECKS)
def test_a_figure_is_all_of_its_slide_and_its_title_is_the_slides(looked_at, name):
    with_figure = [s for s in looked_at[name] if s["figures"]]
    shown = {s["figures"][0][3]: s for s in with_figure}
    for about in figures_of(name):
        slide = shown[about["alt"]]
        assert slide["title"] == about["title"]
        ((width, height, shape, _),) = slide["figures"]
        # As wide as the slide, or as high as it allows.
        assert width > 1150 or height > 380
        # What is cut off is the title's place, no more and no less.
        cut = 1 - shape * height / width
        assert cut == pytest.approx(about["title_share"], abs=0.01)


@pytest.mark.parametrize("name", DECKS)
def test_code_can_be_read_from_the_back_row(looked_at, name):
    assert [s["text"] for s in looked_at[name] if s["code"] < 28] == []
    assert [s["text"] for s in looked_at[name] if s["lines"] > 8.5] == []


@pytest.mark.parametrize("name", DECKS)
def test_prose_is_in_the_notes(looked_at, name):
    noted = [slide for slide in looked_at[name] if slide["notes"]]
    assert len(noted) > len(looked_at[name]) / 3
    cells = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells
    seen = re.sub(r"\W+", " ", " ".join(s["notes"] for s in looked_at[name]))
    for cell in cells:
        # A paragraph of plain words between results is said somewhere.
        if cell.cell_type == "markdown" and not re.search(r"[$*`\[#<>|]", cell.source):
            first = re.sub(r"\W+", " ", cell.source.split("\n\n")[0]).strip()
            assert first in seen


@pytest.mark.parametrize("name", DECKS)
def test_the_answer_comes_after_the_question(looked_at, name):
    kinds = [s["kind"].split()[0] if s["kind"] else "" for s in looked_at[name]]
    order = [kind for kind in kinds if kind in ("question", "answer")]
    assert order[0] == "question" and order[-1] == "answer"


@pytest.mark.parametrize("name", DECKS)
def test_deck_is_whole(page, site, troubles, name):
    open_deck(page, site, name)
    assert "$$" not in page.locator("main").text_content()  # all formulas are set
    assert page.locator("mjx-merror, [data-mjx-error]").count() == 0
    assert page.locator("details").count() == 0
    assert "# Solution" not in page.content()
    assert (
        sum("checks.check_" in each for each in page.locator(".code").all_inner_texts())
        >= 2
    )
    assert troubles == []
    links = page.locator("a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    to_book = [href for href in links if href.startswith("../")]
    assert "../live.html" in to_book
    for href in to_book:
        file, _, anchor = href.removeprefix("../").partition("#")
        text = (site / file).read_text(encoding="utf-8")
        assert not anchor or f'id="{anchor}"' in text


def test_the_number_does_not_sit_on_the_arrow(page, site):
    open_deck(page, site, DECKS[0])
    number = page.locator(".slide-number").bounding_box()
    arrows = page.locator(".controls").bounding_box()
    assert number["x"] + number["width"] < arrows["x"]


@pytest.mark.parametrize("name", DECKS)
def test_a_deck_is_accessible(page, site, name):
    open_deck(page, site, name)
    violations = Axe().run(page).response["violations"]
    serious = [each for each in violations if each["impact"] in ("serious", "critical")]
    assert [(each["id"], each["nodes"][0]["html"]) for each in serious] == []


def test_speaker_sees_notes_and_the_next_slide(page, site):
    open_deck(page, site, DECKS[0])
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    speaker = popup.value
    speaker.wait_for_load_state()
    noted = "Reveal.getSlides().findIndex(one => one.querySelector('.notes'))"
    page.evaluate(f"Reveal.slide({noted})")
    notes = page.locator("section.present .notes").text_content().strip()
    speaker.wait_for_function(
        "text => document.querySelector('.speaker-controls-notes .value')"
        ".textContent.includes(text)",
        arg=notes[:40],
    )


@pytest.mark.parametrize("name", DECKS)
def test_the_book_leads_to_the_slides(site, name):
    text = (site / f"notebooks/{name}.html").read_text(encoding="utf-8")
    assert f'<a href="../slides/{name}.slides.html">slides</a>' in text
    assert (site / f"slides/{name}.slides.html").exists()


def test_one_deck_leads_to_the_next(page, site):
    open_deck(page, site, DECKS[0])
    page.locator(f"a[href='{DECKS[1]}.slides.html']").first.click()
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    assert page.locator("section.present h1").inner_text().startswith("2. ")
