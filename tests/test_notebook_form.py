"""Every rule on the real notebooks, and on made-up ones that break that rule alone."""

import base64
import copy
import struct

import nbformat
import notebook_rules as rules
import pytest
from notebook_reading import NOTEBOOKS, Notebook
from notebook_rules import FOLDED, OPT_OUT, RULES

# The real notebooks -------------------------------------------------------------------


def test_series_is_numbered_without_gaps():
    assert not list(rules.series_problems([path.name for path in NOTEBOOKS]))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_keeps_rule(path, rule):
    problems = list(rule(Notebook(path)))
    assert not problems, "\n".join([rule.__doc__, *problems])


# Made-up notebooks --------------------------------------------------------------------

TEXT = "Look at it for a while and say what you see. " * 4
OBJECTIVES = "- Build one\n- Measure one,\n  with care\n- Explain one\n"
ALT = "A line that falls from left to right."


def markdown(source, **metadata):
    return nbformat.v4.new_markdown_cell(source, metadata=metadata)


def code(source, *outputs, tags=()):
    if "solution" in tags:
        source = "# Solution\n" + source
    cell = nbformat.v4.new_code_cell(source, outputs=list(outputs))
    cell.metadata["slideshow"] = {"slide_type": "subslide"}
    if tags:
        cell.metadata["tags"] = list(tags)
    if "solution" in tags:
        cell.metadata["jupyter"] = dict(FOLDED)
        cell.metadata["slideshow"] = {"slide_type": "skip"}
    return cell


def solution_text():
    skipped = {"slide_type": "skip"}
    return markdown(EXPLANATION, tags=["solution"], slideshow=skipped)


def printed(text, name="stdout"):
    return nbformat.v4.new_output("stream", name=name, text=text)


def figure(alt=ALT, width=300):
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, 100)
    data = {"image/png": base64.b64encode(png).decode(), "text/plain": alt}
    return nbformat.v4.new_output(
        "display_data", data, metadata={"image/png": {"alt": alt, "title": "It falls"}}
    )


EXERCISE = "def l0(code):\n    ...\n\n\nchecks.check_l0(l0)"
SOLUTION = "def l0(code):\n    return 1\n\n\nchecks.check_l0(l0)"
KL_EXERCISE = "def kl(code):\n    ...\n\n\nchecks.check_kl(kl)"
KL_SOLUTION = "def kl(code):\n    return 1\n\n\nchecks.check_kl(kl)"
EXPLANATION = "<details><summary>Explanation</summary>\n\nIt is $2 x$.\n\n</details>"


def made_up():
    """Return the cells of a notebook that keeps every rule, by names."""
    return {
        "title": markdown(
            "# Two\n\n10 minutes to read, 1 to run. [One](01_one.ipynb) · "
            "[three](03_three.ipynb#start) · [live](../docs/live.md)"
        ),
        "promise": markdown(
            "## What you will do\n\nLook.\n\n## What you will learn\n\n"
            + OBJECTIVES
            + "\n## What you need\n\n- Time"
        ),
        "setup": code(
            rules.INSTALL
            + "import keras\nfrom sae_utils import checks, penalties, plots\n\n"
            "keras.utils.set_random_seed(0)"
        ),
        "text": markdown("## The question\n\n" + TEXT),
        "figure": code("fig = plots.draw()\nplots.show(fig, 'A line')", figure()),
        "text 2": markdown(
            "A [dead unit](../docs/glossary.md#dead-unit). "
            + TEXT
            + "See [this](https://example.org) or ![a map](map.png): $$1 = 1$$"
        ),
        "varies": code("print(loss)", printed("0.1234\n"), tags=[OPT_OUT]),
        "text 3": markdown(TEXT),
        "asserts": code(
            "assert loss < 0.2\nprint(f'loss {loss:.1f}')", printed("loss 0.1\n")
        ),
        "text 4": markdown(TEXT),
        "defines": code("def double(x):\n    return 2 * x"),
        "question": markdown("**Predict first:** how much? " + TEXT),
        "answers": code("double(3)", printed("6\n"), tags=["prediction"]),
        "text 5": markdown("## Exercises\n\n" + TEXT),
        "exercise": code(EXERCISE, printed("Your turn.\n"), tags=["exercise"]),
        "solution": code(SOLUTION, printed("Right.\n"), tags=["solution"]),
        "text 6": markdown(TEXT),
        "exercise 2": code(KL_EXERCISE, printed("Your turn.\n"), tags=["exercise"]),
        "solution 2": code(KL_SOLUTION, printed("Right.\n"), tags=["solution"]),
        "text 7": markdown(TEXT),
        "stub": code("tripled = ...", tags=["exercise", "explain"]),
        "change": code("tripled = 3\ntripled", printed("3"), tags=["solution"]),
        "explanation": solution_text(),
        "end": markdown("## You can now…\n\n" + OBJECTIVES),
        "references": markdown("## References\n\n- A. Author, *Colour*, 1999."),
    }


