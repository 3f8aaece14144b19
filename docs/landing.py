"""The landing page's map: a card with a picture for each notebook.

What stands on a card comes from the table in README.md. The picture is the largest
figure of the notebook, which mostly shows its filters.
"""

import base64
import io
import re
from html import escape
from pathlib import Path

import nbformat
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
MARK = "<!-- cards -->"
WIDTH = 480  # of a picture, in pixels
ROW = re.compile(r"^\| \[(.+?)\]\(notebooks/(\w+)\.ipynb\) \| (.+?) \| (.+?) \|$", re.M)


def rows():
    """Return title, name, question, and minutes of each notebook, from README.md."""
    return ROW.findall((ROOT / "README.md").read_text(encoding="utf-8"))


def picture(name):
    """Return the largest figure of a notebook, in bytes, and its text alternative."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    figures = [
        (output.data["image/png"], output.metadata["image/png"]["alt"])
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    code, alt = max(figures, key=lambda figure: len(figure[0]))
    return base64.b64decode(code), alt


def card(title, name, question, minutes):
    """Write one card in HTML."""
    reading, _, running = minutes.partition(" + ")
    return (
        f'<a href="notebooks/{name}.html">'
        f'<img src="_static/cards/{name}.png" alt="{escape(picture(name)[1])}" '
        f'loading="lazy"><strong>{escape(title)}</strong> {escape(question)} '
        f"<small>{reading} minutes to read, {running} to run</small></a>"
    )


def add_cards(app, docname, source):
    """Replace the mark in the landing page by the cards."""
    if docname == "index":
        cards = "\n".join(card(*row) for row in rows())
        html = f'```{{raw}} html\n<div class="cards">\n{cards}\n</div>\n```'
        source[0] = source[0].replace(MARK, html)


def save_pictures(app, exception):
    """Save the pictures of the cards, in a size that a phone loads quickly."""
    if exception or app.builder.name != "html":
        return
    folder = Path(app.outdir) / "_static" / "cards"
    folder.mkdir(parents=True, exist_ok=True)
    for _, name, _, _ in rows():
        image = Image.open(io.BytesIO(picture(name)[0])).convert("RGB")
        small = image.resize((WIDTH, round(image.height * WIDTH / image.width)))
        small.quantize(64).save(folder / f"{name}.png", optimize=True)


def setup(app):
    """Register what this file adds to Sphinx."""
    app.connect("source-read", add_cards)
    app.connect("build-finished", save_pictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
