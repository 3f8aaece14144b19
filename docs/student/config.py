"""How `make student` makes the students' edition: without solutions and outputs."""

import re

from nbconvert.preprocessors import Preprocessor

c = get_config()  # noqa: F821


class WithoutBook(Preprocessor):
    """Turn links to pages of the book into plain text.

    Students have the notebooks, on a hub for instance, without the folder of the book.
    """

    def preprocess_cell(self, cell, resources, index):
        """Return a cell without such links."""
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\[([^][]*)\]\(\.\./docs/[^)]*\)", r"\1", cell.source)
        return cell, resources


c.NbConvertApp.export_format = "notebook"
c.NotebookExporter.preprocessors = [WithoutBook]
c.TagRemovePreprocessor.enabled = True
c.TagRemovePreprocessor.remove_cell_tags = {"solution"}
c.ClearOutputPreprocessor.enabled = True
