"""A notebook's file, and what tests read in it: words, links, the syntax of its code."""

import ast
import re
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


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

    def shown(self):
        """Yield each code cell with each text of its outputs."""
        for cell, output in self.outputs():
            for text in output_texts(output):
                yield cell, text


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


def sections(markdown):
    """Split Markdown at its headings; each part begins with the heading's text."""
    return re.split(r"^#+\s+", without_code_blocks(markdown), flags=re.MULTILINE)


def headings(notebook):
    """Return the texts of a notebook's headings."""
    text = "\n\n".join(cell.source for cell in notebook.markdown)
    return [part.partition("\n")[0] for part in sections(text)[1:]]


def bullets(notebook, heading):
    """Return the bullets under a heading, or None if there is not just one such."""
    text = "\n\n".join(cell.source for cell in notebook.markdown)
    parts = [part for part in sections(text) if part.startswith(heading)]
    if len(parts) != 1:
        return None
    found = []
    for line in parts[0].splitlines():
        if bullet := re.match(r"[-*+]\s+(.*)", line):
            found.append(bullet[1].split())
        elif found and line[:1] == " ":
            found[-1] += line.split()
    return [" ".join(each) for each in found]


def without_code_blocks(markdown):
    """Drop code blocks, whose comments look like headings."""
    return re.sub(r"```.*?```", "", markdown, flags=re.DOTALL)


def output_texts(output):
    """Return the texts of an output: what it printed, or its text/* forms."""
    data = output.get("data", {})
    texts = [output.get("text", ""), *output.get("traceback", [])]
    return texts + [data[kind] for kind in data if kind.startswith("text/")]
