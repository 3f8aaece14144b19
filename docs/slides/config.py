"""How `make site` makes a deck of each notebook, with the template beside this file."""

import re
import sys
from pathlib import Path

from nbconvert.preprocessors import Preprocessor

sys.path.insert(0, str(Path(__file__).resolve().parent))
from deck import Deck, hanging

c = get_config()  # noqa: F821


class ToBook(Preprocessor):
    """Let links lead to the book's pages, one folder above the decks, and to decks."""

    def preprocess_cell(self, cell, resources, index):
        """Return a cell with such links."""
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\]\(\.\./docs/(\w+)\.md", r"](../\1.html", cell.source)
            cell.source = re.sub(r"\]\((\w+)\.ipynb", r"](\1.slides.html", cell.source)
        return cell, resources


c.NbConvertApp.export_format = "slides"
c.SlidesExporter.preprocessors = [ToBook, Deck]
c.SlidesExporter.filters = {"hanging": hanging}
c.SlidesExporter.extra_template_basedirs = [str(Path(__file__).resolve().parents[1])]
c.SlidesExporter.template_name = "slides"
