"""The series' figures, under one name. Each is shown at once, with a text alternative."""

from sae_utils.charts import activation_histograms, label_lines, loss_curves
from sae_utils.diagrams import anatomy, autoencoder_diagram
from sae_utils.figures import show, use_style
from sae_utils.images import INK, filters, image_rows

__all__ = [
    "INK",
    "activation_histograms",
    "anatomy",
    "autoencoder_diagram",
    "filters",
    "image_rows",
    "label_lines",
    "loss_curves",
    "show",
    "use_style",
]
