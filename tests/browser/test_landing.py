"""The landing page opens with something to do, and no page is heavy."""

import gzip
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sae_utils import data
from tools import export_live, export_pictures

import numpy as np
import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(path.stem for path in ROOT.glob("notebooks/*.ipynb"))


@pytest.fixture
def landing(page, site, troubles):
    page.goto((site / "index.html").as_uri())
    page.wait_for_selector("#live[data-ready]", state="attached")
    yield page
    assert troubles == []


def errors(page):
    return [float(each) for each in page.locator('[data-live="error"]').all_inner_texts()]


def test_reader_draws_at_once(landing):
    drawing = landing.locator('[data-live="drawing"]').bounding_box()
    assert drawing["y"] + drawing["height"] < 720
    before = errors(landing)
    assert landing.locator('[data-live="keep"]').input_value() == "4"
    x, y = drawing["x"] + 70, drawing["y"] + 40
    landing.mouse.move(x, y)
    landing.mouse.down()
    for dx, dy in (80, 0), (30, 70), (90, 100), (0, 150):
        landing.mouse.move(x + dx, y + dy, steps=5)
    landing.mouse.up()
    landing.wait_for_timeout(300)
    assert landing.locator('[data-live="caption"]').inner_text() == "Your drawing"
    assert errors(landing) != before
    # The drawing goes along to the page that looks inside the networks.
    mine = errors(landing)
    landing.locator(".ways a").first.click()
    landing.wait_for_url(re.compile(r"live\.html#drawing="))
    landing.wait_for_selector("#live[data-ready]", state="attached")
    assert landing.locator('[data-live="caption"]').inner_text() == "Your drawing"
    np.testing.assert_allclose(errors(landing), mine, atol=0.02)


def test_pictures_stand_in_until_the_models_are_loaded(page, site):
    page.route("**/live_models.js", lambda route: None)  # never comes
    page.goto((site / "index.html").as_uri())
    for name in ("input", *export_live.MODELS):
        picture = page.locator(f'img[src$="poster_{name}.png"]')
        assert picture.is_visible()
        assert picture.evaluate("image => image.naturalWidth") == 28
    assert not page.locator('[data-live="reconstruction"]').first.is_visible()


def test_pictures_are_what_the_models_make(landing):
    """What is loaded later looks like what stood there before."""
    for name in ("input", *export_live.MODELS):
        before, after = landing.evaluate(
            """name => {
              const image = document.querySelector(`img[src$="poster_${name}.png"]`);
              const canvas = image.parentElement.querySelector("canvas");
              const copy = new OffscreenCanvas(28, 28).getContext("2d");
              copy.drawImage(image, 0, 0);
              const { data } = canvas.getContext("2d").getImageData(0, 0, 28, 28);
              return [Array.from(data), image.complete];
            }""",
            name,
        )
        assert after
        shown = np.reshape(before, (28, 28, 4))[:, :, 0] / 255
        picture = export_pictures.STATIC / f"poster_{name}.png"
        expected = export_pictures.images.imread(picture)[:, :, 0]
        np.testing.assert_allclose(shown, expected, atol=0.06)


def test_there_are_four_ways_in_and_a_card_for_each_notebook(landing, site):
    ways = landing.locator(".ways a")
    assert [way.split()[0] for way in ways.all_inner_texts()] == [
        "Play",
        "Read",
        "Run",
        "Teach",
    ]
    cards = landing.locator(".cards a")
    assert [Path(each.get_attribute("href")).stem for each in cards.all()] == NOTEBOOKS
    for link in [*ways.all(), *cards.all()]:
        assert (site / link.get_attribute("href")).exists()
    for card in cards.all():
        card.scroll_into_view_if_needed()
        image = card.locator("img")
        image.evaluate("image => image.decode()")
        assert image.evaluate("image => image.naturalWidth") == 480
        assert len(image.get_attribute("alt")) > 20


def test_landing_page_says_what_was_measured():
    text = " ".join((ROOT / "docs/index.md").read_text(encoding="utf-8").split())
    live = (ROOT / "docs/live.md").read_text(encoding="utf-8")
    four, all_64 = (
        re.findall(r"0\.\d+", re.search(rf"^\| {k} \| 0.*", live, re.M)[0])
        for k in (4, 64)
    )
    assert "{} for the plain network, {} for L1, and {} for KL".format(*four) in text
    assert "{}, against {} for L1 and {} for KL".format(*all_64) in text
    needed = {
        name: float(re.search(rf"^\| {name} \| (\d+\.\d)", live, re.M)[1])
        for name in ("Plain", "L1", "KL")
    }
    assert needed["L1"] == pytest.approx(25, abs=1) == needed["KL"]
    share = f"about 25 of the 64 make up 90% of it, against {needed['Plain']:.0f}."
    assert share in text
    blank = np.mean(data.load_mnist(1).x_test ** 2)
    assert f"({blank:.3f} for blank paper)" in text


PAGES = ["index", "live", "teaching", *(f"notebooks/{name}" for name in NOTEBOOKS)]


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_heavy(page, site, name):
    """What a page loads by itself, compressed as a server sends it."""
    loaded = set()
    page.on("request", lambda request: loaded.add(urlsplit(request.url).path))
    page.goto((site / f"{name}.html").as_uri())
    page.wait_for_timeout(1_500)
    # Figures below the screen come when it has loaded: a browser fetches them ahead.
    later = page.evaluate(
        """() => [...document.querySelectorAll("img[loading=lazy]")]
          .filter((one) => one.getBoundingClientRect().top > innerHeight)
          .map((one) => new URL(one.src).pathname)"""
    )
    sizes = {
        path: len(gzip.compress(Path(unquote(path)).read_bytes()))
        for path in loaded - set(later)
        if path.startswith("/")
    }
    for path, size in sorted(sizes.items(), key=lambda each: -each[1])[:6]:
        print(f"{size:>9,} {path}")
    print(f"{sum(sizes.values()):>9,} in all")
    assert sum(sizes.values()) < 900_000
    assert not any("fontawesome" in path for path in sizes)
    assert page.locator("i[class*='fa-'], span.fa-bars").count() == 0
    assert page.locator("svg.svg-inline--fa").count() >= 5


def tags(path):
    text = path.read_text(encoding="utf-8")
    found = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', text))
    found |= dict(re.findall(r'<link rel="(canonical|icon)" href="([^"]*)"', text))
    return found


def test_a_link_to_the_book_shows_what_it_is(site):
    index = tags(site / "index.html")
    assert len(index["description"]) > 80
    assert "canonical" not in index
    assert (site / index["icon"].split("?")[0]).exists()
    assert (site / index["og:image"]).read_bytes().startswith(b"\x89PNG")
    ET.parse(site / "_static/favicon.svg")
