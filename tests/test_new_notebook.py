"""Who adds a notebook touches its file: the rest follows from the file's name.

The book is built as it is published, so its links to services are tested here, too.
"""

import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from hub import files

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NAME = "99_made_up"
TITLE = "99. A made-up notebook"
NOTEBOOKS = sorted(path.stem for path in ROOT.glob("notebooks/*.ipynb"))
NOT_COPIED = (".*", "build", "node_modules", "__pycache__", "tests", "data")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project with one more notebook."""
    folder = tmp_path_factory.mktemp("copy") / "project"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_COPIED))
    node = nbformat.read(folder / "notebooks/01_plain_autoencoder.ipynb", as_version=4)
    text = nbformat.v4.new_markdown_cell(f"# {TITLE}\n\nMade up for a test.")
    solution = nbformat.v4.new_code_cell("print(99)", metadata={"tags": ["solution"]})
    text.metadata["slideshow"] = {"slide_type": "slide"}
    node.cells = [text, solution]
    nbformat.write(node, folder / f"notebooks/{NAME}.ipynb")
    return folder


@pytest.fixture(scope="module")
def site(project):
    """The book of that project, as a workflow of its repository builds it."""
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning"]
    subprocess.run(
        [*command, project / "docs", project / "site"],
        env=os.environ | {"BOOK_REPOSITORY": "https://github.com/owner/name"},
        check=True,
    )
    return project / "site"


def test_it_is_in_the_book(site):
    assert TITLE in (site / f"notebooks/{NAME}.html").read_text("utf-8")
    last = (site / f"notebooks/{NOTEBOOKS[-1]}.html").read_text("utf-8")
    (following,) = re.findall(r'<a class="right-next"\s+href="([^"]*)"', last)
    assert following == f"{NAME}.html"
    assert f'href="notebooks/{NAME}.html"' in (site / "index.html").read_text("utf-8")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_published_notebook_links_to_services(site, name):
    text = (site / f"notebooks/{name}.html").read_text("utf-8")
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


def test_it_is_in_the_students_edition(project, convert):
    students = nbformat.read(convert("student", project) / f"{NAME}.ipynb", as_version=4)
    assert [cell.cell_type for cell in students.cells] == ["markdown"]


def test_it_has_slides(project, convert):
    assert TITLE in (convert("slides", project) / f"{NAME}.slides.html").read_text(
        "utf-8"
    )


def test_the_hub_hands_it_out(project, convert, tmp_path):
    files.hand_out(convert("student", project), tmp_path, logging.getLogger())
    assert (tmp_path / f"notebooks/{NAME}.ipynb").exists()
