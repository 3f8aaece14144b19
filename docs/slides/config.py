"""How `make slides` makes a deck of each notebook, with the template beside this file."""

from pathlib import Path

c = get_config()  # noqa: F821

c.NbConvertApp.export_format = "slides"
c.SlidesExporter.extra_template_basedirs = [str(Path(__file__).resolve().parents[1])]
c.SlidesExporter.template_name = "slides"
