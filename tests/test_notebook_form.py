"""The form that every notebook keeps, so that it can be read, run and taught from.

A rule is a function of a notebook that returns what is wrong, in words. Every rule is
tried on the real notebooks, and on made-up ones in which that rule alone is broken.
"""

import ast
import base64
import re
import statistics
import struct
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbval.plugin import comment_markers, metadata_tags

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))

OPT_OUT = "nbval-ignore-output"

# Names from sae_utils that a notebook teaches, and so must not take from the package.
TAUGHT = {
    "02": {"penalties.L1Sparsity", "models.conv_autoencoder", "metrics.l0"},
    "03": {"penalties.KLSparsity", "penalties.kl_divergence"},
}

# Functions and modules that reach for the internet; get_ipython is behind ! and %.
NETWORK = {
    "curl", "fetch_olivetti_faces", "fetch_openml", "get_file", "get_ipython", "hub",
    "httpx", "load_data", "load_dataset", "requests", "socket", "subprocess", "system",
    "urllib", "urlopen", "urlretrieve",
}  # fmt: skip

# What differs from one run or one machine to the next.
NOISE = [
    r"\d\s*(?:[mµun]?s|it)/(?:step|epoch|sample|it|s)\b",
    r"Wall time|CPU times|\bETA\b",
    r"\bat 0x[0-9a-f]{6,}",
    r"<Figure size|<Axes|<Axes:|AxesSubplot",
]
MACHINE_PATH = (
    r"(?<![\w.])/(?:home|root|Users|work|tmp|private|var|opt|mnt)/|[A-Z]:\\Users"
)


class Notebook:
    """A notebook's file, as it is on disk: nothing repaired, nothing converted."""

    def __init__(self, path):
        self.path = path
        self.node = nbformat.v4.reads(path.read_text(encoding="utf-8"))
        self.cells = self.node.cells
        self.code = [cell for cell in self.cells if cell.cell_type == "code"]
        self.markdown = [cell for cell in self.cells if cell.cell_type == "markdown"]

    def outputs(self):
        """Yield each code cell with each of its outputs."""
        for cell in self.code:
            for output in cell.outputs:
                yield cell, output


def named(cell):
    """Name a cell by its number and first line, for a message."""
    first = cell.source.strip().partition("\n")[0]
    return f"In [{cell.get('execution_count')}] {first[:50]!r}"


def lines(cell):
    """Return the lines of a cell that are not blank."""
    return [line for line in cell.source.splitlines() if line.strip()]


def tags(cell):
    """Return the set of a cell's tags."""
    return set(cell.metadata.get("tags", []))


def tree(cell):
    """Parse a code cell, magics and shell lines included."""
    return ast.parse(TransformerManager().transform_cell(cell.source))


def nodes(cell, *kinds):
    """Return the nodes of a code cell's syntax tree that are of one of the kinds."""
    return [node for node in ast.walk(tree(cell)) if isinstance(node, kinds)]


def called(cell):
    """Return the dotted names of what a code cell calls."""
    return [ast.unparse(call.func) for call in nodes(cell, ast.Call)]


def without_code(markdown):
    """Drop code blocks and code words from Markdown."""
    return re.sub(r"```.*?```|`[^`]*`", " code ", markdown, flags=re.DOTALL)


def words(markdown):
    """Count the words of Markdown; a formula in the text counts as one."""
    text = re.sub(r"\$\$.*?\$\$|<[^>]*>", " ", without_code(markdown), flags=re.DOTALL)
    text = re.sub(r"\$[^$]+\$", " formula ", text)
    text = re.sub(r"\]\([^)]*\)", "] ", text)
    return sum(any(c.isalnum() for c in word) for word in text.split())


def links(cell):
    """Return the targets of a Markdown cell's links and images."""
    found = re.findall(
        r"\]\(\s*<?([^)\s>]+)|^\[[^\]]+\]:\s*(\S+)|(?:src|href)=[\"']([^\"']+)",
        without_code(cell.source),
        flags=re.MULTILINE,
    )
    return ["".join(each) for each in found]


