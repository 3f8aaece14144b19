"""How `make run` executes a notebook: what it stores is the same on every machine."""

import os
import tempfile

from nbconvert.preprocessors import Preprocessor

c = get_config()  # noqa: F821

# Without what a user has set for IPython and Matplotlib.
empty = tempfile.TemporaryDirectory()
os.environ.update({name: empty.name for name in ("IPYTHONDIR", "MPLCONFIGDIR")})


class DropPythonVersion(Preprocessor):
    """Drops what differs from one reader's Python to the next."""

    def preprocess(self, nb, resources):
        """Return the notebook without the version, and the resources as they are."""
        nb.metadata.language_info.pop("version", None)
        return nb, resources


c.ExecutePreprocessor.timeout = 600
c.ExecutePreprocessor.record_timing = False
# Listed here, these steps come after the execution; by their own switches they would come
# before. The first stores lines that a cell prints in one piece, however they were sent.
c.NotebookExporter.preprocessors = [
    "nbconvert.preprocessors.CoalesceStreamsPreprocessor",
    DropPythonVersion,
]

# Keep the metadata that the series uses, and that JupyterLab would add (except for the
# version, see jupyter_lab_config.py), so that an opened notebook counts as saved.
c.ClearMetadataPreprocessor.enabled = True
c.ClearMetadataPreprocessor.preserve_nb_metadata_mask = {"kernelspec", "language_info"}
c.ClearMetadataPreprocessor.preserve_cell_metadata_mask = {"jupyter", "slideshow", "tags"}
