"""What the book does to a notebook: answers folded, guesses measured, formulas broken."""

import sys
from pathlib import Path

import nbformat
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))
import notebook_pages as pages

FOLD = '<details class="answer"><summary>Reveal</summary>'


def text(source):
    return nbformat.v4.new_markdown_cell(source)


def code(source, printed="", **metadata):
    outputs = [nbformat.v4.new_output("stream", text=printed)] if printed else []
    return nbformat.v4.new_code_cell(source, outputs=outputs, metadata=metadata)


def answer(source, printed="1\n"):
    return code(source, printed, tags=["prediction"])


def folded(*cells, asked=()):
    return [cell.source for cell in pages.fold_answers(list(cells), list(asked))]


def test_an_answer_is_folded_with_the_text_behind_it():
    cells = folded(text("Predict"), answer("a"), text("why"), code("b"))
    assert cells[:1] + cells[2:] == ["Predict", FOLD, "a", "why", "</details>", "b"]
    assert cells[1].startswith('<form class="guess" hidden>')


def test_a_section_behind_an_answer_is_in_sight():
    cells = folded(answer("a"), text("why\n\n## Next\n\nmore"), code("b"))
    assert cells[1:] == [FOLD, "a", "why\n\n", "</details>", "## Next\n\nmore", "b"]


def test_two_cells_that_answer_are_in_one_fold():
    cells = folded(answer("a"), text("between"), answer("b"), text("why"), code("c"))
    assert cells[1:] == [FOLD, "a", "between", "b", "why", "</details>", "c"]


def test_a_section_between_two_answers_parts_them():
    cells = folded(answer("a"), text("## Next"), answer("b"))
    assert [cell for cell in cells if "guess" not in cell] == [
        FOLD, "a", "</details>", "## Next", FOLD, "b", "</details>",
    ]  # fmt: skip


def test_an_answer_without_a_text_is_folded():
    assert folded(answer("a"), code("b"))[1:] == [FOLD, "a", "</details>", "b"]
    assert folded(answer("a"))[1:] == [FOLD, "a", "</details>"]


SLIDER = {"ask": "How < much?", "slider": [0, 1, 0.1], "measured": r"x (?P<value>\d\.\d)"}
CHOICES = {
    "ask": "Which?",
    "choices": {"one": r"one (?P<value>\d)", "two": r"two (?P<value>\d)"},
    "best": "largest",
}


def test_what_was_measured_is_read_from_the_outputs():
    form = folded(answer("a", "x 0.7\n"), asked=[SLIDER])[0]
    assert 'type="range" min="0" max="1" step="0.1"' in form
    assert "How &lt; much?" in form
    assert 'data-value="0.7">Measured: 0.7.' in form


@pytest.mark.parametrize(("best", "said"), [("largest", "two"), ("smallest", "one")])
def test_the_right_choice_is_the_measured_one(best, said):
    form = folded(answer("a", "one 3\ntwo 4\n"), asked=[CHOICES | {"best": best}])[0]
    assert form.count("<b>") == 1 and f"{said} <b>" in form


def test_one_of_several_choices_may_be_what_was_measured():
    asked = {"ask": "Which?", "choices": ["one", "two"], "measured": "is (?P<value>two)"}
    form = folded(answer("a", "It is two.\n"), asked=[asked])[0]
    assert form.count('type="radio"') == 2 and "Measured: two." in form


def test_a_curve_to_draw_has_a_slider_for_each_of_its_points():
    asked = {
        "ask": "Draw it",
        "slider": [0, 1, 0.1],
        "axis": "x",
        "curve": {"one": r"1 (?P<value>0\.\d)", "two": r"2 (?P<value>0\.\d)"},
    }
    form = folded(answer("a", "1 0.7\n2 0.3\n"), asked=[asked])[0]
    assert form.count('type="range" min="0" max="1" step="0.1"') == 2
    assert 'data-value="0.7 0.3">Measured: one: 0.7, two: 0.3.' in form


def test_an_answer_that_no_output_holds_is_an_error():
    with pytest.raises(ValueError, match="no output holds"):
        folded(answer("a", "y 0.7\n"), asked=[SLIDER])


def test_a_question_without_a_guess_asks_in_words():
    assert '<input type="text">' in folded(answer("a"))[0]


def test_every_guess_belongs_to_a_question():
    for name, asked in pages.GUESSES.items():
        file = Path(__file__).parents[1] / "notebooks" / f"{name}.ipynb"
        cells = nbformat.read(file, as_version=4).cells
        folds = [cell for cell in pages.fold_answers(cells, asked) if cell.source == FOLD]
        assert len(asked) <= len(folds)


@pytest.mark.parametrize(
    ("formula", "parts"),
    [
        ("a = b", ["a", "{}= b"]),
        (r"a = b + c, \qquad d", ["a", "{}= b", "{}+ c,", "d"]),
        (r"a = f(b + c)", ["a", "{}= f(b + c)"]),
        (r"a = \left( b + c \right)^2", ["a", r"{}= \left( b + c \right)^2"]),
        (r"\sum_{i=1}^n x", [r"\sum_{i=1}^n x"]),
        (r"\{a = b\}", [r"\{a = b\}"]),
        (r"e^x \, (b + c)", [r"e^x \,", "(b + c)"]),
        (r"\left( b + c \right) a (1 - a)", [r"\left( b + c \right)", "a (1 - a)"]),
        (r"a \left( b + c \right) .", [r"a \left( b + c \right) ."]),
        (
            r"a, \qquad \text{1 if } b \text{ is}",
            ["a,", r"\text{1 if } b", r"\text{ is}"],
        ),
    ],
)
def test_a_formula_breaks_outside_of_brackets_only(formula, parts):
    assert [part for _, part in pages.parts_of(formula)] == parts


def test_formulas_of_one_part_and_of_several_lines_stay():
    for formula in ("$$x$$", "$$\\begin{aligned} a &= b \\end{aligned}$$"):
        assert pages.break_formulas(formula) == formula


def test_a_broken_formula_says_the_same():
    broken = pages.break_formulas("Text.\n\n$$a = b$$\n\nMore.")
    assert broken == (
        'Text.\n\n<div class="formula">\n\n<span class="first">$\\displaystyle a$</span>'
        '<span class="more">$\\displaystyle {}= b$</span>\n\n</div>\n\nMore.'
    )


@pytest.mark.parametrize(
    ("source", "chart"),
    [
        ("ax.plot(x)", True),
        ("plots.loss_curves(h)", True),
        ("ax.bar(x)\nplots.show(fig, alt)", True),
        ("ax.imshow(x)\nax.plot(x)", False),
        ("plots.anatomy(model, x)", False),
        ("draw(x)", False),
    ],
)
def test_only_charts_are_light_on_dark(source, chart):
    about = {"image/png": {"alt": "It falls.", "width": 600}}
    cell = nbformat.v4.new_code_cell(source)
    cell.outputs = [nbformat.v4.new_output("display_data", metadata=about)]
    pages.adapt_code(cell)
    assert ("chart" in cell.metadata["mystnb"]["image"]["classes"]) == chart
