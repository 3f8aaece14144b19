"""The form that every notebook keeps, so that it can be read, run and taught from.

A rule is a function of a notebook that returns what is wrong, in words.
"""

import ast
import base64
import re
import statistics
import struct

import nbformat
from nbval.plugin import comment_markers, metadata_tags
from notebook_names import changed_where_made, one_meaning, own_random_numbers
from notebook_reading import (
    bullets,
    called,
    headings,
    lines,
    links,
    named,
    nodes,
    output_texts,
    sections,
    tags,
    tree,
    without_code,
    words,
)

OPT_OUT = "nbval-ignore-output"

# Names from sae_utils that a notebook teaches, and so must not take from the package.
TAUGHT = {
    "02": {"penalties.L1Sparsity", "models.conv_autoencoder", "metrics.n90"},
    "03": {"penalties.KLSparsity", "penalties.kl_divergence"},
    "04": {"bench.row", "bench.alarms"},
    "07": {"activations.TopK", "activations.BatchTopK"},
}

# The parts of a notebook, in their order.
PARTS = [
    "What you will do", "What you will learn", "What you need", "The question",
    "Exercises", "You can now", "References",
]  # fmt: skip

# How a solution is kept from view in JupyterLab.
FOLDED = {"source_hidden": True, "outputs_hidden": True}
EXPLANATION = r"<details><summary>Explanation</summary>\n\n.+\n\n</details>"

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

# Words that American English spells in another way, and words that only look so.
NOT_BRITISH = (
    "cis|dvis|ervis|evis|guis|mpris|nois|omis|ovis|ppris|prais|rais|remis|rpris|rtis|wis"
)
BRITISH = (
    rf"\b(?!\w*(?:{NOT_BRITISH}))\w{{3,}}is(?:e[drs]?|ers|ing|ations?)\b"
    r"|\b\w*(?:behaviour|colour|favour|honour|labour|neighbour)\w*"
    r"|\b(?:centre|fibre|litre|metre)[ds]?\b|\b(?:re)?analys(?:e[drs]?|ing)\b"
    r"|\b\w*(?:cancel|label|model|signal|travel)l(?:ed|ing)\b"
    r"|\b(?:artefacts?|defence|grey\w*|learnt|licence|towards|whilst)\b"
)


def executed_in_order(notebook):
    """Cells were run from top to bottom in a fresh kernel."""
    counts = [cell.execution_count for cell in notebook.code]
    if counts != list(range(1, len(counts) + 1)) or not counts:
        yield f"execution counts must be 1 to {len(counts)}; they are {counts}"


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


def short_notebook(notebook):
    """A notebook is read in one sitting."""
    text = "\n\n".join(
        cell.source for cell in notebook.markdown if "solution" not in tags(cell)
    )
    counts = [words(part) for part in sections(text) if not part.startswith("References")]
    if sum(counts) > 2600:
        yield f"the texts have {sum(counts):,} words; at most 2,600"
    if len(notebook.code) > 40:
        yield f"there are {len(notebook.code)} code cells; at most 40"


# For who opens the notebook alone, or with another Python, and gets that error.
INSTALL = (
    "# No module named 'sae_utils'? Run %pip install -e .. here (.. is the course's "
    "folder).\n"
)


def setup_cell(notebook):
    """The first code cell is short, says how to install, and seeds the notebook, once."""
    first = notebook.code[0]
    if not first.source.startswith(INSTALL):
        yield f"the set-up cell must start with the line {INSTALL!r}"
    if len(lines(first)) > 11:
        yield f"the set-up cell has {len(lines(first))} lines; at most 11"
    names = [name.rpartition(".")[2] for cell in notebook.code for name in called(cell)]
    seeds = [name for name in names if name in ("set_random_seed", "set_seed", "seed")]
    if seeds != ["set_random_seed"]:
        yield f"there must be one call of set_random_seed and no other; found {seeds}"


def visible_results(notebook):
    """A cell shows a result, or defines what the next code cell uses."""
    for cell, after in zip(notebook.code[1:], [*notebook.code[2:], None], strict=True):
        last = tree(cell).body[-1]
        if isinstance(last, ast.FunctionDef | ast.ClassDef):
            used = {each.id for each in nodes(after, ast.Name)} if after else set()
            if last.name not in used:
                yield f"{named(cell)} defines {last.name}; the next cell does not use it"
        elif not cell.outputs and not tags(cell) & {"explain", "solution"}:
            yield f"{named(cell)} shows nothing"


