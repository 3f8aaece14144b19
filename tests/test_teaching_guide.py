"""The teaching guide against the notebooks that it speaks of.

A notebook's question, a section's name or a measured number changes sooner or later. The
guide then must not send a teacher to something that is no longer there.
"""

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
NUMBER = r"(?<![\w.])\d+(?:\.\d+)?"


def one_line(text):
    return re.sub(r"\s+", " ", text)


def text_of(number):
    """Return a notebook's sources and text outputs, or those of all for `*`."""
    parts = []
    for path in sorted((ROOT / "notebooks").glob(f"{number}_*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            parts.append(cell.source)
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                parts.append(output.get("text", data.get("text/plain", "")))
    assert parts
    return "\n".join(parts)


def names_in_notebooks():
    """Return the headings of sections and the titles of figures."""
    text = text_of("*")
    return {
        *re.findall(r"^#+ (.*)", text, re.MULTILINE),
        *re.findall(r'title(?:=|\()"(.*?)"', text),
    }


def names_in_tables():
    """Return what stands in italics in a row of one of the guide's tables."""
    rows = [line for line in GUIDE.splitlines() if line.startswith("|")]
    return [name for row in rows for name in re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", row)]


def questions():
    """Yield each notebook's number, the question on it, and all that is said of that."""
    section = GUIDE.split("\n## Predict first\n")[1].split("\n## ")[0]
    for part in section.split("\n### Notebook ")[1:]:
        quote = re.search(r"(?:^> .*\n)+", part, re.MULTILINE)[0]
        yield f"0{part[0]}", re.sub(r"^> ", "", quote, flags=re.MULTILINE), part


def measured_paragraphs():
    """Yield the numbers of the first two notebooks; the third has its own in a figure."""
    for number, _, part in list(questions())[:2]:
        found = re.findall(r"^\*\*Measured.*?(?=\n\n|\Z)", part, re.DOTALL | re.MULTILINE)
        assert len(found) == 1, f"notebook {number} has {len(found)} measured paragraphs"
        yield number, found[0]


def agrees(quoted, measured):
    """Return whether any measured number is the quoted one, rounded as that is."""
    decimals = len(quoted.partition(".")[2])
    return any(round(number, decimals) == float(quoted) for number in measured)


def test_guide_has_a_question_for_each_notebook():
    assert [number for number, _, _ in questions()] == ["01", "02", "03"]


@pytest.mark.parametrize(("number", "quote", "part"), list(questions()))
def test_question_is_the_notebooks(number, quote, part):
    assert one_line(quote).strip() in one_line(text_of(number))


def test_tables_name_sections_and_figures_that_exist():
    names = names_in_tables()
    assert len(names) > 50
    assert sorted(set(names) - names_in_notebooks()) == []


@pytest.mark.parametrize(("number", "paragraph"), list(measured_paragraphs()))
def test_measured_numbers_are_the_notebooks(number, paragraph):
    measured = [float(each) for each in re.findall(NUMBER, text_of(number))]
    quoted = re.findall(NUMBER, paragraph)
    assert quoted
    assert [each for each in quoted if not agrees(each, measured)] == []


@pytest.mark.parametrize(
    ("quoted", "right"),
    [("0.021", True), ("0.0208", True), ("0.020", False), ("21", False), ("3", True)],
)
def test_a_number_agrees_with_what_it_is_rounded_from(quoted, right):
    assert agrees(quoted, [0.02081, 3.0]) == right