def notebook_of(cells):
    """Put cells into a notebook, numbered as if it had been run."""
    node = nbformat.v4.new_notebook(cells=list(cells.values()))
    node.metadata = copy.deepcopy(rules.METADATA)
    number(node)
    return node


def number(node):
    cells = [cell for cell in node.cells if cell.cell_type == "code"]
    for count, cell in enumerate(cells, start=1):
        cell.execution_count = count


def broken_rules(folder, change=None):
    """Return the names of the rules that a made-up notebook breaks after a change."""
    folder = folder / "notebooks"
    for name in ["01_one.ipynb", "03_three.ipynb", "map.png", "../docs/live.md"]:
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).touch()
    (folder / "../docs/glossary.md").write_text(GLOSSARY, encoding="utf-8")
    cells = made_up()
    node = notebook_of(cells)
    if change:
        change(node, cells)
    notebook = saved(node, folder / "02_two.ipynb")
    return [rule.__name__ for rule in RULES if list(rule(notebook))]


def saved(node, path):
    """Save a notebook, and read it as it is on disk."""
    path.write_text(nbformat.v4.writes(node), encoding="utf-8")
    return Notebook(path)


# Changes: functions of a made-up notebook and of its cells by name -------------------


def source(name, text):
    """Write another source into a cell."""
    return do(f"cells[{name!r}].source = {text!r}")


def add(name, text):
    """Add to the source of a cell."""
    return do(f"cells[{name!r}].source += {text!r}")


def replace(name, old, new):
    """Replace a part of a cell's source that is there."""

    def change(node, cells):
        assert old in cells[name].source
        cells[name].source = cells[name].source.replace(old, new)

    return change


def outputs(name, *outputs):
    """Give a cell other outputs."""

    def change(node, cells):
        cells[name].outputs = list(outputs)

    return change


def tags(name, *tags):
    """Give a cell other tags."""
    return do(f"cells[{name!r}].metadata['tags'] = {list(tags)!r}")


def slide(name, kind):
    """Make a cell something else in the slides."""
    return do(f"cells[{name!r}].metadata['slideshow'] = {{'slide_type': {kind!r}}}")


def drop(*names):
    """Take cells out."""

    def change(node, cells):
        node.cells = [each for each in node.cells if each not in map(cells.get, names)]
        number(node)

    return change


def insert(after, *new):
    """Put new cells behind one."""

    def change(node, cells):
        at = node.cells.index(cells[after]) + 1
        node.cells[at:at] = new
        number(node)

    return change


def both(*changes):
    """Make several changes, one after the other."""

    def change(node, cells):
        for each in changes:
            each(node, cells)

    return change


def do(statement):
    """Make a change from a statement about `node` and `cells`."""

    def change(node, cells):
        exec(statement, globals(), {"node": node, "cells": cells})

    return change


def make_all_cells_long(node, cells):
    for cell in node.cells:
        if cell.cell_type == "code" and cell not in (cells["stub"], cells["setup"]):
            # First, so that a cell still ends in its definition, but behind # Solution.
            start = "# Solution\n" * cell.source.startswith("# Solution\n")
            cell.source = start + "1\n" * 6 + cell.source.removeprefix(start)


def opt_three_more_cells_out(node, cells):
    for name in "figure", "asserts", "answers":
        cells[name].metadata.setdefault("tags", []).append(OPT_OUT)
        cells[name].source = "assert True\n" + cells[name].source