def bullets(notebook, heading):
    """Return the bullets under a heading, or None if there is not just one such."""
    text = "\n\n".join(without_code_blocks(cell.source) for cell in notebook.markdown)
    parts = re.split(r"^#+\s+", text, flags=re.MULTILINE)
    sections = [part for part in parts if part.startswith(heading)]
    if len(sections) != 1:
        return None
    found = []
    for line in sections[0].splitlines():
        if bullet := re.match(r"[-*+]\s+(.*)", line):
            found.append(bullet[1].split())
        elif found and line[:1] == " ":
            found[-1] += line.split()
    return [" ".join(each) for each in found]


def without_code_blocks(markdown):
    """Drop code blocks, whose comments look like headings."""
    return re.sub(r"```.*?```", "", markdown, flags=re.DOTALL)


# Rules --------------------------------------------------------------------------------


def executed_in_order(notebook):
    """Cells were run from top to bottom in a fresh kernel, and left outputs."""
    counts = [cell.execution_count for cell in notebook.code]
    if counts != list(range(1, len(counts) + 1)) or not counts:
        yield f"execution counts must be 1 to {len(counts)}; they are {counts}"
    if not any(cell.outputs for cell in notebook.code):
        yield "there are no outputs: run the notebook and save it"


def no_errors(notebook):
    """No cell wrote to stderr or stopped with an exception."""
    for cell, output in notebook.outputs():
        if output.output_type == "error":
            yield f"{named(cell)} stopped with {output.ename}: {output.evalue}"
        elif output.get("name") == "stderr":
            yield f"{named(cell)} wrote to stderr: {output.text[:100]!r}"


def short_cells(notebook):
    """A code cell can be taken in at a glance."""
    lengths = [len(lines(cell)) for cell in notebook.code]
    for cell, length in zip(notebook.code, lengths, strict=True):
        if length > 20:
            yield f"{named(cell)} has {length} lines; at most 20"
    if statistics.median(lengths) > 6:
        yield f"the median cell has {statistics.median(lengths)} lines; at most 6"


def setup_cell(notebook):
    """The first code cell is short, and the notebook is seeded once."""
    first = notebook.code[0]
    if len(lines(first)) > 10:
        yield f"the set-up cell has {len(lines(first))} lines; at most 10"
    names = [name.rpartition(".")[2] for cell in notebook.code for name in called(cell)]
    seeds = [name for name in names if name in ("set_random_seed", "set_seed", "seed")]
    if seeds != ["set_random_seed"]:
        yield f"there must be one call of set_random_seed and no other; found {seeds}"


def figures(notebook):
    """A cell has one figure at most, large enough, and a text says what it shows."""
    for cell in notebook.code:
        images = []
        for output in cell.outputs:
            for kind in output.get("data", {}):
                if kind.startswith("image/"):
                    images.append((kind, output))
        if len(images) > 1:
            yield f"{named(cell)} shows {len(images)} figures; show one a cell"
        for kind, output in images:
            if kind != "image/png":
                yield f"{named(cell)} shows {kind}; only image/png, by plots.show"
                continue
            alt = output.metadata.get(kind, {}).get("alt", "")
            if len(alt) < 20:
                yield f"{named(cell)} needs an alt text of 20 characters; got {alt!r}"
            if output.data.get("text/plain") != alt:
                yield f"{named(cell)}: text/plain must be the alt text, as by plots.show"
            width = png_width(output.data[kind])
            if width <= 200:
                yield f"{named(cell)} has a figure only {width} pixels wide"


def png_width(encoded):
    """Return the width in pixels of a PNG in base64, from its header."""
    return struct.unpack(">I", base64.b64decode(encoded)[16:20])[0]


def objectives_repeated(notebook):
    """What the reader will learn is, word for word, what the reader can do at the end."""
    promised = bullets(notebook, "What you will learn")
    kept = bullets(notebook, "You can now")
    if promised is None or kept is None:
        yield "there must be one heading 'What you will learn' and one 'You can now'"
    elif len(promised) < 3:
        yield f"'What you will learn' has {len(promised)} bullets; at least 3"
    elif promised != kept:
        differing = [
            each for each in promised + kept if (promised + kept).count(each) < 2
        ]
        yield f"objectives are not repeated word for word and in order: {differing}"