def numbers_shown(notebook):
    """What is asserted is shown as a number, not as a sentence that was typed in."""
    for cell in notebook.code:
        for call in nodes(cell, ast.Call):
            if ast.unparse(call.func) != "print" or not nodes(cell, ast.Assert):
                continue
            text = "".join(map(typed, call.args))
            columns = re.search(r"\S {2,}\S", text)
            if call.args and all(map(typed, call.args)) and not columns:
                yield f"{named(cell)} asserts, and prints {text[:40]!r}: show the number"
    for cell, output in notebook.outputs():
        text = "\n".join(output_texts(output))
        if re.search(r"(?:^|: *)True$", text, re.MULTILINE):
            yield f"{named(cell)} shows True: show the numbers that are compared"


def typed(node):
    """Return the text of a string without values in it; of anything else, nothing."""
    parts = getattr(node, "values", [node])
    if not all(isinstance(part, ast.Constant) for part in parts):
        return ""
    return "".join(str(part.value) for part in parts) or " "


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
            if not output.metadata.get(kind, {}).get("title"):
                yield f"{named(cell)} needs a title (if it has one: run it again)"
            width = png_width(output.data[kind])
            if width <= 200:
                yield f"{named(cell)} has a figure only {width} pixels wide"


def png_width(encoded):
    """Return the width in pixels of a PNG in base64, from its header."""
    return struct.unpack(">I", base64.b64decode(encoded)[16:20])[0]


def picture_first(notebook):
    """The first figure comes before the first equation."""
    for cell in notebook.cells:
        kinds = {
            kind for each in cell.get("outputs", []) for kind in each.get("data", {})
        }
        if "image/png" in kinds or "![" in cell.source.partition("$$")[0]:
            return
        if cell.cell_type == "markdown" and "$$" in without_code(cell.source):
            yield f"{named(cell)} has an equation, and no figure came before it"
            return


def recurring_picture(notebook):
    """A notebook that encodes digits shows what becomes of the one digit."""
    names = {name.rpartition(".")[2] for cell in notebook.code for name in called(cell)}
    if "load_mnist" in names and "anatomy" not in names:
        yield "the anatomy of the digit, diagrams.anatomy, is missing"


def parts_in_order(notebook):
    """Every notebook has the same parts, in the same order."""
    found = [
        part for each in headings(notebook) for part in PARTS if each.startswith(part)
    ]
    if found != PARTS:
        yield f"the headings must be, among others, {PARTS}; found {found}"


def opening(notebook):
    """The first cell says how long it takes, and leads to the live page."""
    first = notebook.cells[0]
    if not re.search(
        r"\b\d+ minutes? to read\b.{1,20}\b\d+ (minutes? )?to run\b", first.source
    ):
        yield "the first cell must say: NN minutes to read, N to run"
    if "../docs/live.md" not in [target.partition("#")[0] for target in links(first)]:
        yield "the first cell must link to ../docs/live.md"


def objectives_repeated(notebook):
    """What the reader will learn is, word for word, what the reader can do at the end."""
    promised = bullets(notebook, "What you will learn")
    kept = bullets(notebook, "You can now")
    if promised is None or kept is None:
        return  # then the parts are not in order, which another rule says
    if len(promised) not in (3, 4):
        yield f"'What you will learn' has {len(promised)} bullets; 3 or 4"
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


def terms_linked(notebook):
    """A term of the glossary is linked in the notebook that introduces it."""
    number = int(notebook.path.name[:2])
    linked = {target for cell in notebook.markdown for target in links(cell)}
    glossary = notebook.path.parents[1] / "docs" / "glossary.md"
    for entry in glossary.read_text(encoding="utf-8").split("\n### ")[1:]:
        term = entry.partition("\n")[0]
        anchor = re.sub(r"[^\w -]", "", term).replace(" ", "-").lower()
        target = f"../docs/glossary.md#{anchor}"
        if re.search(rf"Notebook\s+{number}\.", entry) and target not in linked:
            yield f"{term!r} is introduced here: link it to {target}"


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
    """What an output that may vary is there to show is asserted there or close behind."""
    for i, cell in enumerate(notebook.code):
        near = notebook.code[i : i + 3]
        if OPT_OUT in tags(cell) and not any(nodes(each, ast.Assert) for each in near):
            yield f"{named(cell)} is not compared, and neither it nor two more assert"


