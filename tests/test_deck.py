"""The rule by which cells become slides, on cells made up for it."""

import base64
import re
import struct
import sys
from pathlib import Path

import nbformat
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "docs" / "slides"))
import deck


def text(source):
    return nbformat.v4.new_markdown_cell(source)


def code(source, printed="", png=None, **metadata):
    cell = nbformat.v4.new_code_cell(source, metadata=metadata)
    if printed:
        cell.outputs.append(nbformat.v4.new_output("stream", text=printed))
    if png is not None:
        data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 1200, 600)
        data += bytes(60)
        cell.outputs.append(
            nbformat.v4.new_output(
                "display_data",
                {"image/png": base64.b64encode(data).decode()},
                metadata={"image/png": {"alt": "It falls."} | png},
            )
        )
    return cell


def slides(*cells):
    return deck.slides_of([text("# Two\n\nA promise."), text("## Part"), *cells])[1:]


def kinds(slide):
    return [part["kind"] for part in slide["body"]]


def test_the_title_is_the_figures_and_its_section_stands_above():
    (slide,) = slides(code("draw()", png={"title": "It falls", "title_share": 0.1}))
    assert (slide["title"], slide["above"]) == ("It falls", "Part")
    assert kinds(slide) == ["figure"]
    (figure,) = slide["body"]
    assert figure["width"] / figure["height"] == pytest.approx(1200 / 540, rel=0.01)


def test_without_a_title_it_is_the_heading():
    (slide,) = slides(code("draw()", png={}))
    assert (slide["title"], slide["above"]) == ("Part", "")


def test_prose_goes_to_the_notes_of_the_slide_before():
    first, second = slides(
        text("Before."), code("1", "1\n"), text("Behind."), code("2", "2\n")
    )
    assert (first["notes"], second["notes"]) == ("Before.\n\nBehind.", "")
    assert kinds(first) == kinds(second) == ["code", "printed"]


def test_what_is_for_the_eyes_is_shown():
    source = "Say.\n\n$$x$$\n\n- one\n- two\n\n> said\n\n| a |\n| - |"
    (slide,) = slides(text(source))
    assert kinds(slide) == ["text"] * 4
    assert slide["notes"] == "Say."


def test_a_bold_sentence_is_a_claim_and_a_bold_word_is_none():
    (slide,) = slides(code("1", "1\n"), text("So **it is always one.** And **fvu**."))
    assert slide["body"][-1]["source"] == "**It is always one.**"
    assert kinds(slide) == ["code", "printed", "claim"]


def test_a_section_of_prose_shows_it():
    slide, last = deck.slides_of(
        [text("# Two"), text("## Part\n\nSay."), text("## End")]
    )[1:]
    assert kinds(slide) == ["prose"] and not slide["notes"]
    assert last["title"] == "End"


def test_a_question_is_seen_before_its_answer():
    question, answered = slides(
        text("**Predict first:** which?"), code("1", "1\n", tags=["prediction"])
    )
    assert (question["kind"], answered["kind"]) == ("question", "answer")
    assert kinds(question) == ["text"]


def test_a_definition_and_its_call_are_on_one_slide():
    (slide,) = slides(code("def f():\n    return 1"), code("f()", "1\n"))
    assert kinds(slide) == ["code", "code", "printed"]
    # With prose between them, too: it is spoken.
    (slide,) = slides(code("def f():\n    return 1"), text("Say."), code("f()", "1\n"))
    assert kinds(slide) == ["code", "code", "printed"] and slide["notes"] == "Say."


def test_long_definitions_are_cut_and_other_long_code_is_in_the_notes():
    lines = "\n".join(f"    x{i} = {i}" for i in range(12))
    first, second = slides(code(f"def f():\n{lines}", "1\n"))
    assert first["title"], second["title"] == ("Part (1 of 2)", "Part (2 of 2)")
    assert kinds(first) == ["code"] and kinds(second) == ["code", "printed"]
    (slide,) = slides(code(lines.replace("    ", ""), "1\n"))
    assert kinds(slide) == ["printed"] and "x11 = 11" in slide["notes"]
    # It joins what is printed above it, or the definition.
    long = lines.replace("    ", "")
    (slide,) = slides(code("def f():\n    return 1"), text("Say."), code(long, "1\n"))
    assert kinds(slide) == ["code", "printed"]
    assert slide["notes"].startswith("Say.") and "x11 = 11" in slide["notes"]
    (slide,) = slides(code("1", "1\n"), code(long, "1\n" * 4))
    first, second = (part for part in slide["body"] if part["kind"] == "printed")
    assert first["size"] == second["size"]
    assert len(slides(code("draw()", png={}), code(long, "1\n"))) == 2
    assert len(slides(code("1", "1\n" * 15), code(long, "1\n"))) == 2


