"""How `make slides` makes a deck of each notebook, with the template beside this file."""

import re
from pathlib import Path

from nbconvert.preprocessors import Preprocessor

c = get_config()  # noqa: F821


class ToBook(Preprocessor):
    """Let links to pages of the book lead to the book that lies beside the slides.

    `make site` and `make slides` build both into one folder.
    """

    def preprocess_cell(self, cell, resources, index):
        """Return a cell with such links."""
        if cell.cell_type == "markdown":
            cell.source = re.sub(
                r"\]\(\.\./docs/(\w+)\.md", r"](../site/\1.html", cell.source
            )
        return cell, resources


c.NbConvertApp.export_format = "slides"
c.SlidesExporter.preprocessors = [ToBook]
c.SlidesExporter.extra_template_basedirs = [str(Path(__file__).resolve().parents[1])]
c.SlidesExporter.template_name = "slides"
