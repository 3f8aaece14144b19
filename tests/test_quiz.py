"""The quiz: five questions for each notebook, whose numbers are the notebook's."""

import re
from pathlib import Path

import pytest
from test_teaching_guide import agrees, means, numbers_in, text_of

ROOT = Path(__file__).parents[1]
QUIZ = (ROOT / "docs" / "quiz.md").read_text(encoding="utf-8")
PARTS = {f"{int(part[0]):02}": part for part in QUIZ.split("\n## Notebook ")[1:]}
NOTEBOOKS = sorted(path.name[:2] for path in ROOT.glob("notebooks/*.ipynb"))
TABLES = {"03": [("scoreboard", "code"), ("sparser", "code")]}


def test_every_notebook_has_a_quiz():
    assert list(PARTS) == NOTEBOOKS


@pytest.mark.parametrize("number", PARTS)
def test_five_questions_each_with_marking_notes(number):
    part = PARTS[number]
    assert re.findall(r"^\*\*(\d)\.\*\*", part, re.MULTILINE) == list("12345")
    notes = re.findall(
        r"<summary>Marking notes</summary>\n\n(.+?)\n\n</details>", part, re.S
    )
    assert len(notes) == 5
    assert all("point" in note for note in notes)


@pytest.mark.parametrize("number", PARTS)
def test_numbers_are_the_notebooks(number):
    measured = numbers_in(text_of(number).replace(",", "").replace("_", ""))
    for table, *settings in TABLES.get(number, []):
        measured += means(table, *settings).to_numpy().ravel().tolist()
    said = re.sub(r"\$.*?\$|\d\.\*\*|\(\S+, \d+\)", "", PARTS[number].replace(",", ""))
    quoted = re.findall(r"(?<![\w.])\d*\.?\d{2,}(?![\w-])", said)
    assert quoted
    assert sorted({each for each in quoted if not agrees(each, measured)}) == []