def links_resolve(notebook):
    """Relative links lead to files, and the first cell to the neighbours."""
    folder = notebook.path.parent
    for cell in notebook.markdown:
        for target in links(cell):
            file = target.partition("#")[0]
            if re.match(r"[a-z]+:", target) or not file:
                continue
            if file.startswith("/") or not (folder / file).exists():
                yield f"link to {target!r} leads nowhere"
    series = sorted(path.name for path in folder.glob("*.ipynb"))
    at = series.index(notebook.path.name)
    neighbours = series[max(at - 1, 0) : at] + series[at + 1 : at + 2]
    first = [target.partition("#")[0] for target in links(notebook.cells[0])]
    first = [target for target in first if target.endswith(".ipynb")]
    if first != neighbours:
        yield f"the first cell must link to {neighbours}, in that order; got {first}"


def pictures_are_local(notebook):
    """Pictures in Markdown come with the series, and have an alt text."""
    for cell in notebook.markdown:
        text = without_code(cell.source)
        if re.search(r"!\[[^\]]*\]\(\s*<?http|<img[^>]*src=[\"']?http", text):
            yield f"{named(cell)} has a picture from the internet"
        if re.search(r"!\[\s*\]\(|<img(?![^>]*alt=[\"'][^\"'])[^>]*>", text):
            yield f"{named(cell)} has a picture without an alt text"


def small_file(notebook):
    """The file opens fast in a browser."""
    size = notebook.path.stat().st_size
    if size >= 600_000:
        yield f"the file has {size:,} bytes; fewer than 600,000"


def few_opt_outs(notebook):
    """Nearly all outputs are compared with a new run."""
    out = [cell for cell in notebook.code if OPT_OUT in tags(cell)]
    if len(out) > len(notebook.code) / 4:
        yield f"{len(out)} of {len(notebook.code)} cells carry {OPT_OUT}; at most 1 in 4"


def no_other_opt_out(notebook):
    """A tag that the reader sees is the only way out of the comparison."""
    for cell in notebook.code:
        if other := (tags(cell) & metadata_tags.keys()) - {OPT_OUT}:
            yield f"{named(cell)} is tagged {sorted(other)}; only {OPT_OUT} is allowed"
        for line in lines(cell):
            if line.strip().startswith("#") and line.strip("# ") in comment_markers:
                yield f"{named(cell)} opts out by a comment; use the tag {OPT_OUT}"


def opt_outs_asserted(notebook):
    """What an output that may vary is there to show is asserted close behind it."""
    for i, cell in enumerate(notebook.code):
        near = notebook.code[i + 1 : i + 3]
        if OPT_OUT in tags(cell) and not any(nodes(next_, ast.Assert) for next_ in near):
            yield f"{named(cell)} is not compared, and neither cell after it asserts"


def words_between(notebook):
    """Text stands between code cells, save behind a definition or before a solution."""
    previous, text = None, ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text += " " + cell.source
        elif cell.cell_type == "code":
            if previous is not None and words(text) < 30:
                defines = isinstance(
                    tree(previous).body[-1], ast.FunctionDef | ast.ClassDef
                )
                if not defines and "solution" not in tags(cell):
                    yield f"{words(text)} words before {named(cell)}; at least 30"
            previous, text = cell, ""


def exercises(notebook):
    """Two or three exercises, each with its check, and the solution right behind."""
    count = sum("exercise" in tags(cell) for cell in notebook.code)
    if not 2 <= count <= 3:
        yield f"{count} cells are tagged exercise; 2 or 3"
    for cell, after in zip(notebook.code, [*notebook.code[1:], None], strict=True):
        if "exercise" not in tags(cell):
            if after is not None and "solution" in tags(after) - tags(cell):
                yield f"{named(after)} is a solution without an exercise before it"
            continue
        if not any(node.value is ... for node in nodes(cell, ast.Constant)):
            yield f"{named(cell)} is an exercise without a ... to fill in"
        check = [name for name in called(cell) if name.startswith("checks.check_")]
        if len(check) != 1:
            yield f"{named(cell)} must call one checks.check_; got {check}"
        if after is None or "solution" not in tags(after):
            yield f"{named(cell)} has no solution in the next code cell"
        elif [n for n in called(after) if n.startswith("checks.check_")] != check:
            yield f"{named(after)} must call {check} as its exercise does"
    for cell in notebook.code:
        hidden = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        if hidden != ("solution" in tags(cell)):
            yield f"{named(cell)}: metadata jupyter.source_hidden is for solutions only"