GLOSSARY = """# Glossary

### dead unit

A unit that is never on. Notebook
2.

### L1, L2

Not in this notebook. Notebook 1.
"""

MANY_CELLS = [
    cell for _ in range(30) for cell in (markdown("word " * 30), code("1", printed("1")))
]
MORE_BULLETS = "- Add one\n- Count one\n- Build one\n"

BROKEN = {
    rules.executed_in_order: [
        do("cells['figure'].execution_count = 9"),
        do("cells['figure'].execution_count = None"),
    ],
    rules.no_errors: [
        outputs("answers", printed("careful\n", "stderr")),
        outputs("answers", nbformat.v4.new_output("error", ename="E", evalue="no")),
    ],
    rules.short_cells: [source("answers", "double(3)\n" * 21), make_all_cells_long],
    rules.short_notebook: [
        add("text", "word " * 2500),
        add("end", "\nword" * 2500),
        insert("asserts", *MANY_CELLS),
    ],
    rules.setup_cell: [
        add("setup", "\n1" * 8),
        add("answers", "\nkeras.utils.set_random_seed(1)"),
        add("answers", "\nnp.random.seed(1)"),
        source("setup", "import keras"),
        source("setup", "import keras\nkeras.utils.set_random_seed(0)"),
    ],
    rules.visible_results: [
        outputs("asserts"),
        source("answers", "triple(3)"),
    ],
    rules.numbers_shown: [
        source("asserts", "assert loss < 0.2\nprint('It is small.')"),
        source("asserts", "assert loss < 0.2\nprint('It is', f'small')"),
        outputs("answers", printed("equal: True\n")),
        outputs("answers", printed("6\nTrue\n7\n")),
    ],
    rules.figures: [
        outputs("figure", figure(), figure()),
        outputs("figure", figure(alt="A line.")),
        outputs("figure", figure(width=100)),
        do("cells['figure'].outputs[0].metadata.clear()"),
        do("cells['figure'].outputs[0].metadata['image/png'].pop('title')"),
        do("cells['figure'].outputs[0].data['text/plain'] = 'Something else here'"),
        do("cells['figure'].outputs[0].data['image/svg+xml'] = '<svg/>'"),
        do("d = cells['figure'].outputs[0].data; d['image/gif'] = d.pop('image/png')"),
    ],
    rules.picture_first: [
        add("text", "$$x = 1$$"),
        add("text", "$$x = 1$$ and ![a map](map.png)"),
    ],
    rules.recurring_picture: [add("setup", "\ndata.load_mnist()")],
    rules.parts_in_order: [
        drop("references"),
        do("node.cells.insert(3, node.cells.pop())"),
    ],
    rules.opening: [
        replace("title", "10 minutes to read", ""),
        replace("title", "1 to run", ""),
        replace("title", "../docs/live.md", "map.png"),
    ],
    rules.objectives_repeated: [
        add("end", "- Do one more\n"),
        source("end", "## You can now…\n\n- Build one\n"),
        both(replace("promise", "- Bu", "Bu"), replace("end", "- Bu", "Bu")),
        both(
            replace("promise", "- Build one\n", MORE_BULLETS),
            replace("end", "- Build one\n", MORE_BULLETS),
        ),
    ],
    rules.links_resolve: [
        add("text", "[gone](04_gone.ipynb)"),
        add("text", "[gone](../docs/gone.md#here)"),
        add("text", "<img src='gone.png' alt='A map'>"),
        replace("title", "[three](03_three.ipynb#start)", ""),
        add("title", " [1](01_one.ipynb)"),
    ],
    rules.terms_linked: [
        replace("text 2", "#dead-unit", ""),
        replace("text 2", "#dead-unit", "#l1-l2"),
    ],
    rules.pictures_are_local: [
        add("text", "![a map](https://example.org/a.png)"),
        add("text", "![](map.png)"),
        add("text", "<img src='map.png'>"),
    ],
    rules.small_file: [outputs("answers", printed("6" * 600_000))],
    rules.few_opt_outs: [opt_three_more_cells_out],
    rules.no_other_opt_out: [
        tags("figure", "nbval-skip"),
        tags("figure", "raises-exception"),
        add("answers", "\n# NBVAL_IGNORE_OUTPUT"),
    ],
    rules.opt_outs_asserted: [
        source("asserts", "loss < 0.2"),
        tags("answers", "prediction", OPT_OUT),
    ],
    rules.words_between: [
        source("text 3", "Look."),
        source("text 3", "$$" + TEXT + "$$"),
        drop("text 3"),
        both(
            source("explanation", EXPLANATION.replace("It", TEXT)),
            insert("explanation", code("1", printed("1"))),
        ),
    ],
    rules.predictions: [
        tags("answers"),
        source("question", TEXT),
        tags("asserts", "prediction"),
        both(outputs("defines"), tags("defines", "prediction")),
        slide("answers", "-"),
        both(
            source("answers", "double(3)\n\n\ndef triple(x):\n    return 3 * x"),
            outputs("answers"),
            insert("answers", code("triple(3)", printed("9\n"))),
        ),
    ],
    rules.exercises: [
        drop("exercise", "solution"),
        insert(
            "explanation",
            markdown(TEXT),
            code("more = ...", tags=["exercise", "explain"]),
            code("more = 3\nmore", printed("3"), tags=["solution"]),
            solution_text(),
        ),
        insert("text", code("3", printed("3"), tags=["solution"]), markdown(TEXT)),
        tags("answers", "prediction", "explain"),
        replace("exercise", "...", "pass"),
        replace("exercise", "checks.check_l0(l0)", "l0(1)"),
        replace("exercise", "checks.check_l0(l0)", "checks.check_l0(checks.check_kl())"),
        replace("solution", "check_l0", "check_kl"),
        both(
            insert("exercise", markdown(TEXT)),
            source("solution", "3"),
            tags("solution"),
            do("cells['solution'].metadata.pop('jupyter')"),
        ),
        both(
            insert("solution", solution_text()),
            tags("exercise", "exercise", "explain"),
            tags("stub", "exercise"),
            outputs("stub", printed("Your turn.\n")),
        ),
        drop("stub", "change", "explanation"),
        drop("explanation"),
        tags("explanation"),
        outputs("change"),
        source("stub", "tripled = triple(...)"),
        source("stub", "tripled = ...\nprint(tripled)"),
        source("stub", "tripled, doubled = ..., double(3)"),
        source("stub", "triple(...)"),
    ],
    rules.solutions_folded: [
        do("cells['solution'].metadata.pop('jupyter')"),
        do("cells['change'].metadata['jupyter'].pop('outputs_hidden')"),
        replace("solution", "# Solution\n", ""),
        do("cells['answers'].metadata['jupyter'] = {'outputs_hidden': True}"),
        do("cells['explanation'].metadata['jupyter'] = {'source_hidden': True}"),
        source("explanation", "It is $2 x$."),
        replace("explanation", "\n\n</details>", "\n</details>"),
        slide("solution", "-"),
        slide("explanation", "-"),
    ],
    rules.no_network: [
        source("figure", "keras.datasets.mnist.load_data()"),
        source("figure", "from urllib.request import urlopen"),
        source("figure", "!ls"),
        source("figure", "%pip install keras"),
        source("figure", "pd.read_csv('https://example.org/a.csv')"),
    ],
    rules.taught_not_imported: [
        source("figure", "from sae_utils.penalties import L1Sparsity"),
        source("figure", "penalties.L1Sparsity(1e-4)"),
        source("figure", "from sae_utils import metrics\nmetrics.n90(x)"),
        source("figure", "import sae_utils.metrics as m\nm.n90(code)"),
        source("figure", "from sae_utils import *"),
    ],
    rules.clean_metadata: [
        do("node.metadata['kernelspec']['name'] = 'my-env'"),
        do("node.metadata['language_info']['version'] = '3.11.7'"),
        do("del node.metadata['language_info']['mimetype']"),
        do("cells['figure'].metadata['execution'] = {'iopub.status.busy': '1'}"),
    ],
    rules.valid_with_ids: [
        do("del cells['figure']['id']"),
        do("cells['figure']['id'] = cells['answers']['id']"),
        do("cells['figure']['extra'] = 1"),
    ],
    rules.no_noise: [
        outputs("answers", printed("10/10 - 1s - 93ms/step - loss: 0.1\n")),
        outputs("answers", printed("100%|####| 10/10 [00:01, 9.8it/s]")),
        outputs("answers", printed("<keras.Model object at 0x7f8a12345678>")),
        outputs("answers", printed("<Figure size 640x480 with 1 Axes>")),
    ],
    rules.no_machine_paths: [
        outputs("answers", printed("/home/ada/notebooks/data.npz")),
        source("figure", "open('/Users/ada/data.npz')"),
        add("text", " It lies in /tmp/data."),
    ],
    rules.american_english: [
        add("text", " The colour of a neighbour."),
        add("figure", "  # normalised"),
        outputs("answers", printed("6, grey\n")),
        both(drop("references"), add("end", "\n\n## References\n\nx\n\n# Colour")),
    ],
    # More about these three is in test_notebook_names.py.
    rules.one_meaning: [add("answers", "\ntripled = 4")],
    rules.changed_where_made: [add("answers", "\nfig += 1")],
    rules.own_random_numbers: [
        both(
            add("figure", "\nrng = np.random.default_rng(0)"),
            add("answers", "\nrng.normal()"),
        )
    ],
}


