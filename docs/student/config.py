"""How `make student` makes the students' edition: without solutions and outputs."""

c = get_config()  # noqa: F821

c.NbConvertApp.export_format = "notebook"
c.TagRemovePreprocessor.enabled = True
c.TagRemovePreprocessor.remove_cell_tags = {"solution"}
c.ClearOutputPreprocessor.enabled = True