def no_network(notebook):
    """Everything runs with the network cut."""
    for cell in notebook.code:
        names = {
            part
            for node in nodes(cell, ast.Call, ast.Import, ast.ImportFrom)
            for part in re.findall(r"\w+", ast.unparse(getattr(node, "func", node)))
        }
        if used := sorted(names & NETWORK):
            yield f"{named(cell)} may reach for the internet with {used}"
        if re.search(r"(?:https?|ftp)://", cell.source):
            yield f"{named(cell)} holds a web address; those belong in the text"


def taught_not_imported(notebook):
    """What a notebook teaches is written in it, and not taken from sae_utils."""
    known, used = {}, set()
    for cell in notebook.code:
        for node in nodes(cell, ast.Import, ast.ImportFrom):
            for alias in node.names:
                full = ".".join(filter(None, [getattr(node, "module", ""), alias.name]))
                known[alias.asname or alias.name] = full
                used.add(full)
        for node in nodes(cell, ast.Attribute):
            first, _, rest = ast.unparse(node).partition(".")
            used.add(f"{known.get(first, first)}.{rest}")
    if "sae_utils.*" in used:
        yield "import names from sae_utils one by one, not *"
    for name in sorted(TAUGHT.get(notebook.path.name[:2], ())):
        full = f"sae_utils.{name}"
        if any(use == full or use.startswith(full + ".") for use in used):
            yield f"{full} is what this notebook teaches: write it here"


def clean_metadata(notebook):
    """Nothing is stored that another person's run would change."""
    metadata = notebook.node.metadata
    if metadata.get("kernelspec", {}).get("name") != "python3":
        yield f"the kernel must be python3; it is {metadata.get('kernelspec')}"
    allowed = {
        "kernelspec.name", "kernelspec.display_name", "kernelspec.language",
        "language_info.name",
    }  # fmt: skip
    keys = {f"{outer}.{inner}" for outer in metadata for inner in metadata[outer]}
    if keys - allowed:
        yield f"`make run` removes this metadata: {sorted(keys - allowed)}"
    for cell in notebook.cells:
        if extra := sorted(cell.metadata.keys() - {"tags", "jupyter", "slideshow"}):
            yield f"{named(cell)} has the metadata {extra}; only tags, jupyter, slideshow"


def valid_with_ids(notebook):
    """The file keeps to the notebook format, and each cell has an id of its own."""
    ids = [cell.get("id") for cell in notebook.cells]
    if None in ids or len(set(ids)) < len(ids):
        yield f"cell ids must be present and differ; they are {ids}"
    elif error := next(iter(schema_errors(notebook.node)), None):
        yield f"not a valid notebook: {error}"


def schema_errors(node):
    """Return what nbformat says against a notebook."""
    try:
        nbformat.validate(node)
    except nbformat.ValidationError as error:
        return [str(error).partition("\n")[0]]
    return []


def no_noise(notebook):
    """No output holds timings, addresses or bare objects."""
    for cell, output in notebook.outputs():
        for text in output_texts(output):
            for pattern in NOISE:
                if found := re.search(pattern, text):
                    yield f"{named(cell)} printed {found[0]!r}: it varies or says little"


def no_machine_paths(notebook):
    """No path of somebody's machine, in a source or in an output."""
    texts = [(cell, cell.source) for cell in notebook.cells]
    for cell, output in notebook.outputs():
        texts += [(cell, text) for text in output_texts(output)]
    for cell, text in texts:
        if found := re.search(MACHINE_PATH, text):
            yield f"{named(cell)} holds the path {text[found.start() :][:40]!r}"