GOOD = {
    "a table's heading beside an assertion": source(
        "asserts", "assert loss < 0.2\nprint('code   loss')\nprint('L1', loss)"
    ),
    "a sentence without an assertion": add("figure", "\nprint('Look.')"),
    "an assertion in the cell that varies": both(
        add("varies", "\nassert loss < 1"), source("asserts", "print(loss)")
    ),
    "a function to fill in": both(
        source("stub", "def tripled(x):\n    return ..."),
        source("change", "# Solution\ndef tripled(x):\n    return 3 * x\n\n\ntripled(3)"),
    ),
    "two values to fill in": both(
        source("stub", "tripled, doubled = ..., ..."),
        source("change", "# Solution\ntripled, doubled = 3, 2\ntripled"),
    ),
    "two cells that answer": insert(
        "answers", markdown(TEXT), code("double(4)", printed("8\n"), tags=["prediction"])
    ),
    "an answer that follows as a fragment": slide("answers", "fragment"),
    "many words in an explanation": source(
        "explanation", EXPLANATION.replace("It", "word " * 2500)
    ),
    "many words in the references": add("references", "word " * 2500),
    "words that only look British": add(
        "text", " Otherwise a precise exercise, supervised with less noise, raises it."
    ),
}


def test_made_up_notebook_keeps_every_rule(tmp_path):
    assert broken_rules(tmp_path) == []


