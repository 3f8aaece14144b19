"""The pages in Markdown: their links hold on a code host, and name every notebook."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
NOTEBOOKS = sorted(path.name for path in ROOT.glob("notebooks/*.ipynb"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page):
    text = page.read_text("utf-8")
    # A code host finds its own pages from ../../ on, such as what its tests say.
    targets = re.findall(r"\]\((?!https?:|#|\.\./\.\./actions/)([^)#\s]+)", text)
    assert [each for each in targets if not (page.parent / each).exists()] == []


@pytest.mark.parametrize("name", NOTEBOOKS)
@pytest.mark.parametrize("page", ["README.md", "docs/teaching.md"])
def test_every_notebook_is_there(page, name):
    assert f"notebooks/{name})" in (ROOT / page).read_text("utf-8")