def output_texts(output):
    """Return the texts of an output: what it printed, or its text/* forms."""
    data = output.get("data", {})
    texts = [output.get("text", ""), *output.get("traceback", [])]
    return texts + [data[kind] for kind in data if kind.startswith("text/")]


RULES = [
    executed_in_order,
    no_errors,
    short_cells,
    setup_cell,
    figures,
    objectives_repeated,
    links_resolve,
    pictures_are_local,
    small_file,
    few_opt_outs,
    no_other_opt_out,
    opt_outs_asserted,
    words_between,
    exercises,
    no_network,
    taught_not_imported,
    clean_metadata,
    valid_with_ids,
    no_noise,
    no_machine_paths,
]


def series_problems(names):
    """Say what is wrong with the file names of a series."""
    if len(names) < 3:
        yield f"the series has three notebooks or more; found {names}"
    for number, name in enumerate(names, start=1):
        if not re.fullmatch(rf"{number:02}_[a-z0-9_]+\.ipynb", name):
            yield f"notebook {number} must be named {number:02}_….ipynb; got {name}"


# The real notebooks -------------------------------------------------------------------


def test_series_is_numbered_without_gaps():
    assert not list(series_problems([path.name for path in NOTEBOOKS]))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_keeps_rule(path, rule):
    problems = list(rule(Notebook(path)))
    assert not problems, "\n".join([rule.__doc__, *problems])


# Made-up notebooks --------------------------------------------------------------------

TEXT = "Look at it for a while and say what you see. " * 4
OBJECTIVES = "- Build one\n- Measure one,\n  with care\n- Explain one\n"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
ALT = "A line that falls from left to right."


def markdown(source):
    return nbformat.v4.new_markdown_cell(source)


def code(source, *outputs, tags=()):
    cell = nbformat.v4.new_code_cell(source, outputs=list(outputs))
    if tags:
        cell.metadata["tags"] = list(tags)
    if "solution" in tags:
        cell.metadata["jupyter"] = {"source_hidden": True}
    return cell


def printed(text, name="stdout"):
    return nbformat.v4.new_output("stream", name=name, text=text)


def figure(alt=ALT, width=300):
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, 100)
    data = {"image/png": base64.b64encode(png).decode(), "text/plain": alt}
    return nbformat.v4.new_output(
        "display_data", data, metadata={"image/png": {"alt": alt}}
    )


def made_up():
    """Build a notebook that keeps every rule."""
    node = nbformat.v4.new_notebook()
    node.metadata = {
        "kernelspec": dict(KERNEL),
        "language_info": {"name": "python"},
    }
    exercise = "def l0(code):\n    ...\n\n\nchecks.check_l0(l0)"
    solution = "def l0(code):\n    return 1\n\n\nchecks.check_l0(l0)"
    node.cells = [
        markdown("# Two\n\n[One](01_one.ipynb) · [three](03_three.ipynb#start)"),
        markdown(
            "## What you will learn\n\n" + OBJECTIVES + "\n## What you need\n\n- Time"
        ),
        code(
            "import keras\nfrom sae_utils import checks, penalties, plots\n\n"
            "keras.utils.set_random_seed(0)"
        ),
        markdown(TEXT),
        code("plots.show(fig, alt)", figure()),
        markdown(TEXT + "See [this](https://example.org) or ![a map](map.png)."),
        code("print(loss)", printed("0.1234\n"), tags=[OPT_OUT]),
        markdown(TEXT),
        code("assert loss < 0.2"),
        markdown(TEXT),
        code("def double(x):\n    return 2 * x"),
        code("double(3)", printed("6\n")),
        markdown(TEXT),
        code(exercise, printed("Your turn.\n"), tags=["exercise"]),
        code(solution, printed("Right.\n"), tags=["solution"]),
        markdown(TEXT),
        code(exercise, printed("Your turn.\n"), tags=["exercise"]),
        code(solution, printed("Right.\n"), tags=["solution"]),
        markdown("## You can now…\n\n" + OBJECTIVES),
    ]
    number(node)
    return node


def number(node):
    cells = [cell for cell in node.cells if cell.cell_type == "code"]
    for count, cell in enumerate(cells, start=1):
        cell.execution_count = count