def words_between(notebook):
    """Text stands between code cells, save behind a definition or before a solution."""
    previous, text = None, ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text += " " + cell.source * ("solution" not in tags(cell))
        elif cell.cell_type == "code":
            if previous is not None and words(text) < 30:
                defines = isinstance(
                    tree(previous).body[-1], ast.FunctionDef | ast.ClassDef
                )
                if not defines and "solution" not in tags(cell):
                    yield f"{words(text)} words before {named(cell)}; at least 30"
            previous, text = cell, ""


def predictions(notebook):
    """Readers predict before they look: the cell that answers carries a tag."""
    if not any("prediction" in tags(cell) for cell in notebook.code):
        yield "no cell is tagged prediction"
    question = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            question += cell.source
        elif "prediction" not in tags(cell):
            question = ""
        else:
            if "Predict first" not in question:
                yield f"{named(cell)} is a prediction without 'Predict first' before it"
            if not cell.outputs:
                yield f"{named(cell)} is a prediction without an output"
            if slide(cell) not in ("slide", "subslide", "fragment"):
                yield f"{named(cell)} must be a subslide or fragment, behind its question"


def slide(cell):
    """Return what a cell is in the slides."""
    return cell.metadata.get("slideshow", {}).get("slide_type")


def exercises(notebook):
    """Two or three exercises, two of them with a check, one of them to explain."""
    stubs = [cell for cell in notebook.code if "exercise" in tags(cell)]
    explained = [cell for cell in notebook.code if "explain" in tags(cell)]
    if not 2 <= len(stubs) <= 3:
        yield f"{len(stubs)} cells are tagged exercise; 2 or 3"
    if sum(len(checks(cell)) == 1 for cell in stubs) < 2:
        yield "at least two exercises must call one checks.check_ each"
    if not explained:
        yield "no exercise is tagged explain"
    for cell, after in zip(notebook.code, [*notebook.code[1:], None], strict=True):
        if "exercise" not in tags(cell):
            if "explain" in tags(cell):
                yield f"{named(cell)} is tagged explain, but not exercise"
            if after is not None and "solution" in tags(after) - tags(cell):
                yield f"{named(after)} is a solution without an exercise before it"
            continue
        if not any(node.value is ... for node in nodes(cell, ast.Constant)):
            yield f"{named(cell)} is an exercise without a ... to fill in"
        if len(checks(cell)) != 1 and ("explain" not in tags(cell) or checks(cell)):
            yield f"{named(cell)} must call one checks.check_; got {checks(cell)}"
        if after is None or "solution" not in tags(after):
            yield f"{named(cell)} has no solution in the next code cell"
        elif checks(after) != checks(cell):
            yield f"{named(after)} must call {checks(cell)} as its exercise does"
        elif "explain" in tags(cell):
            yield from explanation(notebook, cell, after)


def checks(cell):
    """Return the checks that a cell calls."""
    return [name for name in called(cell) if name.startswith("checks.check_")]


def explanation(notebook, stub, solution):
    """Say what is wrong with an exercise to change something and explain."""
    if not checks(stub) and not to_fill_in(tree(stub).body):
        yield f"{named(stub)} must be one assignment of ... or one function"
    if not solution.outputs:
        yield f"{named(solution)} shows nothing to explain"
    behind = notebook.cells[notebook.cells.index(solution) + 1 :][:1]
    if not any(c.cell_type == "markdown" and "solution" in tags(c) for c in behind):
        yield f"{named(solution)} needs a Markdown cell behind it, tagged solution"


def to_fill_in(body):
    """Tell whether code is one function, or an assignment of ... and nothing else."""
    values = getattr(getattr(body[0], "value", None), "elts", None)
    if isinstance(body[0], ast.Assign):
        values = values or [body[0].value]
        return len(body) == 1 and all(getattr(v, "value", None) is ... for v in values)
    return len(body) == 1 and isinstance(body[0], ast.FunctionDef)


