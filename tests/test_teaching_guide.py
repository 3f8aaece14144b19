"""The teaching guide against the notebooks that it speaks of.

A notebook's question, a section's name or a measured number changes sooner or later. The
guide then must not send a teacher to something that is no longer there.
"""

import ast
import re
from pathlib import Path

from sae_utils import data

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
    """Return the headings of sections, and what a figure may have for its title."""
    text = text_of("*")
    return {*re.findall(r"^#+ (.*)", text, re.MULTILINE), *re.findall(r'"(.+?)"', text)}


def rows(text):
    """Return the rows of the tables in a text, as lists of their cells."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines]
    return [[cell.strip().replace(r"\|", "|") for cell in row] for row in cells]


def in_italics(text):
    return re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", text)


def section(name):
    return GUIDE.split(f"\n## {name}\n")[1].split("\n## ")[0]


def questions():
    """Return each notebook's number, and what the guide says of the question in it."""
    parts = section("Predict first").split("\n### Notebook ")[1:]
    return [(f"0{part[0]}", part) for part in parts]


def numbers_in(text):
    return [float(each) for each in re.findall(NUMBER, text)]


def means(table, *settings):
    """Return the means of a measured table over its starts."""
    return data.load_measured(table).groupby(list(settings)).mean(numeric_only=True)


def agrees(quoted, measured):
    """Return whether any measured number is the quoted one, rounded as that is."""
    decimals = len(quoted.partition(".")[2])
    return any(round(number, decimals) == float(quoted) for number in measured)


def test_guide_has_a_question_for_each_notebook():
    notebooks = sorted(path.name[:2] for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert [number for number, _ in questions()] == notebooks


@pytest.mark.parametrize(("number", "part"), questions())
def test_question_is_the_notebooks(number, part):
    quote = re.search(r"(?:^> .*\n)+", part, re.MULTILINE)[0]
    question = re.sub(r"^> ", "", quote, flags=re.MULTILINE)
    assert one_line(question).strip() in one_line(text_of(number))


def test_guide_names_sections_and_figures_that_exist():
    names = [name for row in rows(GUIDE) for cell in row for name in in_italics(cell)]
    answers = re.sub(r"^>.*", "", section("Predict first"), flags=re.MULTILINE)
    names += map(one_line, in_italics(answers))
    assert len(names) > 50
    assert sorted(set(names) - names_in_notebooks()) == []


def test_quoted_messages_are_the_checks():
    modules = sorted((ROOT / "sae_utils" / "checks").glob("*.py"))
    source = "\n".join(module.read_text(encoding="utf-8") for module in modules)
    messages = {
        key.value
        for each in ast.walk(ast.parse(source))
        if isinstance(each, ast.Dict)
        for key in each.keys
        if isinstance(key, ast.Constant)
    }
    mistakes = [row[0] for row in rows(section("Common mistakes, and what to say"))]
    quoted = [each.strip('"') for each in mistakes if each.startswith('"')]
    assert len(quoted) > 5
    assert [each for each in quoted if each not in messages] == []


@pytest.mark.parametrize(("number", "part"), questions())
def test_measured_numbers_are_the_notebooks(number, part):
    found = re.findall(r"^\*\*Measured.*?(?=\n\n|\Z)", part, re.DOTALL | re.MULTILINE)
    assert len(found) == 1
    measured = numbers_in(text_of(number))
    if number == "03":  # a figure shows them
        settings = means("kl_settings", "rho", "beta")[["fvu", "n90"]].reset_index()
        measured = settings.to_numpy().ravel()
    quoted = re.findall(NUMBER, found[0])
    assert quoted
    assert [each for each in quoted if not agrees(each, measured)] == []


def test_scoreboard_is_the_measured_one():
    board = means("scoreboard", "code")
    shown = {row[0]: row[1:] for row in rows(GUIDE) if row[0] in board.index}
    assert set(board.index) - set(shown) == {"pixels", "PCA"}
    for code, row in shown.items():
        columns = board.loc[code, ["probe_error", "dead", "fvu"]]
        for quoted, measured in zip(row, columns, strict=True):
            assert agrees(quoted, [measured]) if quoted else measured != measured


def test_dead_units_of_each_recipe_are_the_measured_ones():
    dead = means("recipe_steps", "step", "variant")["dead"]
    last = dead.xs(dead.index.get_level_values("step").max())
    text = one_line(section("Predict first"))
    for variant, units in last.items():
        quoted = re.search(rf"{variant} ({NUMBER})(?=[,.] )", text)
        assert quoted and agrees(quoted[1], [units]), variant


def test_decimals_are_measured():
    """A number with a decimal point is in a notebook, or computed for the guide."""
    measured = numbers_in(text_of("*"))
    for table, *settings in [
        ("kl_settings", "rho", "beta"),
        ("recipe_steps", "variant", "step"),
        ("scoreboard", "code"),
        ("sparser", "code"),
    ]:
        measured += means(table, *settings).to_numpy().ravel().tolist()
    parts = re.split(r"\n(?=\n|\||- )", GUIDE)
    own = [part for part in parts if "for this page" not in one_line(part)]
    said = re.sub(r'"[^"]*"', "", "\n".join(own))  # without what students answer
    quoted = [each for each in re.findall(NUMBER, said) if "." in each]
    assert len(quoted) > 50
    assert sorted({each for each in quoted if not agrees(each, measured)}) == []


@pytest.mark.parametrize(
    ("quoted", "right"),
    [("0.021", True), ("0.0208", True), ("0.020", False), ("21", False), ("3", True)],
)
def test_a_number_agrees_with_what_it_is_rounded_from(quoted, right):
    assert agrees(quoted, [0.02081, 3.0]) == right