def broken_rules(node, folder):
    """Return the names of the rules that a made-up notebook breaks."""
    neighbours = ["01_one.ipynb", "03_three.ipynb", "map.png"]
    for name in neighbours:
        (folder / name).touch()
    path = folder / "02_two.ipynb"
    path.write_text(nbformat.v4.writes(node), encoding="utf-8")
    return [rule.__name__ for rule in RULES if list(rule(Notebook(path)))]


# Indices of cells in the made-up notebook.
TITLE, SETUP, FIRST_TEXT, FIGURE, ASSERTS = 0, 2, 3, 4, 8
CALLS, EXERCISE, SOLUTION, END = 11, 13, 14, 18


def set_source(index, source):
    def change(node):
        node.cells[index].source = source

    return change


def add_source(index, source):
    def change(node):
        node.cells[index].source += source

    return change


def set_outputs(index, *outputs):
    def change(node):
        node.cells[index].outputs = list(outputs)

    return change


def set_tags(index, *tags):
    def change(node):
        node.cells[index].metadata["tags"] = list(tags)

    return change


def do(statement):
    """Make a change from a statement about `node` and `cells`."""

    def change(node):
        exec(statement, globals(), {"node": node, "cells": node.cells})

    return change


def make_all_cells_long(node):
    for cell in node.cells:
        if cell.cell_type == "code":
            cell.source = "x = 1\n" * 6 + cell.source


def opt_three_cells_out(node):
    for index in SETUP, FIGURE, ASSERTS:
        node.cells[index].metadata["tags"] = [OPT_OUT]
        node.cells[index].source += "\nassert True"
    node.cells[CALLS].source = "assert double(3) == 6"