@pytest.mark.parametrize("lines", [1, 8, 9, 20])
def test_no_part_of_code_has_more_than_eight_lines(lines):
    parts = deck.parts_of("\n".join("x = 1" for _ in range(lines)))
    assert max(map(deck.lines_of, parts)) <= 8
    assert sum(map(deck.lines_of, parts)) == lines


def test_short_definitions_stand_together_and_none_is_cut():
    one, two = (f"def {name}(x):\n" + "    x += 1\n" * 3 for name in "fg")
    assert deck.parts_of(f"{one}\n\n{two}") == [f"{one}\n{two}".strip()]
    three = two.replace("g", "h")
    assert len(deck.parts_of(f"{one}\n\n{two}\n\n{three}")) == 2
    five = "def f(x):\n" + "    x += 1\n" * 4
    assert len(deck.parts_of("\n\n".join([five] * 3))) == 3


def test_what_goes_on_has_its_first_line_again():
    lines = "def f(x):\n" + "    x += 1\n" * 5
    lines += "    for _ in x:\n" + "        x += 1\n" * 5
    first, second = deck.parts_of(lines)
    assert first == "\n".join(lines.splitlines()[:6])  # not behind the colon
    assert second.splitlines()[:2] == ["def f(x):  # continued", "    for _ in x:"]


def test_brackets_are_cut_only_if_they_must_be():
    fits = "x = 1\n" * 6 + "y = f(\n" + "    1,\n" * 4 + ")"
    assert deck.parts_of(fits)[1].startswith("y = f(")
    long = "y = {\n" + '    "(": 1,\n' * 12 + "}"
    parts = deck.parts_of(long)
    assert len(parts) == 2 and parts[1].startswith("y = {  # continued\n    ")
    assert parts[1].splitlines()[-1] == "}" and len(parts[1].splitlines()) > 3


def test_a_comment_stays_with_what_it_is_about():
    lines = "x = 1\n" * 7 + "# why\n" + "x = 2\n" * 7
    assert deck.parts_of(lines)[1].startswith("# why")


def test_a_line_that_breaks_counts_as_two_and_hangs():
    assert deck.rows_of("x" * 67) == 1 and deck.rows_of("x" * 69) == 2
    line = "    " + "x + " * 40  # 67 letters, and then 59 per line
    assert [deck.code_rows(line[:end]) for end in (66, 72, 120, 140)] == [1, 2, 2, 3]
    html = '<div><pre><span></span><b class="k">if</b> x:\n    <b>y</b>\n</pre></div>'
    hung = deck.hanging(html)
    assert re.findall(r"--hang: (\d+)ch", hung) == ["4", "8"]
    plain = re.sub("<[^>]+>", "", hung)
    assert plain == "if x:\n    y\n" and hung.endswith("</span></pre></div>")


def test_a_short_text_alone_is_large():
    slide, other = slides(text("> short"), code("1", "1\n"))
    assert (slide["large"], other["large"]) == (True, False)
    (slide,) = slides(text("> long" + " text" * 80))
    assert not slide["large"]


def test_an_exercise_is_shown_with_its_code():
    cells = [
        text("## Exercises\n\n**1. Twice.** Write it."),
        code("...", "Your turn: replace the ...\n", tags=["exercise"]),
    ]
    slide = deck.slides_of([text("# Two"), *cells])[-1]
    assert (slide["title"], slide["above"]) == ("1. Twice", "Exercises")
    assert kinds(slide) == ["text", "code"]


def test_what_is_skipped_is_on_no_slide():
    skipped = {"slideshow": {"slide_type": "skip"}}
    assert kinds(slides(code("1", "1\n", **skipped))[0]) == []


def test_what_training_prints_is_no_result():
    (slide,) = slides(code("train()", "trained for 7 epochs of 157 batches\n"))
    assert kinds(slide) == ["code"]


def test_a_heading_right_below_another_makes_one_slide():
    (slide,) = slides(text("### Predict first\n\nWhich?"))
    assert (slide["title"], slide["above"]) == ("Predict first", "Part")


@pytest.mark.parametrize(("rows", "dense"), [(11, False), (18, True)])
def test_many_rows_stand_closer_and_can_still_be_read(rows, dense):
    cell = code("table")
    data = {"text/html": "<table>" + "<tr><td>1</td></tr>" * rows + "</table>"}
    cell.outputs = [nbformat.v4.new_output("display_data", data)]
    (table,) = (part for part in slides(cell)[0]["body"] if part["kind"] == "table")
    assert table["dense"] == dense and table["size"] >= 22


def test_code_gives_way_to_a_tall_table():
    cell = code("\n".join("table" for _ in range(5)))
    data = {"text/html": "<table>" + "<tr><td>1</td></tr>" * 10 + "</table>"}
    cell.outputs = [nbformat.v4.new_output("display_data", data)]
    (slide,) = slides(cell)
    assert kinds(slide) == ["table"] and "table" in slide["notes"]