def solutions_folded(notebook):
    """Solutions are there for those who open them: folded, and not on a slide."""
    for cell in notebook.cells:
        hidden = cell.metadata.get("jupyter", {})
        if "solution" not in tags(cell):
            if hidden:
                yield f"{named(cell)}: metadata jupyter is for solutions only"
            continue
        if slide(cell) != "skip":
            yield f"{named(cell)} is a solution; its slide_type must be skip"
        if cell.cell_type == "code" and lines(cell)[0] != "# Solution":
            yield f"{named(cell)} must begin with # Solution, which the fold then reads"
        if cell.cell_type == "code" and hidden != FOLDED:
            yield f"{named(cell)} needs the metadata jupyter {FOLDED}"
        if cell.cell_type == "markdown":
            if hidden:
                yield f"{named(cell)}: <details> folds it, not metadata jupyter"
            if not re.fullmatch(EXPLANATION, cell.source.strip(), re.DOTALL):
                yield f"{named(cell)} must be written as {EXPLANATION}"


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
    """What a notebook teaches is written in it, and taken from sae_utils later."""
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
    number = notebook.path.name[:2]
    for name in sorted(TAUGHT.get(number, ())):
        full = f"sae_utils.{name}"
        if any(use == full or use.startswith(full + ".") for use in used):
            yield f"{full} is what this notebook teaches: write it here"
    before = {name for earlier in TAUGHT if earlier < number for name in TAUGHT[earlier]}
    for cell in notebook.code:
        if tags(cell) & {"exercise", "solution"}:
            continue
        written = {node.name for node in nodes(cell, ast.FunctionDef, ast.ClassDef)}
        if again := [each for each in before if each.rpartition(".")[2] in written]:
            yield f"{named(cell)} writes {again} again: import them from sae_utils"


METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}


def clean_metadata(notebook):
    """What is stored is what JupyterLab would add, save what differs by machine."""
    if notebook.node.metadata != METADATA:
        yield f"the metadata must be {METADATA}; it is {notebook.node.metadata}"
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
    for cell, text in notebook.shown():
        for pattern in NOISE:
            if found := re.search(pattern, text):
                yield f"{named(cell)} printed {found[0]!r}: it varies or says little"


def no_machine_paths(notebook):
    """No path of somebody's machine, in a source or in an output."""
    sources = [(cell, cell.source) for cell in notebook.cells]
    for cell, text in [*sources, *notebook.shown()]:
        if found := re.search(MACHINE_PATH, text):
            yield f"{named(cell)} holds the path {text[found.start() :][:40]!r}"


def american_english(notebook):
    """One spelling throughout, the American one; titles of references are left alone."""
    texts = [(cell, cell.source) for cell in notebook.code]
    texts += notebook.shown()
    for cell in notebook.markdown:
        parts = [
            part for part in sections(cell.source) if not part.startswith("References")
        ]
        texts.append((cell, without_code(" ".join(parts))))
    for cell, text in texts:
        if found := re.search(BRITISH, text, re.IGNORECASE):
            yield f"{named(cell)} has {found[0]!r}, which is not the American spelling"


RULES = [
    executed_in_order,
    no_errors,
    short_cells,
    short_notebook,
    setup_cell,
    visible_results,
    numbers_shown,
    figures,
    picture_first,
    recurring_picture,
    parts_in_order,
    opening,
    objectives_repeated,
    links_resolve,
    terms_linked,
    pictures_are_local,
    small_file,
    few_opt_outs,
    no_other_opt_out,
    opt_outs_asserted,
    words_between,
    predictions,
    exercises,
    solutions_folded,
    no_network,
    taught_not_imported,
    clean_metadata,
    valid_with_ids,
    no_noise,
    no_machine_paths,
    american_english,
    one_meaning,
    changed_where_made,
    own_random_numbers,
]


def series_problems(names):
    """Say what is wrong with the file names of a series."""
    if len(names) < 3:
        yield f"the series has three notebooks or more; found {names}"
    for number, name in enumerate(names, start=1):
        if not re.fullmatch(rf"{number:02}_[a-z0-9_]+\.ipynb", name):
            yield f"notebook {number} must be named {number:02}_….ipynb; got {name}"