BROKEN = [
    (executed_in_order, do("cells[FIGURE].execution_count = 9")),
    (executed_in_order, do("cells[FIGURE].execution_count = None")),
    (executed_in_order, do("for c in cells: c.get('outputs', []).clear()")),
    (no_errors, set_outputs(CALLS, printed("careful\n", "stderr"))),
    (
        no_errors,
        set_outputs(CALLS, nbformat.v4.new_output("error", ename="E", evalue="no")),
    ),
    (short_cells, set_source(CALLS, "double(3)\n" * 21)),
    (short_cells, make_all_cells_long),
    (setup_cell, add_source(SETUP, "\nx = 1" * 8)),
    (setup_cell, add_source(CALLS, "\nkeras.utils.set_random_seed(1)")),
    (setup_cell, add_source(CALLS, "\nnp.random.seed(1)")),
    (setup_cell, set_source(SETUP, "import keras")),
    (figures, set_outputs(FIGURE, figure(), figure())),
    (figures, set_outputs(FIGURE, figure(alt="A line."))),
    (figures, set_outputs(FIGURE, figure(width=100))),
    (figures, do("cells[FIGURE].outputs[0].metadata.clear()")),
    (figures, do("cells[FIGURE].outputs[0].data['text/plain'] = 'Something else here'")),
    (figures, do("cells[FIGURE].outputs[0].data['image/svg+xml'] = '<svg/>'")),
    (objectives_repeated, add_source(END, "- Do one more\n")),
    (objectives_repeated, set_source(END, "## You can now…\n\n- Build one\n")),
    (objectives_repeated, set_source(END, "The end.")),
    (links_resolve, add_source(FIRST_TEXT, "[gone](04_gone.ipynb)")),
    (links_resolve, add_source(FIRST_TEXT, "<img src='gone.png' alt='A map'>")),
    (links_resolve, set_source(TITLE, "# Two\n\n[One](01_one.ipynb)")),
    (links_resolve, set_source(TITLE, "[3](03_three.ipynb) [1](01_one.ipynb)")),
    (pictures_are_local, add_source(FIRST_TEXT, "![a map](https://example.org/a.png)")),
    (pictures_are_local, add_source(FIRST_TEXT, "![](map.png)")),
    (pictures_are_local, add_source(FIRST_TEXT, "<img src='map.png'>")),
    (small_file, set_outputs(CALLS, printed("6" * 600_000))),
    (few_opt_outs, opt_three_cells_out),
    (no_other_opt_out, set_tags(CALLS, "nbval-skip")),
    (no_other_opt_out, set_tags(CALLS, "raises-exception")),
    (no_other_opt_out, add_source(CALLS, "\n# NBVAL_IGNORE_OUTPUT")),
    (opt_outs_asserted, set_source(ASSERTS, "loss < 0.2")),
    (words_between, set_source(FIRST_TEXT, "Look.")),
    (words_between, set_source(FIRST_TEXT, "$$" + TEXT + "$$")),
    (words_between, do("cells.pop(FIRST_TEXT)")),
    (exercises, do("del cells[EXERCISE:SOLUTION + 1]; number(node)")),
    (exercises, set_source(EXERCISE, "def l0(code):\n    pass\nchecks.check_l0(l0)")),
    (exercises, set_source(EXERCISE, "def l0(code):\n    ...\nl0(1)")),
    (exercises, set_source(SOLUTION, "checks.check_kl(l0)")),
    (exercises, do("cells[SOLUTION].metadata.pop('jupyter')")),
    (exercises, do("cells[CALLS].metadata['jupyter'] = {'source_hidden': True}")),
    (no_network, set_source(CALLS, "keras.datasets.mnist.load_data()")),
    (no_network, set_source(CALLS, "from urllib.request import urlopen")),
    (no_network, set_source(CALLS, "!ls")),
    (no_network, set_source(CALLS, "%pip install keras")),
    (no_network, set_source(CALLS, "pd.read_csv('https://example.org/a.csv')")),
    (
        taught_not_imported,
        set_source(CALLS, "from sae_utils.penalties import L1Sparsity"),
    ),
    (taught_not_imported, set_source(CALLS, "penalties.L1Sparsity(1e-4)")),
    (
        taught_not_imported,
        set_source(CALLS, "from sae_utils import metrics\nmetrics.l0(x)"),
    ),
    (taught_not_imported, set_source(CALLS, "import sae_utils.metrics as m\nm.l0(code)")),
    (taught_not_imported, set_source(CALLS, "from sae_utils import *")),
    (clean_metadata, do("node.metadata['kernelspec']['name'] = 'my-env'")),
    (clean_metadata, do("node.metadata['language_info']['version'] = '3.11.7'")),
    (
        clean_metadata,
        do("cells[CALLS].metadata['execution'] = {'iopub.status.busy': '1'}"),
    ),
    (valid_with_ids, do("del cells[CALLS]['id']")),
    (valid_with_ids, do("cells[CALLS]['id'] = cells[FIGURE]['id']")),
    (valid_with_ids, do("cells[CALLS]['extra'] = 1")),
    (no_noise, set_outputs(CALLS, printed("10/10 - 1s - 93ms/step - loss: 0.1\n"))),
    (no_noise, set_outputs(CALLS, printed("100%|####| 10/10 [00:01, 9.8it/s]"))),
    (no_noise, set_outputs(CALLS, printed("<keras.Model object at 0x7f8a12345678>"))),
    (no_noise, set_outputs(CALLS, printed("<Figure size 640x480 with 1 Axes>"))),
    (no_machine_paths, set_outputs(CALLS, printed("/home/ada/notebooks/data.npz"))),
    (no_machine_paths, set_source(CALLS, "open('/Users/ada/data.npz')")),
    (no_machine_paths, add_source(FIRST_TEXT, " It lies in /tmp/data.")),
]


def test_made_up_notebook_keeps_every_rule(tmp_path):
    assert broken_rules(made_up(), tmp_path) == []


@pytest.mark.parametrize("rule, change", BROKEN, ids=lambda case: case.__name__)
def test_rule_catches_what_breaks_it(rule, change, tmp_path):
    node = made_up()
    change(node)
    assert broken_rules(node, tmp_path) == [rule.__name__]


def test_every_rule_is_tried():
    assert {rule for rule, _ in BROKEN} == set(RULES)


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
    assert list(series_problems(names))
    assert not list(series_problems(["01_a.ipynb", "02_b.ipynb", "03_c.ipynb"]))
