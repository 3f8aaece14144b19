"""How `make run` executes a notebook: what it stores is the same on every machine."""

c = get_config()  # noqa: F821

c.ExecutePreprocessor.timeout = 600
c.ExecutePreprocessor.record_timing = False
# Lines that a cell prints are stored in one piece, however the kernel sent them. Listed
# here, the step comes after the execution; by its own switch it would come before.
c.NotebookExporter.preprocessors = ["nbconvert.preprocessors.CoalesceStreamsPreprocessor"]

# Keep the metadata that the series uses; the Python version, say, is not part of it.
c.ClearMetadataPreprocessor.enabled = True
c.ClearMetadataPreprocessor.preserve_nb_metadata_mask = {
    "kernelspec",
    ("language_info", "name"),
}
c.ClearMetadataPreprocessor.preserve_cell_metadata_mask = {"jupyter", "slideshow", "tags"}
