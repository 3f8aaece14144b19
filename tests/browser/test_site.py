"""The book as a reader meets it: opened from its folder, on a screen and on a phone."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(path.stem for path in ROOT.glob("notebooks/*.ipynb"))
PAGES = [f"notebooks/{name}" for name in NOTEBOOKS]
PAGES += ["index", "live", "glossary", "appendix", "run", "teaching", "hub", "api"]


def open_page(page, site, name):
    page.goto((site / f"{name}.html").as_uri())
    page.wait_for_load_state("load")
    page.evaluate("window.MathJax && MathJax.startup.promise")


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
    assert size < 25e6


@pytest.mark.parametrize("name", PAGES)
def test_page_is_whole(page, site, troubles, name):
    open_page(page, site, name)
    # What scripts fetch after it has loaded. ("networkidle" is a state that a page of a
    # folder may never report, on a busy machine.)
    page.wait_for_timeout(1_000)
    assert troubles == []


@pytest.mark.parametrize("name", PAGES)
def test_page_fits_a_phone(page, site, name):
    page.set_viewport_size({"width": 360, "height": 740})
    open_page(page, site, name)
    unfold(page, "article details")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible(page, site, name, theme):
    page.emulate_media(color_scheme=theme)
    open_page(page, site, name)
    unfold(page, "article details")
    assert page.locator(f"html[data-theme={theme}]").count() == 1
    violations = Axe().run(page).response["violations"]
    serious = [
        (each["id"], node["html"])
        for each in violations
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
    assert serious == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_formulas_are_set(page, site, name):
    open_page(page, site, f"notebooks/{name}")
    page.wait_for_selector("article mjx-container")
    unfold(page, "article details:not([class])")  # texts, and no code
    text = page.locator("article").inner_text()
    assert re.findall(r"\\(?:hat|rho|frac|sum|lambda)\b|\$\$", text) == []
    # A formula that MathJax cannot read is shown in red.
    assert page.locator("mjx-merror, [data-mjx-error]").count() == 0


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_figure_has_an_alt_text(page, site, name):
    open_page(page, site, f"notebooks/{name}")
    alts = page.locator("article img").evaluate_all("all => all.map(one => one.alt)")
    assert len(alts) >= 5
    assert [alt for alt in alts if len(alt) < 20 or alt.startswith("../_images")] == []


def opens(folded, prompt, content, prompt_when_open=None):
    """Check that something is folded below a prompt, and open it by a click."""
    assert folded.locator("summary").inner_text() == prompt
    assert not content.is_visible()
    folded.locator("summary").click()
    assert content.is_visible()
    assert folded.locator("summary").inner_text() == (prompt_when_open or prompt)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_everything_is_folded_at_first(page, site, name):
    open_page(page, site, f"notebooks/{name}")
    assert page.locator("article details").count() >= 4
    assert page.locator("article details[open]").count() == 0


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_solutions_are_folded(page, site, name):
    open_page(page, site, f"notebooks/{name}")
    solutions = page.locator("article details.above-input")
    assert solutions.count() in (2, 3)
    for solution in solutions.all():
        opens(solution, "Solution", solution.locator(".cell_input pre"))
        assert solution.locator(".cell_output").is_visible()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_explanations_are_folded(page, site, name):
    open_page(page, site, f"notebooks/{name}")
    explanations = page.locator("article details:not([class])")
    assert explanations.count() >= 1
    for explanation in explanations.all():
        opens(explanation, "Explanation", explanation.locator("p").first)
        assert re.search(r"\$|\*\*|`|\]\(", explanation.inner_text()) is None


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_answers_to_predictions_are_folded(page, site, name):
    open_page(page, site, f"notebooks/{name}")
    answers = page.locator("article details.below-input")
    assert answers.count() >= 1
    for answer in answers.all():
        assert answer.locator("xpath=preceding-sibling::*").locator("pre").is_visible()
        opens(answer, "Reveal", answer.locator(".cell_output"), "Hide")


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


def test_search_finds_sparsity(page, site, troubles):
    page.goto((site / "search.html").as_uri() + "?q=sparsity")
    page.wait_for_selector("ul.search li a")
    found = page.locator("ul.search li a").evaluate_all("all => all.map(a => a.href)")
    for name in NOTEBOOKS[1:]:
        assert any(f"{name}.html" in href for href in found)
    assert troubles == []


def test_reader_switches_to_dark(page, site):
    open_page(page, site, "index")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("button.theme-switch-button:visible").click()
    page.get_by_role("button", name="Dark", exact=True).click()
    after = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (before, after) == ("rgb(255, 255, 255)", "rgb(18, 18, 18)")


def test_prints_without_the_sidebars(page, site):
    open_page(page, site, "notebooks/01_plain_autoencoder")
    page.emulate_media(media="print")
    assert page.locator("article").is_visible()
    assert not page.locator(".bd-sidebar-primary").is_visible()


def test_no_link_to_services_without_a_repository(site):
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "mybinder.org" not in text and "colab.research" not in text


def test_links_to_services_with_a_repository(tmp_path):
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning"]
    subprocess.run(
        [*command, ROOT / "docs", tmp_path / "site"],
        env=os.environ | {"BOOK_REPOSITORY": "https://github.com/owner/name"},
        check=True,
    )
    for name in NOTEBOOKS:
        text = (tmp_path / "site/notebooks" / f"{name}.html").read_text(encoding="utf-8")
        links = set(re.findall(r'href="(https://(?:mybinder|colab)[^"]*)"', text))
        notebook = f"notebooks/{name}.ipynb"
        assert links == {
            f"https://mybinder.org/v2/gh/owner/name/main?urlpath=lab/tree/{notebook}",
            f"https://colab.research.google.com/github/owner/name/blob/main/{notebook}",
        }
        words = re.sub(r"<[^>]+>", "", text)
        assert "!pip install git+https://github.com/owner/name" in words
        # A published book names its address, and where the picture of a link lies.
        base = "https://owner.github.io/name/"
        assert f'<link rel="canonical" href="{base}notebooks/{name}.html"' in text
        assert f'property="og:image" content="{base}_static/share.png"' in text