@pytest.mark.parametrize("change", GOOD.values(), ids=GOOD)
def test_made_up_notebook_may_have(change, tmp_path):
    assert broken_rules(tmp_path, change) == []


@pytest.mark.parametrize(
    "rule, change",
    [(rule, change) for rule, changes in BROKEN.items() for change in changes],
    ids=lambda case: case.__name__,
)
def test_rule_catches_what_breaks_it(rule, change, tmp_path):
    assert broken_rules(tmp_path, change) == [rule.__name__]


def test_what_an_earlier_notebook_taught_is_imported(tmp_path):
    cells = made_up()
    node = notebook_of(cells)

    def problems(name):
        return list(rules.taught_not_imported(saved(node, tmp_path / name)))

    cells["exercise"].source = "def n90(code):\n    ..."
    assert problems("03_three.ipynb") == []
    cells["figure"].source = "def n90(code):\n    return 1"
    assert problems("02_two.ipynb") == []
    assert problems("03_three.ipynb")


def test_every_rule_is_tried():
    assert set(BROKEN) == set(RULES)


@pytest.mark.parametrize(
    "names",
    [
        ["01_a.ipynb", "02_b.ipynb"],
        ["01_a.ipynb", "02_b.ipynb", "04_d.ipynb"],
        ["00_a.ipynb", "01_b.ipynb", "02_c.ipynb"],
        ["01_a.ipynb", "02_b.ipynb", "02_c.ipynb"],
        ["01_a.ipynb", "02_b.ipynb", "03 copy.ipynb"],
    ],
)
def test_series_with_few_notebooks_or_gaps_is_caught(names):
    assert list(rules.series_problems(names))
    assert not list(rules.series_problems(["01_a.ipynb", "02_b.ipynb", "03_c.ipynb"]))
