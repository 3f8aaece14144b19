"""The book as a reader meets it: opened from its folder, on a screen and on a phone."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(path.stem for path in ROOT.glob("notebooks/*.ipynb"))
PAGES = [f"notebooks/{name}" for name in NOTEBOOKS]
PAGES += sorted(path.stem for path in ROOT.glob("docs/*.md"))


WIDTHS = [320, 768, 1280]


def open_page(page, site, name):
    page.goto((site / f"{name}.html").as_uri())
    page.wait_for_load_state("load")
    page.evaluate("window.MathJax && MathJax.startup.promise")


def wait_for_formulas(page):
    if page.locator("article .math").count():  # notebook 08 has none
        page.wait_for_selector("article mjx-container")


def wait_for_models(page, name):
    """Wait until one can draw, on the pages on which one can."""
    if name in ("index", "live"):
        page.wait_for_selector("#live[data-ready]", state="attached")


def load_all_figures(page):
    """Load also the figures that load when a reader comes near them."""
    page.evaluate(
        """() => Promise.all([...document.images].map((image) => {
            image.loading = "eager";
            return image.decode().catch(() => {});
        }))"""
    )


def unfold(page, selector):
    """Open all that is folded, and would not be looked at, and end its fading in."""
    page.locator(selector).evaluate_all(
        """all => all.forEach(one => {
            one.open = true;
            one.getAnimations({subtree: true}).forEach(each => each.finish());
        })"""
    )


def test_these_are_all_pages(site):
    found = [*site.glob("*.html"), *site.glob("notebooks/*.html")]
    made = {path.relative_to(site).with_suffix("").as_posix() for path in found}
    made -= {"search", "genindex", "py-modindex"}
    assert made == set(PAGES)


def test_the_book_is_small(site):
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    assert size < 40e6  # with a deck of slides for each notebook


@pytest.mark.parametrize("name", PAGES)
def test_page_is_whole(page, site, troubles, name):
    open_page(page, site, name)
    # What scripts fetch after it has loaded. ("networkidle" is a state that a page of a
    # folder may never report, on a busy machine.)
    page.wait_for_timeout(500)
    assert troubles == []


# Of what a page shows, whatever ends right of the screen, as text.
CUT = """(all, width) => all
    .map(one => one.matches("mjx-container") ? one.firstElementChild : one)
    .filter(one => one.getBoundingClientRect().right > width)
    .map(one => one.parentElement.textContent)"""

# Whatever scrolls sideways and does not show it. A figure or code that is cut shows it.
NO_SHADOW = """all => all.filter(one => {
  const style = getComputedStyle(one);
  return one.scrollWidth > one.clientWidth + 1 && !one.matches("pre") &&
    !one.querySelector("img, pre") &&
    ["auto", "scroll"].includes(style.overflowX) &&
    !style.backgroundImage.includes("gradient");
}).map(one => one.outerHTML.slice(0, 200))"""

# What must be in sight on a phone without scrolling sideways.
ON_A_PHONE = {
    "live": "article table",
    "notebooks/03_kl_sparsity": "article table.dataframe th:text-is('probe_error')",
}


@pytest.mark.parametrize("name", PAGES)
def test_page_fits_each_width(page, site, screenshots, name):
    """Nothing sticks out to the right, and a phone has an outline.

    The upper part of the page is kept as pictures, and all of those that one draws on.
    """
    open_page(page, site, name)
    wait_for_models(page, name)
    unfold(page, "article details")
    load_all_figures(page)
    on_a_phone = ON_A_PHONE.get(name)
    for width in [*WIDTHS, 390] if on_a_phone else WIDTHS:
        page.set_viewport_size({"width": width, "height": 740})
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth") <= width
        if width == 320:
            formulas = page.locator("article mjx-container:not(table *)")
            assert formulas.evaluate_all(CUT, width) == []
            assert page.locator("article *").evaluate_all(NO_SHADOW) == []
        if width == 390:
            assert page.locator(on_a_phone).count() >= 1
            assert page.locator(on_a_phone).evaluate_all(CUT, width) == []
        height = page.evaluate(f"{root}.scrollHeight")
        if name not in ("index", "live"):
            height = min(height, 3_000)
        page.screenshot(
            path=screenshots / f"{name.replace('/', '_')}_{width}.jpg",
            quality=60,
            full_page=True,
            clip={"x": 0, "y": 0, "width": width, "height": height},
        )
    page.set_viewport_size({"width": 360, "height": 740})
    outline = page.locator("button.secondary-toggle:visible")
    if outline.count():
        outline.first.click()
        assert page.locator(".page-toc a:visible").count()


@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible(page, site, name):
    page.emulate_media(color_scheme="light")
    open_page(page, site, name)
    wait_for_models(page, name)
    unfold(page, "article details")
    # Formulas and code hold most of a notebook's elements, and are the same kind of thing
    # in each: code is looked at in the first one, and formulas are set by MathJax.
    exclude = [["mjx-container"]] + [["pre"]] * (name != PAGES[0])
    # Colors are all that the second theme changes.
    rules = {"light": {}, "dark": {"runOnly": ["color-contrast", "link-in-text-block"]}}
    for theme, only in rules.items():
        page.emulate_media(color_scheme=theme)
        page.wait_for_selector(f"html[data-theme={theme}]")
        page.wait_for_timeout(500)  # the theme lets some colors fade over
        options = {"resultTypes": ["violations"]} | only
        found = Axe().run(page, {"exclude": exclude}, options)
        serious = [
            (theme, each["id"], node["html"])
            for each in found.response["violations"]
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]
        assert serious == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_formulas_are_set(page, site, name):
    open_page(page, site, f"notebooks/{name}")
    wait_for_formulas(page)
    unfold(page, "article details:not([class])")  # texts, and no code
    text = page.locator("article").inner_text()
    assert re.findall(r"\\(?:hat|rho|frac|sum|lambda)\b|\$\$", text) == []
    # A formula that MathJax cannot read is shown in red.
    assert page.locator("mjx-merror, [data-mjx-error]").count() == 0


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_figure_has_an_alt_text(page, site, name):
    open_page(page, site, f"notebooks/{name}")
    alts = page.locator("article img").evaluate_all("all => all.map(one => one.alt)")
    assert len(alts) >= 4
    assert [alt for alt in alts if len(alt) < 20 or alt.startswith("../_images")] == []


def opens(folded, prompt, content):
    """Check that something is folded below a prompt, and open it by a click."""
    summary = folded.locator("summary").first
    assert summary.inner_text() == prompt
    assert not content.is_visible()
    summary.click()
    assert content.is_visible()
    assert summary.inner_text() == prompt


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_solutions_and_explanations_are_folded(page, site, name):
    open_page(page, site, f"notebooks/{name}")
    assert page.locator("article details").count() >= 4
    assert page.locator("article details[open]").count() == 0
    solutions = page.locator("article .tag_solution details")
    assert solutions.count() in (2, 3)
    for solution in solutions.all():
        opens(solution, "Solution", solution.locator(".cell_input pre"))
        assert solution.locator(".cell_output").is_visible()
    explanations = page.locator("article details:not([class])")
    assert explanations.count() >= 1
    for explanation in explanations.all():
        opens(explanation, "Explanation", explanation.locator("p").first)
        assert re.search(r"\$|\*\*|`|\]\(", explanation.inner_text()) is None


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_long_code_of_figures_is_folded(page, site, name):
    open_page(page, site, f"notebooks/{name}")
    unfold(page, "details.answer")
    for cell in page.locator("article .cell:has(.cell_output img)").all():
        if cell.locator("details").count():
            if "tag_solution" not in cell.get_attribute("class"):
                code = cell.locator(".cell_input pre")
                opens(cell.locator("details"), "Code of this figure", code)
        else:
            code = cell.locator(".cell_input pre").inner_text()
            assert len([line for line in code.splitlines() if line.strip()]) < 8


# Answers, and the texts that read them, and whether they are in sight.
ANSWERS = """all => all.map(answer => ({
  seen: [...answer.querySelectorAll(".cell, p")].some(one => one.checkVisibility()),
  cells: answer.querySelectorAll(".cell.tag_prediction").length,
  others: answer.querySelectorAll(".cell:not(.tag_prediction)").length,
  texts: answer.querySelectorAll(":scope > p, :scope > blockquote").length,
}))"""


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_an_answer_is_folded_with_its_reading(browser, site, name, script):
    context = browser.new_context(java_script_enabled=script)
    page = context.new_page()
    page.goto((site / f"notebooks/{name}.html").as_uri())
    predictions = page.locator(".cell.tag_prediction").count()
    answers = page.locator("article details.answer")
    found = answers.evaluate_all(ANSWERS)
    assert sum(each["cells"] for each in found) == predictions >= 1
    for each, answer in zip(found, answers.all(), strict=True):
        assert not each["seen"] and each["others"] == 0 and each["texts"] >= 1
        opens(answer, "Reveal", answer.locator(".cell_output").first)
        assert answer.locator(":scope > p").first.is_visible()
    # Without scripts there is nothing to answer with, and the folds still work.
    shown = page.locator(".guess").evaluate_all("all => all.map(one => !one.hidden)")
    assert shown == [script] * len(found)
    context.close()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_guess_stays_beside_what_was_measured(page, site, name):
    open_page(page, site, f"notebooks/{name}")
    forms = page.locator("article .guess").all()
    for form, answer in zip(forms, page.locator("details.answer").all(), strict=True):
        result = form.locator("xpath=following-sibling::*[1]")
        expect(result).to_be_hidden()
        given = form.locator("input").last
        kind = given.get_attribute("type")
        if kind == "radio":
            given.check()
            said = given.get_attribute("value")
        else:
            said = given.get_attribute("min") if kind == "range" else "42"
            given.fill(said)
        if form.locator(".points").count():
            said = f"{form.locator('label').last.inner_text().strip()}: {said}"
        # A fold tells of its change ("toggle") a little after the click.
        answer.locator("summary").first.click()
        expect(result).to_contain_text(re.compile(rf"^You said: {re.escape(said)}\."))
        assert ("Measured: " in result.inner_text()) == (kind != "text")
        expect(given).to_be_disabled()
        answer.locator("summary").first.click()
        expect(result).to_be_hidden()
        expect(given).to_be_enabled()


def test_a_curve_is_drawn_by_mouse_and_by_keyboard(page, site):
    open_page(page, site, "notebooks/06_superposition")
    points = page.locator(".guess .points")
    points.scroll_into_view_if_needed()
    sliders = points.locator("input")
    first, last = sliders.first.bounding_box(), sliders.last.bounding_box()
    # From the upper left to the lower right.
    page.mouse.move(first["x"] + first["width"] / 2, first["y"] + 1)
    page.mouse.down()
    page.mouse.move(
        last["x"] + last["width"] / 2, last["y"] + last["height"] - 1, steps=50
    )
    page.mouse.up()
    drawn = [float(each) for each in sliders.evaluate_all("all => all.map(s => s.value)")]
    assert drawn[0] >= 0.9 and drawn[-1] == 0 and drawn == sorted(drawn, reverse=True)
    assert len(set(drawn)) == len(drawn)
    sliders.last.focus()
    page.keyboard.press("ArrowUp")
    assert float(sliders.last.input_value()) == 0.05
    guessed = points.locator("polyline.guessed")
    corners = [
        [float(number) for number in corner.split(",")]
        for corner in guessed.get_attribute("points").split()
    ]
    assert len(corners) == len(drawn)
    assert all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(corners))
    page.locator("details.answer summary").nth(1).click()
    measured = points.locator("polyline.true")
    expect(measured).to_have_attribute("points", re.compile(r"(\S+,\S+ ?){6}"))
    assert guessed.bounding_box()["height"] > 100 < measured.bounding_box()["height"]


@pytest.mark.parametrize("name", NOTEBOOKS)
@pytest.mark.parametrize("target", ["live", "glossary"])
def test_notebook_leads_to_pages_of_the_book(page, site, name, target):
    open_page(page, site, f"notebooks/{name}")
    assert page.locator("article a[href*='docs/']").count() == 0
    page.locator(f"article a[href^='../{target}.html']").first.click()
    page.wait_for_url(re.compile(rf"/{target}\.html"))
    address, _, anchor = page.url.partition("#")
    assert address == (site / f"{target}.html").as_uri()
    assert not anchor or page.locator(f"[id='{anchor}']").count() == 1


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_can_be_downloaded_copied_and_left_for_the_next(page, site, name):
    open_page(page, site, f"notebooks/{name}")
    href = page.get_by_role("link", name="download this notebook").get_attribute("href")
    assert (site / "notebooks" / href).resolve().read_bytes().startswith(b"{")
    assert page.locator("article button.copybtn").count() >= 10
    assert page.locator(".prev-next-footer a").count() == 2
    assert page.locator(".bd-toc a, .page-toc a").count() >= 5  # the page's outline


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_tables_and_code_fit_their_column(page, site, name):
    open_page(page, site, f"notebooks/{name}")
    unfold(page, "article details")
    tables = page.locator("article table").evaluate_all(
        """all => all.map(table => [table.innerText.slice(0, 60), table.scrollWidth,
            table.closest("div").clientWidth])"""
    )
    assert [table for table in tables if table[1] > table[2]] == []
    boxes = page.locator("article .cell_input pre").evaluate_all(
        """all => all.map(pre => [parseFloat(getComputedStyle(pre).fontSize),
            Math.max(...pre.innerText.split("\\n").map(line => line.length)),
            pre.scrollWidth - pre.clientWidth])"""
    )
    assert [box for box in boxes if box[0] < 13.5] == []
    # Lines that Ruff may not break can be longer; and a fold is a little narrower.
    assert [box for box in boxes if box[1] <= 86 and box[2] > 0] == []


@pytest.mark.parametrize("name", PAGES)
def test_headings_are_of_three_sizes_and_skip_none(page, site, name):
    # Without scripts: the live page's cards have headings of their own.
    text = (site / f"{name}.html").read_text(encoding="utf-8")
    article = re.search(r"<article.*?</article>", text, re.DOTALL)[0]
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", article)]
    assert levels[0] == 1 and levels.count(1) == 1 and max(levels) <= 3
    steps = [after - before for before, after in pairwise(levels)]
    assert max(steps, default=0) <= 1 or name in ("index", "live")


def test_a_heading_is_larger_than_those_in_its_section(page, site):
    open_page(page, site, f"notebooks/{NOTEBOOKS[0]}")
    h1, h2, h3, text = page.locator("article").evaluate(
        """article => ["h1", "h2", "h3", "p"].map(kind =>
            parseFloat(getComputedStyle(article.querySelector(kind)).fontSize))"""
    )
    assert h1 > 1.2 * h2 > 1.44 * h3 > 1.44 * text


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_code_figures_and_formulas_can_be_read_on_a_phone(page, site, name):
    page.set_viewport_size({"width": 360, "height": 740})
    open_page(page, site, f"notebooks/{name}")
    wait_for_formulas(page)
    unfold(page, "article details")
    load_all_figures(page)
    scroll = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).length"
    assert page.locator("article .cell_input pre").evaluate_all(scroll) == 0
    figures = page.locator("article .cell_output img").evaluate_all(
        "all => all.map(one => one.width / Math.min(608, one.naturalWidth / 1.5))"
    )
    assert min(figures) > 0.6
    # No formula begins left of the screen, and of those in parts none begins right of it.
    places = page.locator("article mjx-container").evaluate_all(
        """all => all.map(one => one.firstElementChild.getBoundingClientRect())
            .map(box => box.left)"""
    )
    assert [place for place in places if not 0 <= place <= 360] == []


def test_search_finds_sections_and_shows_words(page, site, troubles):
    page.goto((site / "search.html").as_uri() + "?q=cholesky+factor")
    found = page.locator("ul.search li").first
    found.wait_for()
    assert "1000 inputs squeezed into 500 hidden units" in found.inner_text()
    assert "Cholesky factor" in found.locator("span").first.inner_text()
    href = found.locator("a").get_attribute("href")
    assert href.endswith(".html#inputs-squeezed-into-500-hidden-units")
    found.locator("a").click()
    page.wait_for_url(re.compile(r"#inputs-squeezed"))
    assert page.locator("#inputs-squeezed-into-500-hidden-units").is_visible()
    assert troubles == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_a_search_found_can_be_read(page, site, theme):
    page.emulate_media(color_scheme=theme)
    page.goto((site / "search.html").as_uri() + "?q=unit")
    page.wait_for_selector("span.highlighted")
    page.wait_for_timeout(500)  # until all results are there
    violations = Axe().run(page).response["violations"]
    assert "color-contrast" not in [each["id"] for each in violations]


def test_api_has_no_empty_words(page, site):
    assert "Alias for field number" not in (site / "api.html").read_text("utf-8")


def test_search_finds_sparsity(page, site, troubles):
    page.goto((site / "search.html").as_uri() + "?q=sparsity")
    page.wait_for_selector("ul.search li a")
    found = page.locator("ul.search li a").evaluate_all("all => all.map(a => a.href)")
    for name in NOTEBOOKS[1:3]:  # it is their subject
        assert any(f"{name}.html" in href for href in found)
    assert troubles == []


def test_reader_switches_to_dark(page, site):
    open_page(page, site, "index")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("button.theme-switch-button:visible").click()
    page.get_by_role("button", name="Dark", exact=True).click()
    after = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (before, after) == ("rgb(255, 255, 255)", "rgb(18, 18, 18)")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_prints_whole(page, site, name):
    open_page(page, site, f"notebooks/{name}")
    load_all_figures(page)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("article").is_visible()
    for gone in (".bd-sidebar-primary", ".prev-next-footer", ".guess", ".copybtn"):
        assert page.locator(gone).evaluate_all(
            "all => all.every(one => !one.checkVisibility())"
        ), gone
    # Answers are there; what is folded leaves nothing behind.
    assert page.locator(".tag_prediction .cell_output").first.is_visible()
    folds = page.locator("article details:not([open])")
    assert folds.evaluate_all("all => all.every(one => !one.checkVisibility())")
    # A4 and Letter, between margins of 15 mm, in pixels of a 96th of an inch.
    for width in (680, 702):
        page.set_viewport_size({"width": width, "height": 900})
        cut = page.locator("article :is(pre, table, img)").evaluate_all(
            """(all, width) => all.filter(one => one.checkVisibility() && (
                one.scrollWidth > one.clientWidth + 1 && one.matches("pre, table") ||
                one.getBoundingClientRect().right > width)).map(one => one.outerHTML)""",
            width,
        )
        assert cut == []
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details.answer[open]").count() == 0


def test_no_link_to_services_without_a_repository(site):
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "mybinder.org" not in text and "colab.research" not in text
