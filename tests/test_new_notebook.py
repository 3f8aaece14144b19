"""Who adds a notebook touches its file: the rest follows from the file's name."""

import logging
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


def test_it_is_in_the_book(project):
    site = project / "site"
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning"]
    subprocess.run([*command, project / "docs", site], check=True)
    assert TITLE in (site / f"notebooks/{NAME}.html").read_text("utf-8")
    before = sorted(ROOT.glob("notebooks/*.ipynb"))[-1].stem
    last = (site / f"notebooks/{before}.html").read_text("utf-8")
    (following,) = re.findall(r'<a class="right-next"\s+href="([^"]*)"', last)
    assert following == f"{NAME}.html"
    assert f'href="notebooks/{NAME}.html"' in (site / "index.html").read_text("utf-8")


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
